/* Signature schemes (PROTOCOL.md 2): ed25519, and hmac-sha512 for micropython nodes.
 * A repository is of one scheme throughout. A new scheme is a table entry in scheme.c. */
#ifndef TSSB_SCHEME_H
#define TSSB_SCHEME_H

#include "types.h"

struct tssb_scheme;

/* What authors with: the feed it writes and the secret that signs. Wipe it with tssb_key_wipe. */
struct tssb_key {
    const struct tssb_scheme *scheme;
    uint8_t fid[TSSB_FID_SIZE];
    uint8_t secret[64]; /* as the scheme wants it */
};

/* What verifies: a scheme and, for hmac-sha512, the secret that all nodes of the repository share.
 */
struct tssb_trust {
    const struct tssb_scheme *scheme;
    uint8_t shared_secret[TSSB_SECRET_SIZE];
};

struct tssb_scheme {
    const char *name;
    /* Makes a key of a 32 B secret. label names the author where the secret is shared by all
     * (hmac-sha512); ed25519 takes the feed ID from the secret alone. */
    void (*derive)(struct tssb_key *key, const uint8_t secret[TSSB_SECRET_SIZE],
                   const uint8_t label[TSSB_FID_SIZE]);
    void (*sign)(const struct tssb_key *key, const uint8_t *message, size_t size,
                 uint8_t signature[TSSB_SIGNATURE_SIZE]);
    bool (*verify)(const struct tssb_trust *trust, const uint8_t fid[TSSB_FID_SIZE],
                   const uint8_t *message, size_t size,
                   const uint8_t signature[TSSB_SIGNATURE_SIZE]);
};

/* Prepares libsodium; call it once before anything that signs. Returns 0 or TSSB_E_CRYPTO. */
int tssb_scheme_init(void);

extern const struct tssb_scheme tssb_scheme_ed25519, tssb_scheme_hmac_sha512;

/* All schemes, ended by NULL; the first is the default. */
extern const struct tssb_scheme *const tssb_schemes[];

/* NULL where there is none of that name. */
const struct tssb_scheme *tssb_scheme_find(const char *name);

/* The key of a 32 B secret in a scheme. label: see struct tssb_scheme. */
void tssb_key_init(struct tssb_key *key, const struct tssb_scheme *scheme,
                   const uint8_t secret[TSSB_SECRET_SIZE], const uint8_t label[TSSB_FID_SIZE]);
void tssb_key_wipe(struct tssb_key *key);

#endif
