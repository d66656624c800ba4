/* Keys of random streams, by SipHash over purpose and name. */
#include "stream.h"

#include <sodium.h>
#include <string.h>

uint64_t stream_key(uint64_t seed, const char *purpose, const char *name) {
    enum { TEXT_SIZE = 256 };
    uint8_t key[crypto_shorthash_KEYBYTES] = {0}, hash[crypto_shorthash_BYTES];
    uint8_t text[TEXT_SIZE];
    size_t purpose_size = strnlen(purpose, TEXT_SIZE / 2 - 1);
    size_t name_size = strnlen(name, TEXT_SIZE / 2);
    memcpy(text, purpose, purpose_size);
    text[purpose_size] = 0; /* so that ("ab", "c") is not ("a", "bc") */
    memcpy(text + purpose_size + 1, name, name_size);
    for (int i = 0; i < 8; i++)
        key[i] = (uint8_t)(seed >> (8 * i));
    crypto_shorthash(hash, text, purpose_size + 1 + name_size, key);
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value |= (uint64_t)hash[i] << (8 * i);
    return value;
}
