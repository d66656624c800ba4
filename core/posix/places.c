/* Places of streams in state.json. Whatever else stands in the file stays there. */
#include "core/posix/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/posix/text.h"

enum { STATE_MAX = 1 << 20 };

static const char streams_key[] = "streams";

int tssb_places_open(struct tssb_places *places, const struct tssb_disk *disk, const char *folder,
                     char **error) {
    json_error_t wrong;
    char *text = NULL, *path = tssb_text("%s/state.json", folder);
    size_t size = 0;
    int status = 0;
    *places = (struct tssb_places){.disk = disk, .folder = folder};
    if (!path)
        return tssb_fail(error, 3, "out of memory");
    if (tssb_disk_load(disk, path, STATE_MAX, &text, &size) != 0 && errno != ENOENT)
        status = tssb_fail(error, 3, "%s: %s", path, strerror(errno));
    else if (size == 0)
        places->state = json_object();
    else if (!(places->state = json_loadb(text, size, JSON_REJECT_DUPLICATES, &wrong)))
        status = tssb_fail(error, 2, "%s:%d: %s", path, wrong.line, wrong.text);
    else if (!json_is_object(places->state))
        status = tssb_fail(error, 2, "%s:1: is no object", path);
    free(text);
    free(path);
    return status;
}

void tssb_places_close(struct tssb_places *places) {
    json_decref(places->state);
    places->state = NULL;
}

/* A whole number from 0 to most; 0 for anything else. */
static uint64_t number(const json_t *object, const char *key, uint64_t most) {
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value < 0 || (uint64_t)value > most ? 0 : (uint64_t)value;
}

static bool flag(const json_t *object, const char *key) {
    return json_is_true(json_object_get(object, key));
}

struct tssb_kept_stream tssb_places_of(const struct tssb_places *places,
                                       const uint8_t peer[TSSB_FID_SIZE]) {
    char hex[2 * TSSB_FID_SIZE + 1];
    tssb_hex(peer, TSSB_FID_SIZE, hex);
    const json_t *kept = json_object_get(json_object_get(places->state, streams_key), hex);
    return (struct tssb_kept_stream){
        .place = {.session = (uint32_t)number(kept, "session", UINT32_MAX),
                  .own_seq = (uint32_t)number(kept, "ownSeq", UINT32_MAX),
                  .peer_from = (uint32_t)number(kept, "peerFrom", UINT32_MAX),
                  .peer_seq = (uint32_t)number(kept, "peerSeq", UINT32_MAX),
                  .delivered = number(kept, "delivered", INT64_MAX),
                  .acked = number(kept, "acked", INT64_MAX),
                  .ended = flag(kept, "ended"),
                  .end_acked = flag(kept, "endAcked"),
                  .closed = flag(kept, "closed")},
        .output_from = number(kept, "outputFrom", INT64_MAX)};
}

static int set_kept(struct tssb_places *places, const char *hex,
                    const struct tssb_kept_stream *kept) {
    const struct tssb_stream_place *place = &kept->place;
    json_t *streams = json_object_get(places->state, streams_key);
    if (!json_is_object(streams)) {
        streams = json_object();
        if (json_object_set_new(places->state, streams_key, streams) != 0)
            return -1;
    }
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:I}", "session", (json_int_t)place->session,
        "ownSeq", (json_int_t)place->own_seq, "peerFrom", (json_int_t)place->peer_from, "peerSeq",
        (json_int_t)place->peer_seq, "delivered", (json_int_t)place->delivered, "acked",
        (json_int_t)place->acked, "ended", place->ended, "endAcked", place->end_acked, "closed",
        place->closed, "outputFrom", (json_int_t)kept->output_from);
    return json_object_set_new(streams, hex, object);
}

/* Writes the file under another name and renames it. */
static int write_state(const struct tssb_places *places, bool durable) {
    const struct tssb_disk *disk = places->disk;
    char *text = json_dumps(places->state, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    char *fresh = tssb_text("%s/state.json.tmp", places->folder);
    char *path = tssb_text("%s/state.json", places->folder);
    int result = -1;
    errno = ENOMEM;
    if (text && fresh && path) {
        result = tssb_disk_save(disk, fresh, 0644, text, strlen(text), durable);
        if (result == 0)
            result = disk->rename(disk->context, fresh, path);
        if (result == 0 && durable)
            result = tssb_disk_sync_folder(disk, places->folder);
    }
    int failed = errno;
    free(text);
    free(fresh);
    free(path);
    errno = failed;
    return result;
}

int tssb_places_keep(struct tssb_places *places, const uint8_t peer[TSSB_FID_SIZE],
                     const struct tssb_kept_stream *kept, bool durable) {
    char hex[2 * TSSB_FID_SIZE + 1];
    tssb_hex(peer, TSSB_FID_SIZE, hex);
    if (set_kept(places, hex, kept) != 0) {
        errno = ENOMEM;
        return -1;
    }
    return write_state(places, durable);
}
