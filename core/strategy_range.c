/* Runs of entries, each asked for by one RANGE; several runs are under way at a time. What counts
 * as lost of the runs that are over is asked for by one further RANGE, the repair, which says what
 * waits in the stash already (request.h): the holder, who knows all DMX values, leaves that out. So
 * a round trip fills all gaps at once, which a node that cannot tell early entries apart could not
 * do with WANTs alone.
 *
 * PoC-01 peers do not answer a RANGE. So each repair is accompanied by a WANT for the first entry
 * that lacks; and where only WANTs are answered, the strategy goes on as `batch` does and tries a
 * RANGE again after a few intervals. */
#include "node.h"
#include "window.h"

enum {
    RUNS = 32,          /* that it keeps account of */
    RUNS_UNDER_WAY = 4, /* that make up the window */
    DOUBTS_MAX = 3,     /* after which it asks by WANT */
    DOUBT_INTERVALS = 8,
    PATIENCE = 2, /* tries that repeat the RANGE; further ones are a WANT alone */
};

/* Entries first .. last were asked for; `left` of them are still due. */
struct run {
    struct tssb_asked request;
    uint32_t first, last, left;
};

struct ranges {
    struct run runs[RUNS]; /* number n at n modulo RUNS */
    uint32_t oldest, next; /* numbers of runs: the oldest one under way, and of the next one */
    struct run repair;     /* the one under way; left 0 where there is none */
    struct tssb_asked asked_last; /* the entry after the front */
    struct tssb_asked want;
    uint32_t wanted;   /* the last entry asked for by WANT */
    uint32_t over;     /* of entries up to this one nothing is under way, but for the repair */
    uint32_t repaired; /* up to this one entries were asked for more than once */
    uint32_t doubts;   /* entries in a row that a WANT brought, and nothing came of a RANGE */
    bool by_want;      /* it asks by WANT, */
    uint64_t again_ns; /* until then */
};

static size_t state_size(const struct tssb_strategy_settings *settings) {
    return tssb_window_bytes(settings) + sizeof(struct ranges);
}

/* Its own state lies behind the window that it asks by WANT with. */
static struct ranges *ranges_of(struct tssb_node *node, uint32_t replica) {
    const struct tssb_window *window = tssb_window_of(node, replica);
    return (struct ranges *)(void *)((uint8_t *)tssb_node_replica_state(node, replica) +
                                     sizeof *window + window->capacity * sizeof *window->slots);
}

static uint32_t run_size(const struct tssb_node *node) {
    uint32_t size = tssb_node_window_size(node) / RUNS_UNDER_WAY;
    return size ? size : 1;
}

static struct tssb_window_way way_of(const struct tssb_node *node) {
    return (struct tssb_window_way){.ahead = tssb_node_window_size(node),
                                    .per_packet = tssb_window_packed(node),
                                    .fill = true,
                                    .patience = PATIENCE};
}

/* What is under way. */

static bool is_over(const struct run *run, uint64_t now_ns, uint64_t after_ns) {
    return run->left == 0 || now_ns >= run->request.sent_ns + after_ns;
}

/* Notes which runs are over. */
static void end_runs(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    struct ranges *ranges = ranges_of(node, replica);
    uint64_t after_ns = tssb_window_lost_after_ns(node, window);
    for (; ranges->oldest != ranges->next; ranges->oldest++) {
        struct run *run = &ranges->runs[ranges->oldest % RUNS];
        if (!is_over(run, now_ns, after_ns))
            break;
        run->left = 0;
        if (run->last > ranges->over)
            ranges->over = run->last;
    }
    if (is_over(&ranges->repair, now_ns, after_ns))
        ranges->repair.left = 0;
}

static uint32_t under_way(const struct ranges *ranges) {
    uint32_t count = ranges->repair.left;
    for (uint32_t n = ranges->oldest; n != ranges->next; n++)
        count += ranges->runs[n % RUNS].left;
    return count;
}

/* A packet came: it is taken for an answer to the oldest request, since answers come in the order
 * of requests but for what is lost. */
static void count_answer(struct ranges *ranges) {
    for (uint32_t n = ranges->oldest; n != ranges->next; n++) {
        struct run *run = &ranges->runs[n % RUNS];
        bool repair_first = ranges->repair.left &&
                            ranges->repair.request.sent_ns < run->request.sent_ns;
        if (run->left && !repair_first) {
            run->left--;
            return;
        }
    }
    if (ranges->repair.left)
        ranges->repair.left--;
}

/* Asking. */

/* times: how often the entry has been asked for with this, in whatever way. */
static void want(struct tssb_node *node, uint32_t replica, uint32_t seq, uint32_t times,
                 uint64_t now_ns) {
    struct ranges *ranges = ranges_of(node, replica);
    ranges->want = (struct tssb_asked){now_ns, times};
    ranges->wanted = seq;
    (void)tssb_node_want(node, replica, &seq, 1, now_ns);
}

/* A new run, of entries that were not asked for before. */
static void ask_run(struct tssb_node *node, uint32_t replica, uint32_t size, uint64_t now_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    struct ranges *ranges = ranges_of(node, replica);
    struct run *run = &ranges->runs[ranges->next++ % RUNS];
    *run = (struct run){.request = {now_ns, 1},
                        .first = window->asked + 1,
                        .last = window->asked + size,
                        .left = size};
    window->asked = run->last;
    if (run->first == node->replicas[replica].front_seq + 1)
        ranges->asked_last = run->request;
    tssb_node_range(node, replica, run->first, (uint16_t)size, false);
}

/* Whether the replica is still worth asking for. */
static bool repair(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    struct ranges *ranges = ranges_of(node, replica);
    uint32_t front = node->replicas[replica].front_seq, size = ranges->over - front;
    uint32_t early = node->extras->stash.count;
    uint32_t times = ranges->repair.first == front + 1 ? ranges->repair.request.times + 1 : 2;
    if (!tssb_window_missed(node, window, &ranges->asked_last))
        return false;
    ranges->asked_last = (struct tssb_asked){now_ns, times};
    ranges->repair = (struct run){.request = ranges->asked_last,
                                  .first = front + 1,
                                  .last = ranges->over,
                                  .left = size > early ? size - early : 1};
    ranges->repaired = ranges->over > ranges->repaired ? ranges->over : ranges->repaired;
    if (window->misses <= PATIENCE)
        tssb_node_range(node, replica, front + 1, (uint16_t)size, true);
    want(node, replica, front + 1, times, now_ns);
    return true;
}

/* How many entries a further run may have: none where the window is full, where so much is ahead
 * that the stash could not keep it, or where nothing comes in. */
static uint32_t room_for_run(struct tssb_node *node, uint32_t replica) {
    const struct tssb_window *window = tssb_window_of(node, replica);
    const struct ranges *ranges = ranges_of(node, replica);
    uint32_t front = node->replicas[replica].front_seq, size = run_size(node);
    uint32_t ahead = window->asked - front;
    if ((window->probing && ahead > 0) || window->misses > 0 ||
        under_way(ranges) + size > tssb_node_window_size(node) || ahead + size > window->capacity ||
        ranges->next - ranges->oldest == RUNS)
        return 0;
    return size < UINT32_MAX - window->asked ? size : UINT32_MAX - window->asked;
}

static void set_timer(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    const struct ranges *ranges = ranges_of(node, replica);
    uint64_t since_ns = ranges->repair.left ? ranges->repair.request.sent_ns : now_ns;
    if (ranges->oldest != ranges->next) {
        const struct run *run = &ranges->runs[ranges->oldest % RUNS];
        since_ns = run->request.sent_ns < since_ns ? run->request.sent_ns : since_ns;
    }
    tssb_node_set_timer(node, replica,
                        since_ns + tssb_window_lost_after_ns(node, tssb_window_of(node, replica)));
}

/* WANTs are answered, and RANGEs are not. */
static void ask_by_want(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct ranges *ranges = ranges_of(node, replica);
    struct tssb_window *window = tssb_window_of(node, replica);
    const struct tssb_window_way way = way_of(node);
    uint32_t front = node->replicas[replica].front_seq, asked = window->asked;
    ranges->again_ns = now_ns + DOUBT_INTERVALS * node->config->asking.interval_ns;
    ranges->doubts = DOUBTS_MAX - 1; /* next time, one RANGE in vain is enough */
    ranges->by_want = true;
    window->asked = front;
    tssb_window_timeout(node, replica, now_ns, &way);
    tssb_window_asked_before(window, front, asked);
}

/* An open window: ends what is over, repairs, and goes on. */
static void ask(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    struct ranges *ranges = ranges_of(node, replica);
    uint32_t front = node->replicas[replica].front_seq, size;
    window->patience = PATIENCE;
    if (window->asked < front)
        window->asked = front;
    end_runs(node, replica, now_ns);
    if (ranges->doubts >= DOUBTS_MAX) {
        ask_by_want(node, replica, now_ns);
        return;
    }
    if (front == UINT32_MAX ||
        (ranges->over > front && ranges->repair.left == 0 && !repair(node, replica, now_ns))) {
        tssb_window_close(node, replica, now_ns);
        return;
    }
    while ((size = room_for_run(node, replica)) > 0)
        ask_run(node, replica, size, now_ns);
    set_timer(node, replica, now_ns);
}

/* What the node calls. */

static void forget_runs(struct tssb_node *node, uint32_t replica) {
    struct ranges *ranges = ranges_of(node, replica);
    uint32_t front = node->replicas[replica].front_seq;
    for (uint32_t i = 0; i < RUNS; i++)
        ranges->runs[i] = (struct run){.left = 0}; /* of no entry at all */
    ranges->oldest = ranges->next;
    ranges->repair.left = 0;
    ranges->over = ranges->repaired = front;
    tssb_window_of(node, replica)->asked = front;
}

/* Whether it still asks by WANT. What it has asked for so is under way when it no longer does, as
 * if it were a run. */
static bool asks_by_want(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct ranges *ranges = ranges_of(node, replica);
    uint32_t front = node->replicas[replica].front_seq;
    uint32_t asked = tssb_window_of(node, replica)->asked;
    if (!ranges->by_want || now_ns < ranges->again_ns)
        return ranges->by_want;
    ranges->by_want = false;
    forget_runs(node, replica);
    if (asked > front) {
        ranges->runs[ranges->next++ % RUNS] = (struct run){
            .request = {now_ns, 2}, .first = front + 1, .last = asked, .left = asked - front};
        ranges->repaired = tssb_window_of(node, replica)->asked = asked;
    }
    return false;
}

/* A closed window asks for one entry, by WANT, which all peers understand. */
static void poll(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    uint32_t front = node->replicas[replica].front_seq;
    forget_runs(node, replica);
    if (front != UINT32_MAX)
        want(node, replica, front + 1, 1, now_ns);
    tssb_node_set_timer(node, replica, now_ns + node->config->asking.interval_ns);
}

/* At the start it is likely that much is missing, and a run costs no more than a WANT. */
static void start(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    if (asks_by_want(node, replica, now_ns)) {
        tssb_window_start(node, replica, now_ns);
        return;
    }
    tssb_window_probe(window);
    forget_runs(node, replica);
    ask(node, replica, now_ns);
}

/* The run that an entry was asked for in; NULL where it was in none of the last ones. */
static struct run *run_of(struct ranges *ranges, uint32_t seq) {
    for (uint32_t n = ranges->next, i = 0; i < RUNS && n > 0; i++) {
        struct run *run = &ranges->runs[--n % RUNS];
        if (seq >= run->first && seq <= run->last)
            return run;
    }
    return NULL;
}

static void appended(struct tssb_node *node, uint32_t replica, uint64_t arrived_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    struct ranges *ranges = ranges_of(node, replica);
    uint32_t seq = node->replicas[replica].front_seq;
    if (ranges->by_want) {
        (void)tssb_window_appended(node, replica, arrived_ns);
        return;
    }
    window->misses = 0;
    struct run *run = run_of(ranges, seq);
    if (seq == ranges->wanted) {
        ranges->doubts += run != NULL;
        (void)tssb_window_answered(node, replica, &ranges->want, arrived_ns);
    } else if (run) {
        const struct tssb_asked request = {run->request.sent_ns,
                                           run->request.times + (seq <= ranges->repaired)};
        ranges->doubts = 0;
        (void)tssb_window_answered(node, replica, &request, arrived_ns);
    }
}

static void go_on(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    if (tssb_window_of(node, replica)->open)
        ask(node, replica, now_ns);
    else
        poll(node, replica, now_ns);
}

static void settled(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    const struct tssb_window_way way = way_of(node);
    if (asks_by_want(node, replica, now_ns)) {
        tssb_window_settled(node, replica, now_ns, &way);
        return;
    }
    count_answer(ranges_of(node, replica));
    go_on(node, replica, now_ns);
}

/* An early packet is a sign that RANGEs are answered: of WANTs there is but one under way. */
static void early(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    struct ranges *ranges = ranges_of(node, replica);
    const struct tssb_window_way way = way_of(node);
    if (asks_by_want(node, replica, now_ns)) {
        tssb_window_early(node, replica, now_ns, &way);
        return;
    }
    if (!window->open)
        return;
    if (window->probing)
        (void)tssb_window_answered(node, replica, &ranges->asked_last, now_ns);
    ranges->doubts = 0;
    count_answer(ranges);
    ask(node, replica, now_ns);
}

static void timeout(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    const struct tssb_window_way way = way_of(node);
    if (asks_by_want(node, replica, now_ns))
        tssb_window_timeout(node, replica, now_ns, &way);
    else
        go_on(node, replica, now_ns);
}

const struct tssb_strategy tssb_strategy_range = {
    .name = "range",
    .uses = TSSB_USES_SIZE | TSSB_USES_PACKET_SIZE | TSSB_USES_TIMEOUTS,
    .size = 32,
    .replica_size = state_size,
    .start = start,
    .appended = appended,
    .settled = settled,
    .early = early,
    .timeout = timeout,
};
