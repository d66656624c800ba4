/* config.json by jansson. jansson knows lines of syntax errors only, so the line of a field is
 * found in the text. Every copy of the text is wiped, since it holds the secret. */
#include "core/posix/config.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/posix/text.h"

enum { FILE_MAX = 1 << 20, MID_HEX_SIZE = 2 * TSSB_MID_SIZE + 1, FID_HEX_SIZE = 65 };

int tssb_config_init(struct tssb_config *config, const char *name, const struct tssb_scheme *scheme,
                     const uint8_t shared_secret[TSSB_SECRET_SIZE]) {
    struct tssb_key key;
    uint8_t label[TSSB_FID_SIZE];
    *config = (struct tssb_config){.name = tssb_text("%s", name), .scheme = scheme};
    if (!config->name)
        return TSSB_E_MEMORY;
    randombytes_buf(label, sizeof label);
    if (shared_secret)
        memcpy(config->secret, shared_secret, TSSB_SECRET_SIZE);
    else
        randombytes_buf(config->secret, TSSB_SECRET_SIZE);
    tssb_key_init(&key, scheme, config->secret, label);
    memcpy(config->fid, key.fid, TSSB_FID_SIZE);
    tssb_key_wipe(&key);
    return 0;
}

int tssb_config_trust(struct tssb_config *config, const struct tssb_anchor *anchor) {
    size_t size = (config->trusted_count + (size_t)1) * sizeof *config->trusted;
    struct tssb_anchor *trusted = realloc(config->trusted, size);
    if (!trusted)
        return TSSB_E_MEMORY;
    config->trusted = trusted;
    trusted[config->trusted_count++] = *anchor;
    return 0;
}

void tssb_config_close(struct tssb_config *config) {
    free(config->name);
    free(config->trusted);
    sodium_memzero(config, sizeof *config);
}

bool tssb_config_is_name(const char *name) {
    size_t size = strlen(name);
    if (size == 0 || size > 255 || name[0] == '.' || name[0] == '-')
        return false;
    for (const char *c = name; *c; c++)
        if (*c == '/' || (unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return true;
}

void tssb_config_key(const struct tssb_config *config, struct tssb_key *key) {
    tssb_key_init(key, config->scheme, config->secret, config->fid);
}

/* Reading. */

struct reader {
    struct tssb_config *config;
    const char *path, *text;
    const json_t *root;
    char **error;
};

/* The line of a field of the outermost object; of its end where it has no such field. */
static int line_of(const char *text, const char *field) {
    size_t size = strlen(field);
    int line = 1, depth = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '\n')
            line++;
        else if (*c == '{' || *c == '[')
            depth++;
        else if ((*c == '}' || *c == ']') && --depth == 0)
            break;
        else if (*c == '"') {
            if (depth == 1 && strncmp(c + 1, field, size) == 0 && c[1 + size] == '"')
                return line;
            for (c++; *c && *c != '"'; c++)
                if (*c == '\\' && c[1])
                    c++;
            if (!*c)
                break;
        }
    }
    return line;
}

static int wrong(const struct reader *reader, const char *field, const char *what) {
    return tssb_fail(reader->error, 2, "%s:%d: %s: %s", reader->path, line_of(reader->text, field),
                     field, what);
}

/* The text of a field that must be there. */
static int get_text(const struct reader *reader, const char *field, const char **text) {
    const json_t *value = json_object_get(reader->root, field);
    *text = json_string_value(value);
    if (*text && strlen(*text) == json_string_length(value))
        return 0;
    return wrong(reader, field, value ? "must be a text" : "is missing");
}

static int get_name(const struct reader *reader) {
    const char *text;
    int status = get_text(reader, "name", &text);
    if (status)
        return status;
    if (!tssb_config_is_name(text))
        return wrong(reader, "name", "cannot be the name of a node");
    reader->config->name = tssb_text("%s", text);
    return reader->config->name ? 0 : tssb_fail(reader->error, 3, "out of memory");
}

static int get_scheme(const struct reader *reader) {
    const char *text;
    reader->config->scheme = tssb_schemes[0];
    if (!json_object_get(reader->root, "scheme"))
        return 0;
    int status = get_text(reader, "scheme", &text);
    if (status)
        return status;
    reader->config->scheme = tssb_scheme_find(text);
    return reader->config->scheme ? 0 : wrong(reader, "scheme", "must be ed25519 or hmac-sha512");
}

static int get_bytes(const struct reader *reader, const char *field, uint8_t bytes[32]) {
    const char *text;
    int status = get_text(reader, field, &text);
    if (!status && tssb_unhex(text, bytes, 32) != 0)
        status = wrong(reader, field, "must be 64 hexadecimal digits");
    return status;
}

static int get_key(const struct reader *reader) {
    struct tssb_config *config = reader->config;
    struct tssb_key key;
    int status = get_bytes(reader, "feedID", config->fid);
    if (!status)
        status = get_bytes(reader, "secret", config->secret);
    if (status)
        return status;
    tssb_config_key(config, &key);
    if (memcmp(key.fid, config->fid, TSSB_FID_SIZE) != 0)
        status = wrong(reader, "feedID", "is not the public key of this secret");
    tssb_key_wipe(&key);
    return status;
}

/* PoC-01 writes a placeholder there, and never reads it. */
static int get_first_mid(const struct reader *reader) {
    const char *text;
    int status = get_text(reader, "msgID0", &text);
    if (!status && text[strspn(text, "0123456789abcdefABCDEF")] != 0)
        status = wrong(reader, "msgID0", "must be hexadecimal digits");
    return status;
}

/* One of `trusted`: [feedID, seq, msgID]. A whole feed's msgID is known, PoC-01 has a placeholder
 * there. */
static bool get_anchor(const json_t *item, struct tssb_anchor *anchor) {
    const char *fid = json_string_value(json_array_get(item, 0));
    const json_t *seq = json_array_get(item, 1);
    const char *mid = json_string_value(json_array_get(item, 2));
    if (!fid || !json_is_integer(seq) || !mid || json_array_size(item) != 3)
        return false;
    if (tssb_unhex(fid, anchor->fid, TSSB_FID_SIZE) != 0 || json_integer_value(seq) < 0 ||
        json_integer_value(seq) > UINT32_MAX)
        return false;
    if (json_integer_value(seq) == 0) {
        *anchor = tssb_anchor_whole(anchor->fid);
        return true;
    }
    anchor->seq = (uint32_t)json_integer_value(seq);
    return tssb_unhex(mid, anchor->mid, TSSB_MID_SIZE) == 0;
}

static int get_trusted(const struct reader *reader) {
    const json_t *list = json_object_get(reader->root, "trusted"), *item;
    size_t i;
    if (!json_is_array(list))
        return wrong(reader, "trusted", list ? "must be a list" : "is missing");
    json_array_foreach(list, i, item) {
        struct tssb_anchor anchor;
        if (!get_anchor(item, &anchor))
            return wrong(reader, "trusted", "must be a list of [feedID, seq, msgID]");
        if (tssb_config_trust(reader->config, &anchor) != 0)
            return tssb_fail(reader->error, 3, "out of memory");
    }
    return 0;
}

static int read_fields(const struct reader *reader) {
    static int (*const getters[])(const struct reader *) = {get_name, get_scheme, get_key,
                                                            get_first_mid, get_trusted};
    int status = 0;
    for (size_t i = 0; i < sizeof getters / sizeof *getters && !status; i++)
        status = getters[i](reader);
    return status;
}

/* jansson frees its texts as they are. */
static void wipe_secret(json_t *root) {
    json_t *secret = json_object_get(root, "secret");
    if (json_is_string(secret)) {
        union {
            const char *given;
            char *ours;
        } text = {.given = json_string_value(secret)};
        sodium_memzero(text.ours, json_string_length(secret));
    }
    json_decref(root);
}

static int parse(struct tssb_config *config, const char *path, const char *text, size_t size,
                 char **error) {
    json_error_t where;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        return tssb_fail(error, 2, "%s:%d: %s", path, where.line > 0 ? where.line : 1, where.text);
    struct reader reader = {
        .config = config, .path = path, .text = text, .root = root, .error = error};
    int status = json_is_object(root) ? read_fields(&reader)
                                      : tssb_fail(error, 2, "%s:1: must be an object", path);
    wipe_secret(root);
    return status;
}

int tssb_config_load(struct tssb_config *config, const struct tssb_disk *disk, const char *folder,
                     char **error) {
    char *text = NULL;
    size_t size = 0;
    int status;
    memset(config, 0, sizeof *config);
    char *path = tssb_text("%s/config.json", folder);
    if (!path)
        return tssb_fail(error, 3, "out of memory");
    if (tssb_disk_load(disk, path, FILE_MAX, &text, &size) == 0) {
        status = parse(config, path, text, size, error);
        sodium_memzero(text, size);
        free(text);
    } else if (errno == ENOENT || errno == ENOTDIR) {
        status = tssb_fail(error, 2, "%s: %s: no node lives there ('tssb init' makes one)", path,
                           strerror(errno));
    } else {
        status = tssb_fail(error, 3, "%s: %s", path, strerror(errno));
    }
    if (status)
        tssb_config_close(config);
    free(path);
    return status;
}

/* Writing: the fields in PoC-01's order and layout. */

/* Prints all but the name's quotes. Returns how long it is; text may be NULL with size 0. */
static size_t print(const struct tssb_config *config, const char *name, char *text, size_t size) {
    char fid[FID_HEX_SIZE], secret[FID_HEX_SIZE], mid[MID_HEX_SIZE], scheme[64] = "";
    tssb_hex(config->fid, TSSB_FID_SIZE, fid);
    tssb_hex(config->secret, TSSB_SECRET_SIZE, secret);
    tssb_hex(config->fid, TSSB_MID_SIZE, mid);
    if (config->scheme != tssb_schemes[0])
        snprintf(scheme, sizeof scheme, "  \"scheme\": \"%s\",\n", config->scheme->name);
    size_t used = (size_t)snprintf(text, size,
                                   "{\n  \"name\": %s,\n  \"feedID\": \"%s\",\n"
                                   "  \"secret\": \"%s\",\n  \"msgID0\": \"%s\",\n%s"
                                   "  \"trusted\": [",
                                   name, fid, secret, mid, scheme);
    sodium_memzero(secret, sizeof secret);
    for (uint32_t i = 0; i < config->trusted_count; i++) {
        const struct tssb_anchor *anchor = &config->trusted[i];
        tssb_hex(anchor->fid, TSSB_FID_SIZE, fid);
        tssb_hex(anchor->mid, TSSB_MID_SIZE, mid);
        used += (size_t)snprintf(text ? text + used : NULL, text ? size - used : 0,
                                 "%s\n    [\n      \"%s\",\n      %lu,\n      \"%s\"\n    ]",
                                 i ? "," : "", fid, (unsigned long)anchor->seq, mid);
    }
    return used + (size_t)snprintf(text ? text + used : NULL, text ? size - used : 0, "%s]\n}",
                                   config->trusted_count ? "\n  " : "");
}

/* Writes a file under another name and renames it. */
static int replace(const struct tssb_disk *disk, const char *folder, const char *name, mode_t mode,
                   const char *text, size_t size) {
    char *fresh = tssb_text("%s/%s.tmp", folder, name);
    char *path = tssb_text("%s/%s", folder, name);
    int result = -1;
    if (fresh && path) {
        result = tssb_disk_save(disk, fresh, mode, text, size, 1);
        if (result == 0)
            result = disk->rename(disk->context, fresh, path);
        int failed = errno;
        if (result != 0)
            disk->unlink(disk->context, fresh);
        errno = failed;
    }
    free(fresh);
    free(path);
    return result;
}

int tssb_config_save(const struct tssb_config *config, const struct tssb_disk *disk,
                     const char *folder) {
    int result = -1;
    json_t *name = json_string(config->name);
    char *quoted = name ? json_dumps(name, JSON_ENCODE_ANY) : NULL;
    size_t size = quoted ? print(config, quoted, NULL, 0) : 0;
    char *text = quoted ? malloc(size + 1) : NULL;
    errno = EINVAL; /* a name that is not UTF-8 */
    if (text) {
        print(config, quoted, text, size + 1);
        result = replace(disk, folder, "state.json", 0644, "{}", 2);
        if (result == 0)
            result = replace(disk, folder, "config.json", 0600, text, size);
        sodium_memzero(text, size);
    }
    if (result == 0)
        result = tssb_disk_sync_folder(disk, folder);
    int failed = errno;
    free(text);
    free(quoted);
    json_decref(name);
    errno = failed;
    return result;
}
