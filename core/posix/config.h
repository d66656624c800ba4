/* config.json and state.json of a data directory (PROTOCOL.md 6): who the node is, its secret, whom
 * it trusts. EXTENSION: "scheme", which ed25519 directories do not have. */
#ifndef TSSB_CONFIG_H
#define TSSB_CONFIG_H

#include "core/posix/disk.h"
#include "core/scheme.h"
#include "core/store.h"

struct tssb_config {
    char *name;
    const struct tssb_scheme *scheme;
    uint8_t fid[TSSB_FID_SIZE];
    uint8_t secret[TSSB_SECRET_SIZE]; /* with hmac-sha512 the one that all nodes share */
    struct tssb_anchor *trusted;
    uint32_t trusted_count;
    bool packed; /* a directory that is made of this packs its blobs; not written to the file, since
                    what the directory holds says it */
};

/* A new node with a secret from the system's random source, or with hmac-sha512 the shared one and
 * a feed ID from there; trusts nobody. shared_secret: NULL but for hmac-sha512.
 * Returns 0 or TSSB_E_MEMORY. */
int tssb_config_init(struct tssb_config *config, const char *name, const struct tssb_scheme *scheme,
                     const uint8_t shared_secret[TSSB_SECRET_SIZE]);

/* Trusts another feed from its anchor on. Returns 0 or TSSB_E_MEMORY. */
int tssb_config_trust(struct tssb_config *config, const struct tssb_anchor *anchor);

/* Wipes and frees. A zeroed one is allowed. */
void tssb_config_close(struct tssb_config *config);

/* Whether this text can be a node's name, which is also its folder's. */
bool tssb_config_is_name(const char *name);

/* The key that the node authors with; the caller wipes it. */
void tssb_config_key(const struct tssb_config *config, struct tssb_key *key);

/* Reads folder/config.json. Returns 0; 2 where it is missing or wrong, 3 where the system refuses,
 * with *error, "FILE:LINE: field: what is wrong", that the caller frees; config is then zeroed. */
int tssb_config_load(struct tssb_config *config, const struct tssb_disk *disk, const char *folder,
                     char **error);

/* Writes folder/config.json, readable by its owner alone, and folder/state.json; durable. Returns 0
 * or -1 with errno. */
int tssb_config_save(const struct tssb_config *config, const struct tssb_disk *disk,
                     const char *folder);

#endif
