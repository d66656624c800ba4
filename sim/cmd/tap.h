/* What real faces send and receive, into a file for Wireshark: the --pcap of node and bridge. Each
 * face is an interface of its name, times are the system's clock, and the file is whole after each
 * packet, however the program ends. */
#ifndef TAP_H
#define TAP_H

#include "core/posix/face.h"
#include "core/posix/pcapng.h"
#include "service.h"

enum { TAP_FACES_MAX = 32 };

/* Zeroed, it captures nothing. */
struct tap {
    const char *path; /* NULL: none */
    /* Whether tap_judged follows each packet that comes in. */
    bool judges;
    struct service *service;
    struct tssb_pcapng pcapng;
    const struct tssb_face *faces[TAP_FACES_MAX]; /* by interface */
    struct tssb_pcapng_packet incoming;           /* the one that is to be judged */
    bool failed;                                  /* and the user knows */
};

/* Makes the file, where path says so, or overwrites it. The fields down to `service` are set.
 * Returns EXIT_DONE, or EXIT_FAILED having complained; where writing fails later on, the service is
 * stopped so. */
int tap_open(struct tap *tap);

/* Captures what goes through the face from now on; before it carries anything. */
void tap_add(struct tap *tap, struct tssb_face *face);

/* What became of the packet that came in last, in a word; valid during the call. */
void tap_judged(struct tap *tap, const char *fate);

/* Returns status, or EXIT_FAILED where not all could be written, having complained. */
int tap_close(struct tap *tap, int status);

#endif
