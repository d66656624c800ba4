/* Side chains: any payload and any blobs; what a reader accepts, a writer makes again. */
#include "fuzz.h"

#include <string.h>

#include "core/chain.h"
#include "core/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tssb_chain_reader reader;
    const uint8_t *piece;
    size_t count;
    if (size < TSSB_PAYLOAD_SIZE || tssb_chain_reader_init(&reader, data, &piece, &count) != 0)
        return 0;
    TSSB_CHECK(count + reader.left == reader.content_size);
    if (reader.content_size == count) {
        struct tssb_chain_writer writer;
        uint8_t payload[TSSB_PAYLOAD_SIZE];
        tssb_chain_writer_init(&writer, reader.content_size);
        tssb_chain_writer_payload(&writer, piece, payload);
        TSSB_CHECK(memcmp(payload, data, (size_t)(piece - data) + count) == 0);
    }
    for (size_t at = TSSB_PAYLOAD_SIZE; at + TSSB_BLOB_SIZE <= size && reader.left > 0;
         at += TSSB_BLOB_SIZE) {
        uint64_t left = reader.left;
        uint8_t blob[TSSB_BLOB_SIZE];
        memcpy(blob, data + at, sizeof blob);
        tssb_blob_ptr(blob, reader.next); /* as if the chain had named it */
        if (tssb_chain_reader_take(&reader, blob, &piece, &count) != 0)
            break;
        TSSB_CHECK(count > 0 && reader.left + count == left);
    }
    return 0;
}
