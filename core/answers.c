/* An array that is looked through: a few answers wait at a time, and each packet that is overheard
 * is compared with all of them. */
#include "answers.h"

/* Who leads answers within this part of the backoff; that lasts for so many backoffs without a
 * request. */
enum { LEADER_PART = 8, LEADS_FOR = 8 };

void tssb_answers_close(struct tssb_answers *answers, const struct tssb_mem *mem) {
    void *list = answers->list;
    tssb_mem_release(mem, &list, &answers->capacity, sizeof *answers->list);
    *answers = (struct tssb_answers){0};
}

void tssb_answers_clear(struct tssb_answers *answers) {
    answers->count = 0;
}

static bool before(const struct tssb_answer *a, const struct tssb_answer *b) {
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns;
    if (a->replica != b->replica)
        return a->replica < b->replica;
    return a->seq != b->seq ? a->seq < b->seq : a->face < b->face;
}

/* The one that is due first; NULL where none waits. */
static struct tssb_answer *first_of(const struct tssb_answers *answers) {
    struct tssb_answer *first = NULL;
    for (uint32_t i = 0; i < answers->count; i++)
        if (!first || before(&answers->list[i], first))
            first = &answers->list[i];
    return first;
}

static void note_next(struct tssb_answers *answers) {
    const struct tssb_answer *first = first_of(answers);
    answers->next_ns = first ? first->at_ns : TSSB_NEVER;
}

static void take_off(struct tssb_answers *answers, struct tssb_answer *answer) {
    *answer = answers->list[--answers->count];
    note_next(answers);
}

enum tssb_put_off tssb_answers_put(struct tssb_answers *answers, const struct tssb_mem *mem,
                                   const struct tssb_answer *answer) {
    for (uint32_t i = 0; i < answers->count; i++) {
        const struct tssb_answer *other = &answers->list[i];
        if (other->replica == answer->replica && other->seq == answer->seq &&
            other->face == answer->face)
            return TSSB_PUT_OFF_ALREADY;
    }
    if (answers->count == TSSB_ANSWERS_MAX)
        return TSSB_PUT_OFF_NO_ROOM;
    void *list = answers->list;
    int error = tssb_mem_grow(mem, &list, &answers->capacity, answers->count + 1,
                              sizeof *answers->list);
    answers->list = list;
    if (error)
        return TSSB_PUT_OFF_NO_ROOM;
    answers->list[answers->count++] = *answer;
    note_next(answers);
    return TSSB_PUT_OFF;
}

uint64_t tssb_answers_when(const struct tssb_answers *answers, uint32_t replica, uint32_t face,
                           const struct tssb_answers_chance *chance) {
    uint64_t now_ns = chance->now_ns, half_ns = chance->backoff_ns / 2, latest_ns = 0;
    for (uint32_t i = 0; i < answers->count; i++) {
        const struct tssb_answer *answer = &answers->list[i];
        if (answer->replica == replica && answer->face == face && answer->at_ns > latest_ns)
            latest_ns = answer->at_ns;
    }
    if (latest_ns)
        return latest_ns;
    if (answers->led_face == face && now_ns < answers->led_until_ns)
        return now_ns + chance->random % (chance->backoff_ns / LEADER_PART + 1);
    if (answers->followed_face == face && now_ns < answers->followed_until_ns)
        return now_ns + half_ns + chance->random % (half_ns + 1);
    return now_ns + chance->random % chance->backoff_ns;
}

/* Somebody else gave what this node gave too. */
static void contest(struct tssb_answers *answers, const struct tssb_answers_chance *chance) {
    if (chance->now_ns < answers->contested_until_ns)
        return;
    answers->contested_until_ns = chance->now_ns + chance->backoff_ns;
    if (chance->random >> 63)
        answers->led_until_ns = 0;
}

static bool gave(const struct tssb_answers *answers, tssb_dmx dmx, uint32_t face) {
    for (uint32_t i = 0; i < TSSB_ANSWERS_GIVEN; i++)
        if (answers->given[i] == dmx)
            return answers->led_face == face;
    return false;
}

bool tssb_answers_overheard(struct tssb_answers *answers, tssb_dmx dmx, uint32_t face,
                            const struct tssb_answers_chance *chance) {
    uint64_t half_ns = chance->backoff_ns / 2;
    uint64_t later_ns = chance->now_ns + half_ns + chance->random % (half_ns + 1);
    uint32_t at = 0;
    if (gave(answers, dmx, face))
        contest(answers, chance);
    while (at < answers->count && (answers->list[at].dmx != dmx || answers->list[at].face != face))
        at++;
    if (at == answers->count)
        return false;
    uint32_t replica = answers->list[at].replica;
    answers->led_until_ns = 0;
    answers->followed_face = face;
    answers->followed_until_ns = chance->now_ns + LEADS_FOR * chance->backoff_ns;
    for (uint32_t i = 0; i < answers->count; i++) {
        struct tssb_answer *other = &answers->list[i];
        if (other->replica == replica && other->face == face && other->at_ns < later_ns)
            other->at_ns = later_ns;
    }
    take_off(answers, &answers->list[at]);
    return true;
}

bool tssb_answers_take(struct tssb_answers *answers, uint64_t now_ns, struct tssb_answer *answer) {
    if (tssb_answers_next(answers) > now_ns || answers->count == 0)
        return false;
    struct tssb_answer *first = first_of(answers);
    *answer = *first;
    take_off(answers, first);
    return true;
}

void tssb_answers_gave(struct tssb_answers *answers, const struct tssb_answer *answer,
                       uint64_t now_ns, uint64_t backoff_ns) {
    answers->given[answers->given_next] = answer->dmx;
    answers->given_next = (answers->given_next + 1) % TSSB_ANSWERS_GIVEN;
    answers->led_face = answer->face;
    answers->led_until_ns = now_ns + LEADS_FOR * backoff_ns;
}
