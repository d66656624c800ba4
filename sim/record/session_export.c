/* The format is that of fuzz/shared/session.h: 4 bytes that choose the node, then steps of 5 bytes,
 * OP FACE A B SIZE, and SIZE more. The simulator cannot include what is built upon it, so the few
 * numbers stand here again. */
#include "session_export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/posix/text.h"
#include "core/request.h"
#include "core/strategy.h"
#include "sim/fate.h"
#include "sim/scenario/scenario.h"

enum session_op {
    STEP_ENTRY = 0,
    STEP_WANT = 2,
    STEP_RANGE = 3,
    STEP_BYTES = 6,
    STEP_APPEND = 8,
    STEP_TIME = 11,
    STEP_RESTART = 12,
};

enum {
    WAY_DAMAGED = 1 << 2,
    OWN = 0,
    OTHER = 1,
    SESSION_HEAD = 4,
    STEPS_MAX = 200, /* what the target plays of an input */
    STEP_SIZE_MAX = 5 + TSSB_PACKET_SIZE,
    WIPE_LOSES = 3, /* entries, at most, that a restart may have lost */
    TEXT_SIZE = 7,  /* of what authors write: "entry 1" */
};

#define TICK_NS UINT64_C(10000000) /* STEP_TIME A is 2^A of these */

struct session {
    uint8_t *bytes; /* the steps; NULL before the first */
    size_t size;
    uint32_t steps;
    uint32_t fronts[2]; /* of the node's own feed, and of the one that it follows */
    uint32_t feeds[2];  /* FEED_NONE: none */
    uint64_t now_ns;
    uint32_t front_before; /* of the followed feed, when the present packet came in */
};

struct session_export {
    struct observer observer;
    struct world *world;
    const char *folder; /* borrowed */
    struct session *sessions;
    bool failed; /* memory ran out */
};

struct step {
    enum session_op op;
    uint8_t face, a, b, more_size;
    const uint8_t *more;
};

static struct session_export *of(struct observer *observer) {
    return (struct session_export *)(void *)observer;
}

static void put(struct session_export *sessions, struct session *session, const struct step *step) {
    const uint8_t head[] = {(uint8_t)step->op, step->face, step->a, step->b, step->more_size};
    if (session->steps == STEPS_MAX || sessions->failed)
        return;
    if (!session->bytes)
        session->bytes = malloc((size_t)STEPS_MAX * STEP_SIZE_MAX);
    if (!session->bytes) {
        sessions->failed = true;
        return;
    }
    memcpy(session->bytes + session->size, head, sizeof head);
    if (step->more_size)
        memcpy(session->bytes + session->size + sizeof head, step->more, step->more_size);
    session->size += sizeof head + step->more_size;
    session->steps++;
}

/* Lets the time pass that has passed, in a few steps that are powers of two. */
static void pass_time(struct session_export *sessions, struct session *session, uint64_t now_ns) {
    enum { STEPS = 3, MAGNITUDES = 12 };
    for (int i = 0; i < STEPS && now_ns - session->now_ns >= TICK_NS; i++) {
        uint8_t magnitude = 0;
        while (magnitude + 1 < MAGNITUDES && TICK_NS << (magnitude + 1) <= now_ns - session->now_ns)
            magnitude++;
        put(sessions, session, &(struct step){.op = STEP_TIME, .a = magnitude});
        session->now_ns += TICK_NS << magnitude;
    }
    session->now_ns = now_ns;
}

/* Which of the two feeds; -1: neither. */
static int side_of(const struct session *session, uint32_t feed) {
    for (int side = OWN; side <= OTHER; side++)
        if (feed != FEED_NONE && session->feeds[side] == feed)
            return side;
    return -1;
}

/* Packets. */

static bool put_entry(struct session_export *sessions, struct session *session,
                      const struct sighting *sighting) {
    int64_t ahead = (int64_t)sighting->seq - 1 - session->front_before;
    struct step step = {
        .op = STEP_ENTRY, .face = (uint8_t)(sighting->face & 3), .a = (uint8_t)ahead};
    if (side_of(session, sighting->feed) != OTHER || ahead < -128 || ahead > 127)
        return false;
    if (sighting->fate == FATE_DAMAGED || sighting->fate == TSSB_FATE_REFUSED)
        step.face |= WAY_DAMAGED;
    put(sessions, session, &step);
    return true;
}

static bool put_request(struct session_export *sessions, struct session *session,
                        const struct sighting *sighting) {
    struct tssb_range range;
    uint8_t credit = 1;
    int side = side_of(session, sighting->feed);
    if (side < 0 || sighting->fate == FATE_DAMAGED)
        return false;
    uint32_t front = side == OTHER ? session->front_before : session->fronts[OWN];
    int64_t back = (int64_t)front + 2 - sighting->seq;
    if (back < 0 || back > UINT8_MAX)
        return false;
    bool is_range = sighting->kind == TSSB_PACKET_RANGE;
    if (is_range && tssb_range_decode(sighting->bytes, sighting->size_bytes, &range) == 0)
        credit = range.credit < UINT8_MAX ? (uint8_t)range.credit : UINT8_MAX;
    put(sessions, session,
        &(struct step){.op = is_range ? STEP_RANGE : STEP_WANT,
                       .face = (uint8_t)(sighting->face & 3),
                       .a = (uint8_t)side,
                       .b = (uint8_t)back,
                       .more_size = is_range,
                       .more = &credit});
    return true;
}

static void put_bytes(struct session_export *sessions, struct session *session,
                      const struct sighting *sighting) {
    put(sessions, session,
        &(struct step){.op = STEP_BYTES,
                       .face = (uint8_t)(sighting->face & 3),
                       .more_size = (uint8_t)sighting->size_bytes,
                       .more = sighting->bytes});
}

static void on_receiving(struct observer *observer, const struct sighting *sighting) {
    struct session *session = &of(observer)->sessions[sighting->to_node];
    session->front_before = session->fronts[OTHER];
}

static void on_received(struct observer *observer, const struct sighting *sighting) {
    struct session_export *sessions = of(observer);
    struct session *session = &sessions->sessions[sighting->to_node];
    bool done = false;
    if (!sighting->reached)
        return;
    pass_time(sessions, session, sighting->at_ns);
    if (sighting->kind == TSSB_PACKET_ENTRY)
        done = put_entry(sessions, session, sighting);
    else if (sighting->kind == TSSB_PACKET_WANT || sighting->kind == TSSB_PACKET_RANGE)
        done = put_request(sessions, session, sighting);
    if (!done)
        put_bytes(sessions, session, sighting);
}

/* What else happens. */

static void on_appended(struct observer *observer, const struct arrival *arrival) {
    struct session_export *sessions = of(observer);
    struct session *session = &sessions->sessions[arrival->node];
    int side = side_of(session, arrival->feed);
    if (side < 0)
        return;
    session->fronts[side]++;
    if (side != OWN)
        return;
    pass_time(sessions, session, arrival->at_ns);
    put(sessions, session, &(struct step){.op = STEP_APPEND, .b = TEXT_SIZE});
}

static void on_fault(struct observer *observer, uint64_t at_ns, const struct fault *fault) {
    struct session_export *sessions = of(observer);
    if (fault->kind != FAULT_CRASH && fault->kind != FAULT_WIPE)
        return;
    for (uint32_t i = 0; i < fault->nodes.count; i++) {
        struct session *session = &sessions->sessions[fault->nodes.nodes[i]];
        uint32_t *front = &session->fronts[OTHER];
        uint8_t lost = fault->kind == FAULT_WIPE ? WIPE_LOSES : 0;
        pass_time(sessions, session, at_ns);
        put(sessions, session, &(struct step){.op = STEP_RESTART, .a = lost});
        *front = *front > lost ? *front - lost : 0;
    }
}

/* The whole. */

static int make_folder(const char *folder, char **error) {
    if (mkdir(folder, 0777) == 0 || errno == EEXIST)
        return 0;
    return tssb_fail(error, 3, "%s: cannot be made: %s", folder, strerror(errno));
}

static uint32_t feed_by(const struct world *world, uint32_t author) {
    for (uint32_t feed = 0; feed < world_feed_count(world); feed++)
        if (world_feed_author(world, feed) == author)
            return feed;
    return FEED_NONE;
}

int session_export_open(struct session_export **opened, struct world *world, const char *folder,
                        char **error) {
    uint32_t nodes = world_scenario(world)->node_count;
    struct session_export *sessions = *opened = calloc(1, sizeof *sessions);
    *error = NULL;
    if (!sessions || !(sessions->sessions = calloc(nodes, sizeof *sessions->sessions)))
        return 3;
    sessions->observer = (struct observer){.wants_packets = true,
                                           .receiving = on_receiving,
                                           .received = on_received,
                                           .appended = on_appended,
                                           .fault = on_fault};
    sessions->world = world;
    sessions->folder = folder;
    for (uint32_t i = 0; i < nodes; i++) {
        sessions->sessions[i].feeds[OWN] = feed_by(world, i);
        sessions->sessions[i].feeds[OTHER] = world_followed(world, i, 0);
    }
    return make_folder(folder, error);
}

void session_export_close(struct session_export *sessions) {
    if (!sessions)
        return;
    for (uint32_t i = 0; sessions->sessions && i < world_scenario(sessions->world)->node_count; i++)
        free(sessions->sessions[i].bytes);
    free(sessions->sessions);
    free(sessions);
}

struct observer *session_export_observer(struct session_export *sessions) {
    return &sessions->observer;
}

/* The bytes that make the target's node such a one. */
static void write_head(const struct strategy_settings *settings, bool serve,
                       uint8_t head[SESSION_HEAD]) {
    uint8_t strategy = 0;
    while (tssb_strategies[strategy] != settings->strategy)
        strategy++;
    head[0] = strategy;
    head[1] = (uint8_t)((settings->asking.size < 15 ? settings->asking.size : 15) |
                        (settings->asking.packet_size > TSSB_ENTRY_SIZE ? 16 : 0) |
                        (settings->asking.stash ? 32 : 0) | (serve ? 0 : 128));
    head[2] = (uint8_t)(settings->forward | (settings->backoff_ns ? 4 : 0) |
                        (settings->suppress_ns ? 8 : 0));
    head[3] = 0;
}

static int write_session(const struct session_export *sessions, uint32_t node, char **error) {
    const struct scenario *scenario = world_scenario(sessions->world);
    const struct session *session = &sessions->sessions[node];
    const struct node_group *group = scenario_group(scenario, node);
    char name[NODE_NAME_SIZE];
    uint8_t head[SESSION_HEAD];
    write_head(&group->strategy, group->serve, head);
    char *path = tssb_text("%s/%s-%" PRIu64 "-%s", sessions->folder, scenario->name, scenario->seed,
                           scenario_node_name(scenario, node, name, sizeof name));
    if (!path)
        return 3;
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(head, 1, sizeof head, file) == sizeof head &&
                fwrite(session->bytes, 1, session->size, file) == session->size;
    if (file && fclose(file) != 0)
        good = false;
    int status = good ? 0 : tssb_fail(error, 3, "%s: cannot be written: %s", path, strerror(errno));
    free(path);
    return status;
}

int session_export_write(const struct session_export *sessions, char **error) {
    int status = sessions->failed ? 3 : 0;
    *error = NULL;
    for (uint32_t i = 0; i < world_scenario(sessions->world)->node_count && !status; i++)
        if (sessions->sessions[i].steps > 0 &&
            !scenario_group(world_scenario(sessions->world), i)->bridge)
            status = write_session(sessions, i, error);
    return status;
}
