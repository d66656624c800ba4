/* The side-chain codec: a varint length, 28 B in the payload, then 100 B a blob, chained by hash.
 */
#include "chain.h"

#include <sodium.h>
#include <string.h>

#include "check.h"
#include "error.h"

/* First byte of the longer forms of a varint, and what each form is for. */
static const struct {
    uint8_t mark;
    uint8_t bytes;
    uint64_t least; /* a smaller value has a shorter form */
} varint_forms[] = {{0xfd, 2, 0xfd}, {0xfe, 4, 0x10000}, {0xff, 8, 0x100000000}};

size_t tssb_varint_encode(uint64_t value, uint8_t bytes[TSSB_VARINT_SIZE]) {
    if (value < varint_forms[0].least) {
        bytes[0] = (uint8_t)value;
        return 1;
    }
    size_t form = value < varint_forms[1].least ? 0 : value < varint_forms[2].least ? 1 : 2;
    bytes[0] = varint_forms[form].mark;
    for (size_t i = 0; i < varint_forms[form].bytes; i++)
        bytes[1 + i] = (uint8_t)(value >> (8 * i));
    return 1U + varint_forms[form].bytes;
}

int tssb_varint_decode(const uint8_t *bytes, size_t size, uint64_t *value) {
    if (size < 1)
        return TSSB_E_SIZE;
    if (bytes[0] < varint_forms[0].mark) {
        *value = bytes[0];
        return 1;
    }
    size_t form = (size_t)(bytes[0] - varint_forms[0].mark);
    if (size < 1U + varint_forms[form].bytes)
        return TSSB_E_SIZE;
    uint64_t read = 0;
    for (size_t i = varint_forms[form].bytes; i > 0; i--)
        read = read << 8 | bytes[i];
    if (read < varint_forms[form].least)
        return TSSB_E_VARINT;
    *value = read;
    return 1 + varint_forms[form].bytes;
}

void tssb_blob_ptr(const uint8_t blob[TSSB_BLOB_SIZE], uint8_t ptr[TSSB_PTR_SIZE]) {
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, blob, TSSB_BLOB_SIZE);
    memcpy(ptr, hash, TSSB_PTR_SIZE);
}

bool tssb_ptr_is_end(const uint8_t ptr[TSSB_PTR_SIZE]) {
    return sodium_is_zero(ptr, TSSB_PTR_SIZE);
}

/* How much of the content stands in the payload, beside its length. */
static size_t head_count(uint64_t content_size) {
    uint8_t varint[TSSB_VARINT_SIZE];
    size_t room = TSSB_CHAIN_HEAD_SIZE - tssb_varint_encode(content_size, varint);
    return content_size < room ? (size_t)content_size : room;
}

uint64_t tssb_chain_blobs(uint64_t content_size) {
    uint64_t in_blobs = content_size - head_count(content_size);
    return in_blobs / TSSB_CHAIN_PIECE_SIZE + (in_blobs % TSSB_CHAIN_PIECE_SIZE != 0);
}

void tssb_chain_writer_init(struct tssb_chain_writer *writer, uint64_t content_size) {
    memset(writer, 0, sizeof *writer);
    writer->content_size = content_size;
    writer->head_count = head_count(content_size);
    writer->blobs_left = tssb_chain_blobs(content_size);
}

bool tssb_chain_writer_next(const struct tssb_chain_writer *writer, uint64_t *offset,
                            size_t *count) {
    if (writer->blobs_left == 0)
        return false;
    *offset = writer->head_count + (writer->blobs_left - 1) * TSSB_CHAIN_PIECE_SIZE;
    uint64_t rest = writer->content_size - *offset;
    *count = rest < TSSB_CHAIN_PIECE_SIZE ? (size_t)rest : TSSB_CHAIN_PIECE_SIZE;
    return true;
}

void tssb_chain_writer_blob(struct tssb_chain_writer *writer, const uint8_t *piece, size_t count,
                            uint8_t blob[TSSB_BLOB_SIZE], uint8_t ptr[TSSB_PTR_SIZE]) {
    TSSB_CHECK(writer->blobs_left > 0 && count <= TSSB_CHAIN_PIECE_SIZE);
    memset(blob, 0, TSSB_CHAIN_PIECE_SIZE);
    memcpy(blob, piece, count);
    memcpy(blob + TSSB_CHAIN_PIECE_SIZE, writer->next, TSSB_PTR_SIZE);
    tssb_blob_ptr(blob, ptr);
    memcpy(writer->next, ptr, TSSB_PTR_SIZE);
    writer->blobs_left--;
}

void tssb_chain_writer_payload(const struct tssb_chain_writer *writer, const uint8_t *head,
                               uint8_t payload[TSSB_PAYLOAD_SIZE]) {
    uint8_t varint[TSSB_VARINT_SIZE];
    TSSB_CHECK(writer->blobs_left == 0);
    size_t varint_size = tssb_varint_encode(writer->content_size, varint);
    memset(payload, 0, TSSB_CHAIN_HEAD_SIZE);
    memcpy(payload, varint, varint_size);
    if (writer->head_count > 0)
        memcpy(payload + varint_size, head, writer->head_count);
    memcpy(payload + TSSB_CHAIN_HEAD_SIZE, writer->next, TSSB_PTR_SIZE);
}

int tssb_chain_reader_init(struct tssb_chain_reader *reader,
                           const uint8_t payload[TSSB_PAYLOAD_SIZE], const uint8_t **head,
                           size_t *count) {
    uint64_t content_size = 0;
    int varint_size = tssb_varint_decode(payload, TSSB_CHAIN_HEAD_SIZE, &content_size);
    if (varint_size < 0)
        return varint_size;
    size_t in_head = head_count(content_size);
    const uint8_t *next = payload + TSSB_CHAIN_HEAD_SIZE;
    if (content_size > in_head && tssb_ptr_is_end(next))
        return TSSB_E_CHAIN_END;
    *head = payload + varint_size;
    *count = in_head;
    reader->content_size = content_size;
    reader->left = content_size - in_head;
    memcpy(reader->next, next, TSSB_PTR_SIZE);
    return 0;
}

int tssb_chain_reader_take(struct tssb_chain_reader *reader, const uint8_t blob[TSSB_BLOB_SIZE],
                           const uint8_t **piece, size_t *count) {
    uint8_t ptr[TSSB_PTR_SIZE];
    TSSB_CHECK(reader->left > 0);
    tssb_blob_ptr(blob, ptr);
    if (memcmp(ptr, reader->next, TSSB_PTR_SIZE) != 0)
        return TSSB_E_BLOB;
    size_t taken = reader->left < TSSB_CHAIN_PIECE_SIZE ? (size_t)reader->left
                                                        : TSSB_CHAIN_PIECE_SIZE;
    if (reader->left > taken && tssb_ptr_is_end(tssb_blob_next(blob)))
        return TSSB_E_CHAIN_END;
    *piece = blob;
    *count = taken;
    reader->left -= taken;
    memcpy(reader->next, tssb_blob_next(blob), TSSB_PTR_SIZE);
    return 0;
}
