/* Interests, against a list: at most one for each replica and face, the lowest face first, none
 * that has run out; where there is no room, the one that would run out first gives way. */
#include "fuzz.h"

#include "core/check.h"
#include "core/interests.h"
#include "core/mem.h"

enum { FACES = 256, REPLICAS = 4 };

/* Until when each lasts; 0: there is none. */
static uint64_t until_ns[REPLICAS][FACES];

static uint32_t count_all(void) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < REPLICAS * FACES; i++)
        count += (&until_ns[0][0])[i] > 0;
    return count;
}

/* Of those that run out at one moment, whichever the structure chose. */
static void put(struct tssb_interests *interests, const struct tssb_interest *interest) {
    uint64_t *place = &until_ns[interest->replica][interest->face], first_ns = UINT64_MAX;
    bool full = *place == 0 && count_all() == TSSB_INTERESTS_MAX;
    for (uint32_t i = 0; i < REPLICAS * FACES; i++)
        if ((&until_ns[0][0])[i] > 0 && (&until_ns[0][0])[i] < first_ns)
            first_ns = (&until_ns[0][0])[i];
    tssb_interests_put(interests, &tssb_mem_libc, interest);
    memset(until_ns, 0, sizeof until_ns);
    uint64_t left_ns = UINT64_MAX;
    for (uint32_t i = 0; i < interests->count; i++) {
        const struct tssb_interest *item = &interests->list[i];
        uint64_t *until = &until_ns[item->replica][item->face];
        TSSB_CHECK(*until == 0);
        *until = item->until_ns;
        if (place != until && *until < left_ns)
            left_ns = *until;
    }
    TSSB_CHECK(*place == interest->until_ns && (!full || left_ns >= first_ns));
}

static void take(struct tssb_interests *interests, uint32_t replica, uint64_t now_ns) {
    uint32_t face, due = 0;
    for (uint32_t i = 0; i < REPLICAS * FACES; i++)
        if ((&until_ns[0][0])[i] <= now_ns)
            (&until_ns[0][0])[i] = 0;
    while (due < FACES && until_ns[replica][due] == 0)
        due++;
    TSSB_CHECK(tssb_interests_take(interests, replica, now_ns, &face) == (due < FACES));
    if (due == FACES)
        return;
    TSSB_CHECK(face == due);
    until_ns[replica][due] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct tssb_interests interests = {0};
    uint64_t now_ns = 1;
    memset(until_ns, 0, sizeof until_ns);
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input), face = fuzz_byte(&input);
        struct tssb_interest interest = {now_ns + 1 + what / 8, what % REPLICAS, face};
        if (what < 192)
            put(&interests, &interest);
        else
            take(&interests, interest.replica, now_ns += face % 16);
        TSSB_CHECK(interests.count == count_all() && interests.count <= TSSB_INTERESTS_MAX);
    }
    tssb_interests_close(&interests, &tssb_mem_libc);
    return 0;
}
