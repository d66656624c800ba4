/* A short array; few faces ask for few feeds. */
#include "interests.h"

void tssb_interests_close(struct tssb_interests *interests, const struct tssb_mem *mem) {
    void *list = interests->list;
    tssb_mem_release(mem, &list, &interests->capacity, sizeof *interests->list);
    *interests = (struct tssb_interests){0};
}

static struct tssb_interest *place_for(struct tssb_interests *interests, const struct tssb_mem *mem,
                                       const struct tssb_interest *wanted) {
    struct tssb_interest *first = interests->list;
    for (uint32_t i = 0; i < interests->count; i++) {
        struct tssb_interest *interest = &interests->list[i];
        if (interest->replica == wanted->replica && interest->face == wanted->face)
            return interest;
        if (interest->until_ns < first->until_ns)
            first = interest;
    }
    if (interests->count == TSSB_INTERESTS_MAX)
        return first;
    void *list = interests->list;
    int error = tssb_mem_grow(mem, &list, &interests->capacity, interests->count + 1,
                              sizeof *interests->list);
    interests->list = list;
    return error ? NULL : &interests->list[interests->count++];
}

void tssb_interests_put(struct tssb_interests *interests, const struct tssb_mem *mem,
                        const struct tssb_interest *interest) {
    struct tssb_interest *place = place_for(interests, mem, interest);
    if (place)
        *place = *interest;
}

static void drop_what_ran_out(struct tssb_interests *interests, uint64_t now_ns) {
    for (uint32_t i = interests->count; i > 0; i--)
        if (interests->list[i - 1].until_ns <= now_ns)
            interests->list[i - 1] = interests->list[--interests->count];
}

bool tssb_interests_take(struct tssb_interests *interests, uint32_t replica, uint64_t now_ns,
                         uint32_t *face) {
    struct tssb_interest *first = NULL;
    drop_what_ran_out(interests, now_ns);
    for (uint32_t i = 0; i < interests->count; i++) {
        struct tssb_interest *interest = &interests->list[i];
        if (interest->replica == replica && (!first || interest->face < first->face))
            first = interest;
    }
    if (!first)
        return false;
    *face = first->face;
    *first = interests->list[--interests->count];
    return true;
}
