/* By hmac-sha512, which is fast: what a node does is the same in both schemes. */
#include "script.h"

#include <string.h>

#include "core/chain.h"
#include "core/check.h"

struct script script;

/* Entries of these kinds follow each other. */
static const struct kind {
    uint8_t type, first_blob; /* of its chain */
    uint16_t declared;        /* the length that the chain says it has; 0: no content */
} kinds[] = {
    {TSSB_PLAIN48, 0, 0},
    {TSSB_CHAIN20, 0, 120},  /* one blob */
    {TSSB_CHAIN20, 1, 420},  /* four */
    {TSSB_CHAIN20, 1, 410},  /* the same four, another length */
    {TSSB_CHAIN20, 0, 900},  /* ends before its length */
    {TSSB_CHAIN20, 5, 2020}, /* twenty */
    {TSSB_CHAIN20, 1, 100},  /* goes on behind its length */
    {9, 0, 0},               /* a type that nobody knows */
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* The chains' blobs, each chain from its end. */
static void write_blobs(void) {
    for (int i = SCRIPT_BLOBS - 1; i >= 0; i--) {
        bool last = i == 0 || i == 4 || i == SCRIPT_BLOBS - 1;
        script.blobs[i][0] = (uint8_t)i;
        if (!last)
            memcpy(script.blobs[i] + TSSB_CHAIN_PIECE_SIZE, script.ptrs[i + 1], TSSB_PTR_SIZE);
        tssb_blob_ptr(script.blobs[i], script.ptrs[i]);
    }
}

static void write_payload(uint8_t nth, uint8_t branch, uint8_t payload[TSSB_PAYLOAD_SIZE]) {
    const struct kind *kind = &kinds[nth % KINDS];
    memset(payload, 0, TSSB_PAYLOAD_SIZE);
    size_t at = kind->declared ? tssb_varint_encode(kind->declared, payload) : 0;
    payload[at] = nth;
    payload[at + 1] = nth < SCRIPT_FORK ? 0 : branch;
    if (kind->type == TSSB_CHAIN20)
        memcpy(payload + TSSB_CHAIN_HEAD_SIZE, script.ptrs[kind->first_blob], TSSB_PTR_SIZE);
}

static void write_branch(uint8_t branch) {
    struct tssb_place place = tssb_entry_genesis(script.keys[OTHER].fid);
    for (uint8_t i = 0; i < SCRIPT_ENTRIES; i++, place.seq++) {
        uint8_t payload[TSSB_PAYLOAD_SIZE], *wire = script.wires[branch][i];
        write_payload(i, branch, payload);
        tssb_entry_sign(&script.keys[OTHER], &place, kinds[i % KINDS].type, payload, wire);
        tssb_entry_mid(&place, wire, script.mids[branch][i]);
        memcpy(place.prev, script.mids[branch][i], TSSB_MID_SIZE);
    }
}

void script_write(void) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = {1}, labels[FEEDS][TSSB_FID_SIZE] = {{1}, {2}};
    if (script.trust.scheme)
        return;
    TSSB_CHECK(tssb_scheme_init() == 0);
    script.trust.scheme = &tssb_scheme_hmac_sha512;
    memcpy(script.trust.shared_secret, secret, sizeof secret);
    for (int feed = 0; feed < FEEDS; feed++)
        tssb_key_init(&script.keys[feed], script.trust.scheme, secret, labels[feed]);
    write_blobs();
    write_branch(0);
    write_branch(1);
}
