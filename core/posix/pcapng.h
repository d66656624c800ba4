/* Writes packets into a file that Wireshark reads: pcapng (draft-ietf-opsawg-pcapng), with the link
 * type USER0, since a tinySSB packet has no header of a link around it. Several interfaces a file,
 * times in nanoseconds, a comment and a direction a packet. libpcap of Debian 12 writes pcap only.
 *
 *     tssb_pcapng_open(&file, "x.pcapng", "tssb 1.0");
 *     uint32_t face = tssb_pcapng_interface(&file, "nodeA/0");      before its first packet
 *     tssb_pcapng_packet(&file, &packet);
 *     tssb_pcapng_close(&file);
 *
 * What fails to be written is kept and told by tssb_pcapng_error and tssb_pcapng_close; nothing is
 * written after it, so that the file is good up to there. */
#ifndef TSSB_PCAPNG_H
#define TSSB_PCAPNG_H

#include <stdio.h>

#include "core/types.h"

/* What the file says of a packet's way, as the low bits of epb_flags. */
enum tssb_pcapng_direction {
    TSSB_PCAPNG_ELSEWHERE = 0, /* it was on its way to the interface, and did not get there */
    TSSB_PCAPNG_INBOUND = 1,
    TSSB_PCAPNG_OUTBOUND = 2,
};

struct tssb_pcapng_packet {
    uint64_t at_ns; /* since 1970, or since a simulation's start */
    uint32_t interface;
    enum tssb_pcapng_direction direction;
    const uint8_t *bytes;
    uint32_t size;
    const char *comment; /* UTF-8, cut after 65535 bytes; NULL for none */
};

struct tssb_pcapng {
    FILE *file;
    FILE *held; /* what is written while a packet waits for its comment */
    char *held_text;
    size_t held_size;
    bool holding;
    uint32_t interfaces;
    int error; /* errno of what failed first, or 0 */
};

/* Makes the file, or overwrites it, and writes its header. application: who writes it, with its
 * version. Returns 0 or an errno; close it in any case. */
int tssb_pcapng_open(struct tssb_pcapng *pcapng, const char *path, const char *application);

/* Declares an interface; returns its number, from 0. */
uint32_t tssb_pcapng_interface(struct tssb_pcapng *pcapng, const char *name);

void tssb_pcapng_packet(struct tssb_pcapng *pcapng, const struct tssb_pcapng_packet *packet);

/* For a packet whose comment says what came of it: from tssb_pcapng_hold on, what is written is
 * kept in memory, until tssb_pcapng_release writes that packet, whose interface was declared
 * before, and all that was kept after it. So an answer stands after what it answers. */
void tssb_pcapng_hold(struct tssb_pcapng *pcapng);
void tssb_pcapng_release(struct tssb_pcapng *pcapng, const struct tssb_pcapng_packet *packet);

/* Hands what was written to the system: a process that is killed then leaves a whole file. */
void tssb_pcapng_flush(struct tssb_pcapng *pcapng);

/* The errno of the first failure, or 0. Of what waits in a buffer, only a flush or closing knows.
 */
int tssb_pcapng_error(const struct tssb_pcapng *pcapng);

/* Returns the same, once all is written. A zeroed one may be closed, and one may be closed twice.
 */
int tssb_pcapng_close(struct tssb_pcapng *pcapng);

#endif
