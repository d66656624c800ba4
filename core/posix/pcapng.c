/* pcapng: blocks of type, length, fields, options, and the length again. The section header says
 * that this section is little endian: files of either order are read everywhere, but live captures
 * (wireshark -i -) only in that of the machine. Numbers in square brackets are sections of
 * draft-ietf-opsawg-pcapng. */
#include "core/posix/pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"

enum {
    BLOCK_SECTION = 0x0a0d0d0a, /* [4.1] */
    BLOCK_INTERFACE = 1,        /* [4.2] */
    BLOCK_PACKET = 6,           /* [4.3] */
    BLOCK_FRAME = 12,           /* type, length, and the length again */
    MAGIC = 0x1a2b3c4d,
    VERSION_MAJOR = 1,
    LINK_USER0 = 147, /* tcpdump.org/linktypes.html */
};

/* Options [3.5] */
enum {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_SECTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    OPTION_INTERFACE_RESOLUTION = 9,
    OPTION_PACKET_FLAGS = 2,
    OPTION_HEADER = 4,
    OPTION_MAX = 65535,
};

enum { NANOSECONDS = 9 }; /* a resolution of 10^-9 s */

/* Pieces of a block. */

static void put(struct tssb_pcapng *pcapng, const void *bytes, size_t size) {
    FILE *out = pcapng->holding ? pcapng->held : pcapng->file;
    if (pcapng->error || size == 0 || fwrite(bytes, 1, size, out) == size)
        return;
    pcapng->error = errno ? errno : EIO;
}

static void store32(uint8_t bytes[4], uint32_t value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static void put32(struct tssb_pcapng *pcapng, uint32_t value) {
    uint8_t bytes[4];
    store32(bytes, value);
    put(pcapng, bytes, 4);
}

static void put16(struct tssb_pcapng *pcapng, uint16_t value) {
    uint8_t bytes[4];
    store32(bytes, value);
    put(pcapng, bytes, 2);
}

static uint32_t padded(size_t size) {
    return (uint32_t)((size + 3) & ~(size_t)3);
}

static void put_padded(struct tssb_pcapng *pcapng, const void *bytes, size_t size) {
    static const uint8_t zeros[3];
    put(pcapng, bytes, size);
    put(pcapng, zeros, padded(size) - size);
}

static void put_option(struct tssb_pcapng *pcapng, uint16_t code, const void *bytes, size_t size) {
    put16(pcapng, code);
    put16(pcapng, (uint16_t)size);
    put_padded(pcapng, bytes, size);
}

static uint32_t option_room(size_t size) {
    return OPTION_HEADER + padded(size);
}

static size_t text_size(const char *text) {
    return strnlen(text, OPTION_MAX);
}

/* Blocks. */

static void write_section(struct tssb_pcapng *pcapng, const char *application) {
    size_t size = text_size(application);
    uint32_t total = BLOCK_FRAME + 16 + option_room(size) + option_room(0);
    put32(pcapng, BLOCK_SECTION);
    put32(pcapng, total);
    put32(pcapng, MAGIC);
    put16(pcapng, VERSION_MAJOR);
    put16(pcapng, 0);
    put32(pcapng, UINT32_MAX); /* the section's length: not known yet */
    put32(pcapng, UINT32_MAX);
    put_option(pcapng, OPTION_SECTION_APPLICATION, application, size);
    put_option(pcapng, OPTION_END, NULL, 0);
    put32(pcapng, total);
}

uint32_t tssb_pcapng_interface(struct tssb_pcapng *pcapng, const char *name) {
    static const uint8_t resolution = NANOSECONDS;
    size_t size = text_size(name);
    uint32_t total = BLOCK_FRAME + 8 + option_room(size) + option_room(sizeof resolution) +
                     option_room(0);
    put32(pcapng, BLOCK_INTERFACE);
    put32(pcapng, total);
    put16(pcapng, LINK_USER0);
    put16(pcapng, 0);
    put32(pcapng, 0); /* packets of any length */
    put_option(pcapng, OPTION_INTERFACE_NAME, name, size);
    put_option(pcapng, OPTION_INTERFACE_RESOLUTION, &resolution, sizeof resolution);
    put_option(pcapng, OPTION_END, NULL, 0);
    put32(pcapng, total);
    return pcapng->interfaces++;
}

void tssb_pcapng_packet(struct tssb_pcapng *pcapng, const struct tssb_pcapng_packet *packet) {
    TSSB_CHECK(packet->interface < pcapng->interfaces);
    uint8_t flags[4];
    size_t comment_size = packet->comment ? text_size(packet->comment) : 0;
    uint32_t total = BLOCK_FRAME + 20 + padded(packet->size) + option_room(sizeof flags) +
                     (comment_size ? option_room(comment_size) : 0) + option_room(0);
    put32(pcapng, BLOCK_PACKET);
    put32(pcapng, total);
    put32(pcapng, packet->interface);
    put32(pcapng, (uint32_t)(packet->at_ns >> 32));
    put32(pcapng, (uint32_t)packet->at_ns);
    put32(pcapng, packet->size);
    put32(pcapng, packet->size);
    put_padded(pcapng, packet->bytes, packet->size);
    if (comment_size)
        put_option(pcapng, OPTION_COMMENT, packet->comment, comment_size);
    store32(flags, packet->direction);
    put_option(pcapng, OPTION_PACKET_FLAGS, flags, sizeof flags);
    put_option(pcapng, OPTION_END, NULL, 0);
    put32(pcapng, total);
}

/* Holding. */

void tssb_pcapng_hold(struct tssb_pcapng *pcapng) {
    TSSB_CHECK(!pcapng->holding);
    pcapng->holding = true;
}

void tssb_pcapng_release(struct tssb_pcapng *pcapng, const struct tssb_pcapng_packet *packet) {
    TSSB_CHECK(pcapng->holding);
    pcapng->holding = false;
    tssb_pcapng_packet(pcapng, packet);
    if (fflush(pcapng->held) != 0 && !pcapng->error)
        pcapng->error = errno;
    put(pcapng, pcapng->held_text, (size_t)ftello(pcapng->held));
    rewind(pcapng->held);
}

/* The file. */

int tssb_pcapng_open(struct tssb_pcapng *pcapng, const char *path, const char *application) {
    *pcapng = (struct tssb_pcapng){0};
    errno = 0;
    pcapng->held = open_memstream(&pcapng->held_text, &pcapng->held_size);
    if (pcapng->held)
        pcapng->file = fopen(path, "wb");
    if (!pcapng->file)
        pcapng->error = errno ? errno : ENOMEM;
    write_section(pcapng, application);
    return pcapng->error;
}

void tssb_pcapng_flush(struct tssb_pcapng *pcapng) {
    if (!pcapng->error && fflush(pcapng->file) != 0)
        pcapng->error = errno;
}

int tssb_pcapng_error(const struct tssb_pcapng *pcapng) {
    return pcapng->error;
}

int tssb_pcapng_close(struct tssb_pcapng *pcapng) {
    if (pcapng->file && fclose(pcapng->file) != 0 && !pcapng->error)
        pcapng->error = errno;
    if (pcapng->held)
        (void)fclose(pcapng->held);
    free(pcapng->held_text);
    pcapng->file = pcapng->held = NULL;
    pcapng->held_text = NULL;
    return pcapng->error;
}
