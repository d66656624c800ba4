/* Side chains: content of any length in an entry's payload and the blobs that it points to
 * (PROTOCOL.md 3). The writer builds from the end, since each blob names the next one by its hash.
 * The reader takes one blob after the other and never holds more than one, so a chain may be longer
 * than memory. */
#ifndef TSSB_CHAIN_H
#define TSSB_CHAIN_H

#include "types.h"

enum {
    TSSB_CHAIN_HEAD_SIZE = TSSB_PAYLOAD_SIZE - TSSB_PTR_SIZE, /* 28 B of content and its length */
    TSSB_CHAIN_PIECE_SIZE = TSSB_BLOB_SIZE - TSSB_PTR_SIZE,   /* 100 B of content a blob */
    TSSB_VARINT_SIZE = 9,
};

/* A Bitcoin varint; returns its size, 1, 3, 5 or 9 bytes. */
size_t tssb_varint_encode(uint64_t value, uint8_t bytes[TSSB_VARINT_SIZE]);

/* Returns the size read, or TSSB_E_SIZE where the bytes end too early, TSSB_E_VARINT where it is
 * not minimal. */
int tssb_varint_decode(const uint8_t *bytes, size_t size, uint64_t *value);

/* The pointer that names a blob: H(blob)[0..20). */
void tssb_blob_ptr(const uint8_t blob[TSSB_BLOB_SIZE], uint8_t ptr[TSSB_PTR_SIZE]);

/* Whether a pointer is the zero pointer, which ends a chain. */
bool tssb_ptr_is_end(const uint8_t ptr[TSSB_PTR_SIZE]);

/* The pointer to the following blob, inside a blob. */
static inline const uint8_t *tssb_blob_next(const uint8_t blob[TSSB_BLOB_SIZE]) {
    return blob + TSSB_CHAIN_PIECE_SIZE;
}

/* How many blobs carry content of this length. */
uint64_t tssb_chain_blobs(uint64_t content_size);

/* Writes a chain from its last blob to its payload.
 *
 *     struct tssb_chain_writer writer;
 *     tssb_chain_writer_init(&writer, size);
 *     while (tssb_chain_writer_next(&writer, &offset, &count)) {
 *         ... read `count` bytes of the content at `offset` into piece ...
 *         tssb_chain_writer_blob(&writer, piece, count, blob, ptr);   and store the blob
 *     }
 *     ... read the first writer.head_count bytes into piece ...
 *     tssb_chain_writer_payload(&writer, piece, payload);
 */
struct tssb_chain_writer {
    uint64_t content_size;
    uint64_t blobs_left;
    size_t head_count; /* bytes of the content that the payload takes */
    uint8_t next[TSSB_PTR_SIZE];
};

void tssb_chain_writer_init(struct tssb_chain_writer *writer, uint64_t content_size);
bool tssb_chain_writer_next(const struct tssb_chain_writer *writer, uint64_t *offset,
                            size_t *count);
void tssb_chain_writer_blob(struct tssb_chain_writer *writer, const uint8_t *piece, size_t count,
                            uint8_t blob[TSSB_BLOB_SIZE], uint8_t ptr[TSSB_PTR_SIZE]);
void tssb_chain_writer_payload(const struct tssb_chain_writer *writer, const uint8_t *head,
                               uint8_t payload[TSSB_PAYLOAD_SIZE]);

/* Reads a chain from its payload on. */
struct tssb_chain_reader {
    uint64_t content_size;       /* as declared */
    uint64_t left;               /* bytes of it that are still in blobs */
    uint8_t next[TSSB_PTR_SIZE]; /* the blob due, while left > 0 */
};

/* *head, inside the payload, are the first *count bytes of the content.
 * Returns 0, TSSB_E_VARINT, or TSSB_E_CHAIN_END where blobs are due and the pointer is zero. */
int tssb_chain_reader_init(struct tssb_chain_reader *reader,
                           const uint8_t payload[TSSB_PAYLOAD_SIZE], const uint8_t **head,
                           size_t *count);

/* Takes the blob that reader->next names, while reader->left > 0. *piece, inside the blob, are the
 * following *count bytes of the content. Returns 0, TSSB_E_BLOB where the blob is not the one due,
 * or TSSB_E_CHAIN_END where more is due after it and its pointer is zero; the reader is then
 * unchanged. */
int tssb_chain_reader_take(struct tssb_chain_reader *reader, const uint8_t blob[TSSB_BLOB_SIZE],
                           const uint8_t **piece, size_t *count);

#endif
