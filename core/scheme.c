/* The signature schemes, by libsodium. Its ed25519 verification is the strict one that PROTOCOL.md
 * 2 asks for: it refuses an S at or over the group order, a small-order or non-canonical key and a
 * small-order R. */
#include "scheme.h"

#include <sodium.h>
#include <string.h>

#include "check.h"
#include "error.h"

int tssb_scheme_init(void) {
    return sodium_init() < 0 ? TSSB_E_CRYPTO : 0;
}

static void ed25519_derive(struct tssb_key *key, const uint8_t secret[TSSB_SECRET_SIZE],
                           const uint8_t label[TSSB_FID_SIZE]) {
    (void)label;
    crypto_sign_seed_keypair(key->fid, key->secret, secret);
}

static void ed25519_sign(const struct tssb_key *key, const uint8_t *message, size_t size,
                         uint8_t signature[TSSB_SIGNATURE_SIZE]) {
    TSSB_CHECK(crypto_sign_detached(signature, NULL, message, size, key->secret) == 0);
}

static bool ed25519_verify(const struct tssb_trust *trust, const uint8_t fid[TSSB_FID_SIZE],
                           const uint8_t *message, size_t size,
                           const uint8_t signature[TSSB_SIGNATURE_SIZE]) {
    (void)trust;
    return crypto_sign_verify_detached(signature, message, size, fid) == 0;
}

static void hmac_compute(const uint8_t secret[TSSB_SECRET_SIZE], const uint8_t *message,
                         size_t size, uint8_t signature[TSSB_SIGNATURE_SIZE]) {
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, secret, TSSB_SECRET_SIZE);
    crypto_auth_hmacsha512_update(&state, message, size);
    crypto_auth_hmacsha512_final(&state, signature);
}

static void hmac_derive(struct tssb_key *key, const uint8_t secret[TSSB_SECRET_SIZE],
                        const uint8_t label[TSSB_FID_SIZE]) {
    memcpy(key->fid, label, TSSB_FID_SIZE);
    memcpy(key->secret, secret, TSSB_SECRET_SIZE);
}

static void hmac_sign(const struct tssb_key *key, const uint8_t *message, size_t size,
                      uint8_t signature[TSSB_SIGNATURE_SIZE]) {
    hmac_compute(key->secret, message, size, signature);
}

static bool hmac_verify(const struct tssb_trust *trust, const uint8_t fid[TSSB_FID_SIZE],
                        const uint8_t *message, size_t size,
                        const uint8_t signature[TSSB_SIGNATURE_SIZE]) {
    (void)fid; /* the message holds it */
    uint8_t due[TSSB_SIGNATURE_SIZE];
    hmac_compute(trust->shared_secret, message, size, due);
    return sodium_memcmp(due, signature, sizeof due) == 0;
}

const struct tssb_scheme tssb_scheme_ed25519 = {"ed25519", ed25519_derive, ed25519_sign,
                                                ed25519_verify};
const struct tssb_scheme tssb_scheme_hmac_sha512 = {"hmac-sha512", hmac_derive, hmac_sign,
                                                    hmac_verify};

const struct tssb_scheme *const tssb_schemes[] = {&tssb_scheme_ed25519, &tssb_scheme_hmac_sha512,
                                                  NULL};

const struct tssb_scheme *tssb_scheme_find(const char *name) {
    for (const struct tssb_scheme *const *scheme = tssb_schemes; *scheme; scheme++)
        if (strcmp((*scheme)->name, name) == 0)
            return *scheme;
    return NULL;
}

void tssb_key_init(struct tssb_key *key, const struct tssb_scheme *scheme,
                   const uint8_t secret[TSSB_SECRET_SIZE], const uint8_t label[TSSB_FID_SIZE]) {
    memset(key, 0, sizeof *key);
    key->scheme = scheme;
    scheme->derive(key, secret, label);
}

void tssb_key_wipe(struct tssb_key *key) {
    sodium_memzero(key, sizeof *key);
}
