/* Writes a capture with a packet of each kind, good and bad, for capture.sh: what a simulation of
 * plain entries never sends. nodeB asks nodeA's feed, whose second entry is a side chain.
 *
 * Usage: capture_kinds FILE */
#include <stdio.h>
#include <string.h>

#include "core/chain.h"
#include "core/check.h"
#include "core/entry.h"
#include "core/posix/pcapng.h"
#include "core/request.h"
#include "core/scheme.h"

enum { LONG = 325, BLOBS = 3 }; /* 25 B in the entry, 100 B a blob */

static struct tssb_pcapng pcapng;
static struct tssb_key key;
static struct tssb_place place;
static uint64_t now_ns;

static void write_packet(const char *comment, const void *bytes, size_t size) {
    struct tssb_pcapng_packet packet = {.at_ns = now_ns += 1000000,
                                        .direction = TSSB_PCAPNG_INBOUND,
                                        .bytes = bytes,
                                        .size = (uint32_t)size,
                                        .comment = comment};
    tssb_pcapng_packet(&pcapng, &packet);
}

/* nodeA's next entry. */
static void sign(uint8_t type, const uint8_t payload[TSSB_PAYLOAD_SIZE],
                 uint8_t wire[TSSB_ENTRY_SIZE]) {
    tssb_entry_sign(&key, &place, type, payload, wire);
    uint8_t mid[TSSB_MID_SIZE];
    tssb_entry_mid(&place, wire, mid);
    memcpy(place.prev, mid, TSSB_MID_SIZE);
    place.seq++;
}

static void sign_text(uint8_t type, const char *text, uint8_t wire[TSSB_ENTRY_SIZE]) {
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0};
    memcpy(payload, text, strlen(text));
    sign(type, payload, wire);
}

/* An entry, and its blobs, the first one first. */
static void sign_chain(uint8_t wire[TSSB_ENTRY_SIZE], uint8_t blobs[BLOBS][TSSB_BLOB_SIZE]) {
    uint8_t text[LONG], payload[TSSB_PAYLOAD_SIZE], ptr[TSSB_PTR_SIZE];
    struct tssb_chain_writer writer;
    uint64_t offset;
    size_t count;
    for (int i = 0; i < LONG; i++)
        text[i] = (uint8_t)('a' + i % 23);
    tssb_chain_writer_init(&writer, LONG);
    for (int i = BLOBS - 1; tssb_chain_writer_next(&writer, &offset, &count); i--)
        tssb_chain_writer_blob(&writer, text + offset, count, blobs[i], ptr);
    tssb_chain_writer_payload(&writer, text, payload);
    sign(TSSB_CHAIN20, payload, wire);
}

/* The second NEED names what is no blob. */
static void write_requests(const uint8_t ptr[TSSB_PTR_SIZE], const uint8_t entry[TSSB_ENTRY_SIZE]) {
    uint8_t packet[TSSB_PACKET_SIZE];
    struct tssb_want wants[2] = {{.seq = 1}, {.seq = 7}};
    struct tssb_range range = {.seq = 1, .credit = 5};
    struct tssb_need needs[2] = {{.credit = 3}, {.credit = 1}};
    memcpy(wants[0].fid, key.fid, TSSB_FID_SIZE);
    memset(wants[1].fid, 0x77, TSSB_FID_SIZE);
    memcpy(range.fid, key.fid, TSSB_FID_SIZE);
    memcpy(needs[0].ptr, ptr, TSSB_PTR_SIZE);
    tssb_blob_ptr(entry, needs[1].ptr);
    size_t size = tssb_want_encode(wants, 2, tssb_want_dmx(key.fid), packet);
    write_packet("two feeds", packet, size);
    size = tssb_range_encode(&range, tssb_range_dmx(key.fid), packet);
    write_packet("range", packet, size);
    size = tssb_need_encode(needs, 2, packet);
    write_packet("need", packet, size);
}

static void write_foreign(void) {
    uint8_t bytes[300];
    memset(bytes, 0xc3, sizeof bytes);
    static const size_t sizes[] = {1, 6, 7, 8, 43, 45, 119, 120, 121, 250, 300};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        write_packet("foreign", bytes, sizes[i]);
    write_packet("foreign", "", 0);
    uint8_t need[TSSB_DMX_SIZE + 10] = {0x47, 0x27, 0x5c, 0x50, 0xf6, 0x27, 0xc8};
    write_packet("empty need", need, TSSB_DMX_SIZE);
    write_packet("cut need", need, sizeof need);
}

int main(int argc, char **argv) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = "the secret of nodeA";
    uint8_t plain[TSSB_ENTRY_SIZE], chain[TSSB_ENTRY_SIZE], small[TSSB_ENTRY_SIZE];
    uint8_t fork[TSSB_ENTRY_SIZE], opaque[TSSB_ENTRY_SIZE], bad[TSSB_ENTRY_SIZE];
    uint8_t cut[TSSB_ENTRY_SIZE], twin[TSSB_ENTRY_SIZE], blobs[BLOBS][TSSB_BLOB_SIZE];
    if (argc != 2 || tssb_scheme_init() != 0 || tssb_pcapng_open(&pcapng, argv[1], "test") != 0)
        return 3;
    (void)tssb_pcapng_interface(&pcapng, "nodeA/0");
    tssb_key_init(&key, &tssb_scheme_ed25519, secret, secret);
    place = tssb_entry_genesis(key.fid);
    struct tssb_place first = place;
    sign_text(TSSB_PLAIN48, "hello", plain);
    sign_chain(chain, blobs);
    sign_text(TSSB_CHAIN20, "\5short", small);
    sign_text(7, "opaque", opaque);
    sign_text(TSSB_CHAIN20, "\xfd\1\0not minimal", bad);
    sign_text(TSSB_CHAIN20, "\xff\1\2\3\4\5\6\7\x08much is said to follow", cut);
    sign_chain(twin, blobs);
    place = first;
    sign_text(TSSB_PLAIN48, "hello, said otherwise", fork);

    write_packet("early entry", plain, sizeof plain);
    write_packet("early blob", blobs[1], TSSB_BLOB_SIZE);
    write_requests(tssb_entry_payload(chain) + TSSB_CHAIN_HEAD_SIZE, plain);
    write_packet("again", plain, sizeof plain);
    write_packet("chain", chain, sizeof chain);
    for (int i = 0; i < BLOBS; i++)
        write_packet("blob", blobs[i], TSSB_BLOB_SIZE);
    write_packet("small chain", small, sizeof small);
    write_packet("opaque", opaque, sizeof opaque);
    write_packet("bad chain", bad, sizeof bad);
    write_packet("cut chain", cut, sizeof cut);
    write_packet("same content", twin, sizeof twin);
    write_packet("fork", fork, sizeof fork);
    write_foreign();
    return tssb_pcapng_close(&pcapng) == 0 ? 0 : 3;
}
