/* The file store of two feeds on a disk that fails and loses what was not synced, with what memory
 * has of it: entries and blobs that were acknowledged, and what was promised to be durable. */
#ifndef FUZZ_MODEL_STORE_H
#define FUZZ_MODEL_STORE_H

#include "core/posix/directory.h"
#include "fake_disk.h"

enum { STORE_FEEDS = 2, STORE_BLOBS = 4 };

struct model_store {
    struct fake_disk fake;
    struct tssb_directory *directory; /* NULL where it could not be opened */
    struct tssb_directory_options options;
    struct tssb_replica replicas[STORE_FEEDS];
    bool open[STORE_FEEDS], blobs[STORE_BLOBS];
    uint32_t written[STORE_FEEDS], durable[STORE_FEEDS]; /* entries: acknowledged, promised */
};

/* Opens an empty directory of the first feed's author. */
void model_store_init(struct model_store *model, enum tssb_sync sync);
void model_store_close(struct model_store *model);

/* Each does what it says where the store is open, and checks what comes of it: what is read is
 * right, and what is refused changes nothing. */
void model_store_append(struct model_store *model, int feed, bool by_packet);
void model_store_blob(struct model_store *model, uint8_t which, bool write);
void model_store_sync(struct model_store *model);

/* must: the disk is well, so it opens. */
void model_store_open_all(struct model_store *model, bool must);
void model_store_close_all(struct model_store *model);

/* The power goes, or the process alone is killed (survival 0), which loses nothing written. All
 * that was promised is found again, and nothing but what the authors signed. */
void model_store_crash(struct model_store *model, uint64_t survival);

/* Of the disk's next calls, `count` fail. */
void model_store_fail_calls(struct model_store *model, uint8_t after, uint8_t count);

#endif
