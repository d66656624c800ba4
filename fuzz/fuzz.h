/* What the fuzz targets share: the entry points, and the reading of an input as a list of
 * decisions. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* libFuzzer's entry point: each target defines it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An input that is read from its start. Behind its end all bytes are 0, so that every input of any
 * size means something. */
struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t fuzz_byte(struct fuzz_input *input) {
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

static inline uint16_t fuzz_number(struct fuzz_input *input) {
    uint8_t high = fuzz_byte(input);
    return (uint16_t)(high << 8 | fuzz_byte(input));
}

static inline void fuzz_fill(struct fuzz_input *input, uint8_t *bytes, size_t size) {
    size_t count = size < input->left ? size : input->left;
    memset(bytes, 0, size);
    if (count > 0)
        memcpy(bytes, input->at, count);
    input->at += count;
    input->left -= count;
}

#endif
