/* What the core's tests share: vectors, memory that runs out on a countdown, small random numbers,
 * authors. Every function here fails the test that calls it, where it cannot do what it is asked.
 */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "../entry.h"
#include "../mem.h"
#include "../scheme.h"
#include "../store.h"
#include "../types.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* Vectors: the JSON files in vectors/, whose byte strings are hexadecimal. */

/* Reads vectors/<name>.json; the caller calls json_decref. */
json_t *vectors_load(const char *name);

/* The values of an object's key, which must be there and of that type. */
const char *vector_text(const json_t *object, const char *key);
uint32_t vector_number(const json_t *object, const char *key);

/* Decodes hexadecimal text, of up to `capacity` bytes; returns how many. */
size_t hex_decode(const char *hex, uint8_t *bytes, size_t capacity);

/* Decodes the value of an object's key; returns how many bytes. */
size_t vector_bytes(const json_t *object, const char *key, uint8_t *bytes, size_t capacity);

/* The same where exactly `size` bytes are due. */
void vector_exactly(const json_t *object, const char *key, uint8_t *bytes, size_t size);

/* Fails unless the key's value is these bytes. */
void expect_vector(const json_t *object, const char *key, const uint8_t *bytes, size_t size);

/* Memory that runs out once: the call number `fail_at` (from 0) fails, those before and after do
 * not. What it gives is filled with noise, and counted until it is freed, with its size told right.
 */
struct countdown_mem {
    struct tssb_mem mem; /* what the core takes */
    uint64_t calls, fail_at;
    size_t outstanding_bytes;
};

enum { NEVER_FAILS = -1 };

/* fail_at: NEVER_FAILS for memory that never runs out. Not copied: mem.context points to it. */
void countdown_mem_init(struct countdown_mem *countdown, int64_t fail_at);

/* Whether the call that fails has been made. */
bool countdown_mem_failed(const struct countdown_mem *countdown);

/* The next number of a repeatable stream (SplitMix64); *state is its seed at first. */
uint64_t random_next(uint64_t *state);

/* An ed25519 author, with a key made of its name and the place of its next entry. */
struct author {
    struct tssb_key key;
    struct tssb_place place;
};

void author_init(struct author *author, const char *name);

/* Makes the author's next entry, of type plain48. place.fid stays the author's own. */
void author_write(struct author *author, const char *text, uint8_t wire[TSSB_ENTRY_SIZE]);

/* Two feed IDs, found by search, whose WANTs hash to the same seven bytes. */
extern const uint8_t twin_fids[2][TSSB_FID_SIZE];

/* A trust in ed25519 signatures. */
extern const struct tssb_trust trust_ed25519;

#endif
