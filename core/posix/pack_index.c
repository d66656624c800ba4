/* The index of a pack in a file. A slot is (tag, place + 1), 0 where it is free; slots of a page
 * are taken in order. The tag's highest bits are the number of the page, so that a table of twice
 * the size follows from the table alone, page by page: each goes to two. */
#include "core/posix/pack_index.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/check.h"
#include "core/error.h"
#include "core/posix/text.h"

/* The header, page 0 of the file: magic, key, bits, covered, and a check over these. */
enum {
    MAGIC_SIZE = 16,
    KEY_AT = MAGIC_SIZE,
    BITS_AT = KEY_AT + TSSB_PACK_KEY_SIZE,
    COVERED_AT = BITS_AT + 4,
    CHECK_AT = COVERED_AT + 4,
    CHECK_SIZE = crypto_shorthash_BYTES,
    HEADER_SIZE = CHECK_AT + CHECK_SIZE,
    BITS_MAX = 25,    /* 2^32 slots */
    EXPECTED_IN = 64, /* blobs a page of a table that is made for a number of them */
    NO_PAGE = UINT32_MAX,
};

static const uint8_t magic[MAGIC_SIZE] = "tinyssb-index-1";

_Static_assert(TSSB_PACK_KEY_SIZE == crypto_shorthash_KEYBYTES, "the key is SipHash's");

static off_t page_at(uint32_t page_no) {
    return (off_t)TSSB_PACK_PAGE_SIZE * ((off_t)page_no + 1);
}

static uint32_t page_of(uint32_t tag, uint32_t bits) {
    return bits ? tag >> (32 - bits) : 0;
}

/* The header. */

static void encode_header(const struct tssb_pack_index *index, uint8_t header[HEADER_SIZE]) {
    memcpy(header, magic, MAGIC_SIZE);
    memcpy(header + KEY_AT, index->key, TSSB_PACK_KEY_SIZE);
    tssb_store32(header + BITS_AT, index->bits);
    tssb_store32(header + COVERED_AT, index->covered);
    crypto_shorthash(header + CHECK_AT, header, CHECK_AT, index->key);
}

static int write_header(const struct tssb_pack_index *index, int file) {
    uint8_t header[HEADER_SIZE];
    encode_header(index, header);
    return tssb_disk_write(index->disk, file, header, sizeof header, 0);
}

/* Reads the header. Returns 1, 0 where the file is no whole index, or -1 with errno. */
static int read_header(struct tssb_pack_index *index) {
    uint8_t header[HEADER_SIZE], due[HEADER_SIZE];
    off_t size = index->disk->size(index->disk->context, index->file);
    if (size < 0)
        return -1;
    ssize_t got = tssb_disk_read(index->disk, index->file, header, sizeof header, 0);
    if (got < 0)
        return -1;
    if (got != sizeof header)
        return 0;
    memcpy(index->key, header + KEY_AT, TSSB_PACK_KEY_SIZE);
    index->bits = tssb_load32(header + BITS_AT);
    index->covered = tssb_load32(header + COVERED_AT);
    encode_header(index, due);
    return memcmp(header, due, sizeof due) == 0 && index->bits <= BITS_MAX &&
           size == page_at(UINT32_C(1) << index->bits);
}

/* Opening. */

/* Makes an empty table in the open file. */
static int make(struct tssb_pack_index *index, uint32_t expected) {
    const struct tssb_disk *disk = index->disk;
    index->covered = 0;
    for (index->bits = 0; expected >> index->bits >= EXPECTED_IN; index->bits++)
        ;
    crypto_shorthash_keygen(index->key);
    if (disk->truncate(disk->context, index->file, 0) != 0 ||
        disk->truncate(disk->context, index->file, page_at(UINT32_C(1) << index->bits)) != 0 ||
        write_header(index, index->file) != 0)
        return -1;
    index->changed = true;
    return 0;
}

int tssb_pack_index_open(struct tssb_pack_index *index, const struct tssb_disk *disk,
                         const char *path, uint32_t expected, bool read_only) {
    *index = (struct tssb_pack_index){
        .disk = disk, .path = tssb_text("%s", path), .file = -1, .page_no = NO_PAGE};
    if (!index->path)
        return TSSB_E_MEMORY;
    index->file = disk->open(disk->context, path, read_only ? O_RDONLY : O_RDWR | O_CREAT, 0644);
    if (index->file < 0)
        return read_only && errno == ENOENT ? 0 : TSSB_E_STORE;
    int whole = read_header(index);
    if (whole < 0)
        return TSSB_E_STORE;
    if (whole)
        return 0;
    if (!read_only)
        return make(index, expected) == 0 ? 0 : TSSB_E_STORE;
    disk->close(disk->context, index->file);
    index->file = -1;
    return 0;
}

void tssb_pack_index_close(struct tssb_pack_index *index) {
    if (index->file >= 0)
        index->disk->close(index->disk->context, index->file);
    index->file = -1;
    free(index->path);
    index->path = NULL;
}

/* Finding. */

static uint32_t tag_of(const struct tssb_pack_index *index, const uint8_t ptr[TSSB_PTR_SIZE]) {
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, ptr, TSSB_PTR_SIZE, index->key);
    return tssb_load32(hash);
}

static const uint8_t *slot_of(const uint8_t *page, uint32_t slot) {
    return page + (size_t)slot * TSSB_PACK_SLOT_SIZE;
}

static int load_page(struct tssb_pack_index *index, int file, uint32_t page_no) {
    index->page_no = NO_PAGE;
    ssize_t got = tssb_disk_read(index->disk, file, index->page, TSSB_PACK_PAGE_SIZE,
                                 page_at(page_no));
    if (got < 0)
        return TSSB_E_STORE;
    memset(index->page + got, 0, TSSB_PACK_PAGE_SIZE - (size_t)got);
    index->page_no = page_no;
    return 0;
}

int tssb_pack_index_find(struct tssb_pack_index *index, const uint8_t ptr[TSSB_PTR_SIZE],
                         struct tssb_pack_places *places) {
    places->tag = tag_of(index, ptr);
    places->slot = 0;
    return load_page(index, index->file, page_of(places->tag, index->bits));
}

bool tssb_pack_index_next(const struct tssb_pack_index *index, struct tssb_pack_places *places,
                          uint32_t *place) {
    while (places->slot < TSSB_PACK_SLOTS) {
        const uint8_t *slot = slot_of(index->page, places->slot++);
        uint32_t stands = tssb_load32(slot + 4);
        if (stands == 0)
            return false;
        *place = stands - 1;
        if (tssb_load32(slot) == places->tag)
            return true;
    }
    return false;
}

/* Growing. */

/* Shares the slots of a loaded page among the two that it becomes. */
static void split(const struct tssb_pack_index *index, uint8_t halves[2][TSSB_PACK_PAGE_SIZE]) {
    uint32_t used[2] = {0, 0};
    memset(halves, 0, (size_t)2 * TSSB_PACK_PAGE_SIZE);
    for (uint32_t i = 0; i < TSSB_PACK_SLOTS; i++) {
        const uint8_t *slot = slot_of(index->page, i);
        if (tssb_load32(slot + 4) == 0)
            break;
        uint32_t half = page_of(tssb_load32(slot), index->bits + 1) & 1;
        memcpy(halves[half] + (size_t)used[half]++ * TSSB_PACK_SLOT_SIZE, slot,
               TSSB_PACK_SLOT_SIZE);
    }
}

/* Writes a table of twice the size to a file. */
static int write_double(struct tssb_pack_index *index, int file) {
    uint8_t halves[2][TSSB_PACK_PAGE_SIZE];
    TSSB_CHECK(index->bits < BITS_MAX);
    const uint32_t pages = UINT32_C(1) << index->bits;
    for (uint32_t i = 0; i < pages; i++) {
        if (load_page(index, index->file, i) != 0)
            return -1;
        split(index, halves);
        if (tssb_disk_write(index->disk, file, halves, sizeof halves, page_at(2 * i)) != 0)
            return -1;
    }
    struct tssb_pack_index twice = *index;
    twice.bits++;
    return write_header(&twice, file) != 0 ? -1 : index->disk->sync(index->disk->context, file);
}

/* Puts a table of twice the size in this one's place. */
static int grow(struct tssb_pack_index *index) {
    const struct tssb_disk *disk = index->disk;
    if (index->bits == BITS_MAX)
        return TSSB_E_FULL;
    char *fresh = tssb_text("%s.tmp", index->path);
    if (!fresh)
        return TSSB_E_MEMORY;
    int file = disk->open(disk->context, fresh, O_RDWR | O_CREAT | O_TRUNC, 0644);
    int result = file < 0 ? -1 : write_double(index, file);
    if (result == 0)
        result = disk->rename(disk->context, fresh, index->path);
    if (result == 0) {
        disk->close(disk->context, index->file);
        index->file = file;
        index->bits++;
    } else {
        int failed = errno;
        if (file >= 0)
            disk->close(disk->context, file);
        disk->unlink(disk->context, fresh);
        errno = failed;
    }
    index->page_no = NO_PAGE;
    free(fresh);
    return result == 0 ? 0 : TSSB_E_STORE;
}

/* Adding. */

static uint32_t free_slot(const struct tssb_pack_index *index) {
    uint32_t slot = 0;
    while (slot < TSSB_PACK_SLOTS && tssb_load32(slot_of(index->page, slot) + 4) != 0)
        slot++;
    return slot;
}

int tssb_pack_index_add(struct tssb_pack_index *index, const uint8_t ptr[TSSB_PTR_SIZE],
                        uint32_t place) {
    uint32_t tag = tag_of(index, ptr), slot = TSSB_PACK_SLOTS;
    for (;;) {
        uint32_t page_no = page_of(tag, index->bits);
        if (index->page_no != page_no && load_page(index, index->file, page_no) != 0)
            return TSSB_E_STORE;
        slot = free_slot(index);
        if (slot < TSSB_PACK_SLOTS)
            break;
        int error = grow(index);
        if (error)
            return error;
    }
    uint8_t *bytes = index->page + (size_t)slot * TSSB_PACK_SLOT_SIZE;
    off_t at = page_at(index->page_no) + (off_t)(bytes - index->page);
    tssb_store32(bytes, tag);
    tssb_store32(bytes + 4, place + 1);
    index->changed = true;
    if (tssb_disk_write(index->disk, index->file, bytes, TSSB_PACK_SLOT_SIZE, at) == 0)
        return 0;
    index->page_no = NO_PAGE; /* it holds what the file may not */
    return TSSB_E_STORE;
}

int tssb_pack_index_sync(struct tssb_pack_index *index, uint32_t covered) {
    const struct tssb_disk *disk = index->disk;
    if (!index->changed && index->covered == covered)
        return 0;
    uint32_t before = index->covered;
    if (disk->sync(disk->context, index->file) != 0)
        return TSSB_E_STORE;
    index->covered = covered;
    if (write_header(index, index->file) != 0) {
        index->covered = before;
        return TSSB_E_STORE;
    }
    index->changed = false;
    return 0;
}
