/* A walk notes the places that it passes with their distance from its start; once it knows its end,
 * they go to the table. */
#include "core/posix/chain_runs.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/mem.h"

enum { ONE_IN = 64, FIRST_CAPACITY = 64 };

struct tssb_chain_place {
    uint8_t ptr[TSSB_PTR_SIZE]; /* zero: free */
    struct tssb_chain_run run;  /* of one that was just passed: its distance from the start */
};

void tssb_chain_runs_init(struct tssb_chain_runs *runs, struct tssb_blobs *blobs) {
    *runs = (struct tssb_chain_runs){.blobs = blobs};
    randombytes_buf(runs->key, sizeof runs->key);
}

void tssb_chain_runs_close(struct tssb_chain_runs *runs) {
    free(runs->places);
    free(runs->passed);
    runs->places = runs->passed = NULL;
}

static uint64_t hash_of(const struct tssb_chain_runs *runs, const uint8_t ptr[TSSB_PTR_SIZE]) {
    uint64_t number;
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, ptr, TSSB_PTR_SIZE, runs->key);
    memcpy(&number, hash, sizeof number);
    return number;
}

/* The place of a pointer, or the free one where it belongs. There is a free one. */
static struct tssb_chain_place *place_of(const struct tssb_chain_runs *runs,
                                         const uint8_t ptr[TSSB_PTR_SIZE]) {
    uint64_t at = hash_of(runs, ptr) / ONE_IN;
    struct tssb_chain_place *place;
    do
        place = &runs->places[at++ & (runs->capacity - 1)];
    while (!tssb_ptr_is_end(place->ptr) && memcmp(place->ptr, ptr, TSSB_PTR_SIZE) != 0);
    return place;
}

/* Makes room in the table for so many places. */
static int reserve(struct tssb_chain_runs *runs, uint32_t count) {
    struct tssb_chain_runs larger = *runs;
    if (count <= runs->capacity / 2)
        return 0;
    for (larger.capacity = FIRST_CAPACITY; larger.capacity / 2 < count; larger.capacity *= 2)
        ;
    larger.places = calloc(larger.capacity, sizeof *larger.places);
    if (!larger.places)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < runs->capacity; i++)
        if (!tssb_ptr_is_end(runs->places[i].ptr))
            *place_of(&larger, runs->places[i].ptr) = runs->places[i];
    free(runs->places);
    runs->places = larger.places;
    runs->capacity = larger.capacity;
    return 0;
}

static int note_passed(struct tssb_chain_runs *runs, const uint8_t ptr[TSSB_PTR_SIZE],
                       uint64_t distance) {
    void *passed = runs->passed;
    int error = tssb_mem_grow(&tssb_mem_libc, &passed, &runs->passed_capacity,
                              runs->passed_count + 1, sizeof *runs->passed);
    runs->passed = passed;
    if (error)
        return error;
    struct tssb_chain_place *place = &runs->passed[runs->passed_count++];
    *place = (struct tssb_chain_place){.run.held = distance};
    memcpy(place->ptr, ptr, TSSB_PTR_SIZE);
    return 0;
}

static const struct tssb_chain_place *known(const struct tssb_chain_runs *runs,
                                            const uint8_t ptr[TSSB_PTR_SIZE]) {
    const struct tssb_chain_place *place = runs->capacity ? place_of(runs, ptr) : NULL;
    return place && !tssb_ptr_is_end(place->ptr) ? place : NULL;
}

/* The walk is over: what it passed lies so far before its end. */
static int settle(struct tssb_chain_runs *runs, const struct tssb_chain_run *run) {
    int error = reserve(runs, runs->count + runs->passed_count);
    for (uint32_t i = 0; i < runs->passed_count && !error; i++) {
        struct tssb_chain_place *place = &runs->passed[i];
        place->run.held = run->held - place->run.held;
        memcpy(place->run.end, run->end, TSSB_PTR_SIZE);
        *place_of(runs, place->ptr) = *place;
        runs->count++;
    }
    runs->passed_count = 0;
    return error;
}

int tssb_chain_runs_find(struct tssb_chain_runs *runs, const uint8_t ptr[TSSB_PTR_SIZE],
                         struct tssb_chain_run *run) {
    uint8_t blob[TSSB_BLOB_SIZE];
    run->held = 0;
    memcpy(run->end, ptr, TSSB_PTR_SIZE);
    while (!tssb_ptr_is_end(run->end)) {
        if (hash_of(runs, run->end) % ONE_IN == 0) {
            const struct tssb_chain_place *place = known(runs, run->end);
            if (place) {
                run->held += place->run.held;
                memcpy(run->end, place->run.end, TSSB_PTR_SIZE);
                break;
            }
            if (note_passed(runs, run->end, run->held) != 0)
                return TSSB_E_MEMORY;
        }
        if (tssb_blobs_read(runs->blobs, run->end, blob) != 0)
            break;
        memcpy(run->end, tssb_blob_next(blob), TSSB_PTR_SIZE);
        run->held++;
    }
    return settle(runs, run);
}
