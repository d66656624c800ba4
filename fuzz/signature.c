/* Signatures of both schemes: what was signed verifies, and nothing else does: not with a byte of
 * message, signature or key changed, not by another key, and not with the group's order added to S,
 * which would be a second signature of the same entry (PROTOCOL.md 2). */
#include "fuzz.h"

#include "core/check.h"
#include "core/scheme.h"
#include "shared/malleable.h"

enum { MESSAGE_MAX = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t other_secret[TSSB_SECRET_SIZE] = {2};
    struct fuzz_input input = {data, size};
    uint8_t secret[TSSB_SECRET_SIZE], signature[TSSB_SIGNATURE_SIZE], bad[TSSB_SIGNATURE_SIZE];
    uint8_t message[MESSAGE_MAX], scheme = fuzz_byte(&input) & 1, at = fuzz_byte(&input);
    struct tssb_key key, other;
    TSSB_CHECK(tssb_scheme_init() == 0);
    struct tssb_trust trust = {.scheme = tssb_schemes[scheme]};
    TSSB_CHECK(tssb_scheme_find(trust.scheme->name) == trust.scheme);
    fuzz_fill(&input, secret, sizeof secret);
    memcpy(trust.shared_secret, secret, sizeof secret);
    tssb_key_init(&key, trust.scheme, secret, secret);
    tssb_key_init(&other, trust.scheme, other_secret, secret);
    size_t length = input.left < MESSAGE_MAX ? input.left : MESSAGE_MAX;
    fuzz_fill(&input, message, length);
    trust.scheme->sign(&key, message, length, signature);
    TSSB_CHECK(trust.scheme->verify(&trust, key.fid, message, length, signature));
    memcpy(bad, signature, sizeof bad);
    bad[at % sizeof bad] ^= (uint8_t)(1 << (at >> 6));
    TSSB_CHECK(!trust.scheme->verify(&trust, key.fid, message, length, bad));
    memcpy(bad, signature, sizeof bad);
    malleable_add_order(bad);
    TSSB_CHECK(!trust.scheme->verify(&trust, key.fid, message, length, bad));
    if (memcmp(secret, other_secret, sizeof secret) != 0) {
        trust.scheme->sign(&other, message, length, bad);
        TSSB_CHECK(!trust.scheme->verify(&trust, key.fid, message, length, bad));
    }
    if (length > 0) {
        message[at % length] ^= 1;
        TSSB_CHECK(!trust.scheme->verify(&trust, key.fid, message, length, signature));
    }
    tssb_key_wipe(&key);
    return 0;
}
