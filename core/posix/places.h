/* How far a node has read the streams of its peers, in state.json (PROTOCOL.md 6; EXTENSION:
 * "streams", an object a peer, by its feed ID in hexadecimal; PoC-01 writes {} there and reads
 * nothing). */
#ifndef TSSB_PLACES_H
#define TSSB_PLACES_H

#include <jansson.h>

#include "core/posix/disk.h"
#include "core/stream.h"

struct tssb_kept_stream {
    struct tssb_stream_place place;
    uint64_t output_from; /* where the session begins in the file that it is written to */
};

struct tssb_places {
    const struct tssb_disk *disk;
    const char *folder; /* borrowed */
    json_t *state;      /* the whole file */
};

/* Reads folder/state.json; a file that is missing or empty holds nothing. The caller has the
 * directory's lock. Returns 0; 2 where it is malformed, 3 where the system refuses, with *error as
 * tssb_config_load. */
int tssb_places_open(struct tssb_places *places, const struct tssb_disk *disk, const char *folder,
                     char **error);
void tssb_places_close(struct tssb_places *places);

/* What is kept of a peer's stream; all zero where nothing is, or where a value makes no sense. */
struct tssb_kept_stream tssb_places_of(const struct tssb_places *places,
                                       const uint8_t peer[TSSB_FID_SIZE]);

/* Keeps it, and writes the file: whole or not at all should the process die, and where `durable`,
 * also should the power fail. Returns 0 or -1 with errno. */
int tssb_places_keep(struct tssb_places *places, const uint8_t peer[TSSB_FID_SIZE],
                     const struct tssb_kept_stream *kept, bool durable);

#endif
