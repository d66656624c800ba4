/* Answers that wait for their time (backoff): each is dropped where another node is heard giving it
 * first. On a shared medium all holders hear a request, and one answer is enough; the idea is that
 * of SRM's repair timers (Floyd, Jacobson, Liu, McCanne, Zhang 1997). */
#ifndef TSSB_ANSWERS_H
#define TSSB_ANSWERS_H

#include "mem.h"
#include "types.h"

enum { TSSB_ANSWERS_MAX = 256, TSSB_ANSWERS_GIVEN = 8 };

struct tssb_answer {
    uint64_t at_ns;
    tssb_dmx dmx; /* of the entry */
    uint32_t replica, seq;
    uint32_t face;
};

/* A zeroed one is empty. One node after another comes to lead on a medium: it answers at once, and
 * the others wait long enough to hear it do so. That is whoever answered last, until somebody else
 * is heard giving the same answer; then a coin decides whether it still leads. */
struct tssb_answers {
    struct tssb_answer *list; /* in no order: a few are looked through by time, and by DMX */
    uint32_t count, capacity;
    uint64_t next_ns;                   /* of the first that is due, where there is one */
    tssb_dmx given[TSSB_ANSWERS_GIVEN]; /* the last ones that went out */
    uint32_t given_next;
    uint32_t led_face, followed_face; /* where this node leads, and where another one does */
    uint64_t led_until_ns, followed_until_ns;
    uint64_t contested_until_ns; /* before that no further coin is thrown */
};

/* The moment, the backoff, and 64 random bits: what a decision takes. */
struct tssb_answers_chance {
    uint64_t now_ns, backoff_ns, random;
};

void tssb_answers_close(struct tssb_answers *answers, const struct tssb_mem *mem);

/* Drops all that wait. */
void tssb_answers_clear(struct tssb_answers *answers);

/* What became of an answer that was to be put off. */
enum tssb_put_off { TSSB_PUT_OFF, TSSB_PUT_OFF_ALREADY, TSSB_PUT_OFF_NO_ROOM };

/* Puts an answer off until its time; one that waits already (same replica, seq and face) stays as
 * it is. No room: TSSB_ANSWERS_MAX wait, or memory ran out. */
enum tssb_put_off tssb_answers_put(struct tssb_answers *answers, const struct tssb_mem *mem,
                                   const struct tssb_answer *answer);

/* When to answer a request for an entry of the replica that came in through the face: with those
 * that wait for the same, so that a burst of requests is answered in one go and in order; otherwise
 * after a random time below the backoff, a short one for who leads, a long one for who follows. */
uint64_t tssb_answers_when(const struct tssb_answers *answers, uint32_t replica, uint32_t face,
                           const struct tssb_answers_chance *chance);

/* An entry of this DMX was heard on a face. Takes the same answer off, and puts off further what
 * waits for the same replica and face: whoever gave this one gives those too. Returns whether there
 * was such an answer. */
bool tssb_answers_overheard(struct tssb_answers *answers, tssb_dmx dmx, uint32_t face,
                            const struct tssb_answers_chance *chance);

/* Takes off the answer that is due first, if it is due by now. Those of one moment leave by
 * sequence number. */
bool tssb_answers_take(struct tssb_answers *answers, uint64_t now_ns, struct tssb_answer *answer);

/* The answer went out: the node leads on its face. */
void tssb_answers_gave(struct tssb_answers *answers, const struct tssb_answer *answer,
                       uint64_t now_ns, uint64_t backoff_ns);

/* When the next one is due; TSSB_NEVER where none waits. */
static inline uint64_t tssb_answers_next(const struct tssb_answers *answers) {
    return answers->count ? answers->next_ns : TSSB_NEVER;
}

#endif
