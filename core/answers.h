/* Answers that wait for their time (backoff): each is dropped where another node is heard giving it
 * first. On a shared medium all holders hear a request, and one answer is enough; the idea is that
 * of SRM's repair timers (Floyd, Jacobson, Liu, McCanne, Zhang 1997). */
#ifndef TSSB_ANSWERS_H
#define TSSB_ANSWERS_H

#include "mem.h"
#include "types.h"

enum { TSSB_ANSWERS_MAX = 256, TSSB_ANSWERS_SENT = 8 };

struct tssb_answer {
    uint64_t at_ns;
    tssb_dmx dmx; /* of the entry */
    uint32_t replica, seq;
    uint32_t face;
};

/* A zeroed one is empty. */
struct tssb_answers {
    struct tssb_answer *list; /* in no order: a heap would not be found through by DMX */
    uint32_t count, capacity;
    uint64_t next_ns; /* of the first that is due; TSSB_NEVER where none is, once there was one */
    /* The last ones that went out. As long as nobody else is heard giving the same, this node leads
     * on that face: it answers first, so that the others need not. */
    tssb_dmx sent[TSSB_ANSWERS_SENT];
    uint32_t sent_next;
    uint32_t led_face;
    uint64_t led_until_ns;
};

void tssb_answers_close(struct tssb_answers *answers, const struct tssb_mem *mem);

/* What became of an answer that was to be put off. */
enum tssb_put_off { TSSB_PUT_OFF, TSSB_PUT_OFF_ALREADY, TSSB_PUT_OFF_NO_ROOM };

/* Puts an answer off until its time; one that waits already (same replica, seq and face) stays as
 * it is. No room: TSSB_ANSWERS_MAX wait, or memory ran out. */
enum tssb_put_off tssb_answers_put(struct tssb_answers *answers, const struct tssb_mem *mem,
                                   const struct tssb_answer *answer);

/* When the answers for the same replica and face that wait are due, the latest of them; 0 where
 * none waits. A burst of requests is answered in one go and in order. */
uint64_t tssb_answers_burst_ns(const struct tssb_answers *answers, uint32_t replica, uint32_t face);

/* An entry of this DMX was heard on a face. Takes the same answer off, and puts those of the same
 * replica and face that wait with it off until at least later_ns: whoever gave this one gives them
 * too. Returns whether there was one. Where it is one that this node gave, it leads no longer. */
bool tssb_answers_overheard(struct tssb_answers *answers, tssb_dmx dmx, uint32_t face,
                            uint64_t later_ns);

/* Whether this node leads on a face. */
bool tssb_answers_leads(const struct tssb_answers *answers, uint32_t face, uint64_t now_ns);

/* Takes off the answer that is due first, if it is due by now. Those of one moment leave by
 * sequence number. */
bool tssb_answers_take(struct tssb_answers *answers, uint64_t now_ns, struct tssb_answer *answer);

/* The answer went out; the node leads on its face until then. */
void tssb_answers_gave(struct tssb_answers *answers, const struct tssb_answer *answer,
                       uint64_t until_ns);

/* When the next one is due; TSSB_NEVER where none waits. */
static inline uint64_t tssb_answers_next(const struct tssb_answers *answers) {
    return answers->count ? answers->next_ns : TSSB_NEVER;
}

#endif
