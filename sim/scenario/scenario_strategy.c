/* `strategy`: how nodes ask, answer and pass on. What the strategy that is chosen makes no use of
 * is refused, so that nobody compares runs that do not differ. */
#include "scenario_reader.h"

#include <string.h>

#include "core/check.h"
#include "core/request.h"

#define INTERVAL_MIN_NS ((uint64_t)1000000)
#define WAIT_MAX_NS (UINT64_C(3600) * 1000000000) /* of backoff and suppress */

enum { PACKET_MIN = TSSB_DMX_SIZE + TSSB_RANGE_SIZE, STRATEGIES_MAX = 16 };

static void read_name(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    const char *words[STRATEGIES_MAX] = {NULL};
    struct strategy_settings *settings = target;
    uint32_t choice;
    (void)field;
    for (size_t i = 0; tssb_strategies[i]; i++) {
        TSSB_CHECK(i + 1 < STRATEGIES_MAX);
        words[i] = tssb_strategies[i]->name;
    }
    if (!reader_choice(reader, value, words, &choice))
        return;
    if (settings->strategy != tssb_strategies[choice])
        settings->asking.size = 0; /* that of another strategy means something else */
    settings->strategy = tssb_strategies[choice];
}

static void read_first(struct reader *reader, const struct field *field, const struct tree *value,
                       void *target) {
    static const char *const words[] = {"now", "spread", NULL};
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, words, &choice))
        *(bool *)target = choice == 1;
}

static void read_packet_size(struct reader *reader, const struct field *field,
                             const struct tree *value, void *target) {
    uint32_t size = 0;
    reader_u32(reader, field, value, &size);
    if (size)
        *(uint16_t *)target = (uint16_t)size;
}

static void read_forward(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, tssb_forward_names, &choice))
        *(enum tssb_forward *)target = (enum tssb_forward)choice;
}

static void read_wait(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    uint64_t wait_ns = *(uint64_t *)target;
    reader_duration(reader, field, value, &wait_ns);
    if (wait_ns > WAIT_MAX_NS)
        reader_refuse(reader, value, "'%s' is too long (at most 1 h)",
                      problems_show(value->text).text);
    else
        *(uint64_t *)target = wait_ns;
}

static void read_answer(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    static const struct field fields[] = {
        {"backoff", read_wait, 0, .required = true, .example = "50 ms"},
    };
    if (value->kind == TREE_MAP) {
        reader_map(reader, value, fields, sizeof fields / sizeof *fields, target);
        return;
    }
    const char *word = reader_text(reader, field, value, "an answering policy");
    if (word && strcmp(word, "immediate") == 0)
        *(uint64_t *)target = 0;
    else if (word)
        reader_refuse(reader, value, "'%s' is not known here (known: immediate, {backoff: 50 ms})",
                      problems_show(word).text);
}

static void read_timeout(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    static const struct field fields[] = {
        {"first", reader_duration, offsetof(struct tssb_rtt_bounds, first_ns),
         .min = INTERVAL_MIN_NS, .example = "1 s"},
        {"min", reader_duration, offsetof(struct tssb_rtt_bounds, min_ns), .min = INTERVAL_MIN_NS,
         .example = "100 ms"},
        {"max", reader_duration, offsetof(struct tssb_rtt_bounds, max_ns), .min = INTERVAL_MIN_NS,
         .example = "10 s"},
    };
    const struct tssb_rtt_bounds *bounds = target;
    (void)field;
    reader_map(reader, value, fields, sizeof fields / sizeof *fields, target);
    if (bounds->min_ns > bounds->max_ns)
        reader_refuse(reader, value, "'min' is longer than 'max'");
}

static void read_blobs(struct reader *reader, const struct field *field, const struct tree *value,
                       void *target) {
    static const char *const words[] = {"eager", "lazy", "never", NULL};
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, words, &choice))
        *(const struct tssb_blob_policy **)target = tssb_blob_policy_find(words[choice]);
}

static void read_credit(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    uint32_t credit = 0;
    if (value->text && strcmp(value->text, "adaptive") == 0) {
        *(uint16_t *)target = 0;
        return;
    }
    reader_u32(reader, field, value, &credit);
    if (credit)
        *(uint16_t *)target = (uint16_t)credit;
}

static const struct field strategy_fields[] = {
    {"name", read_name, 0, .example = "window"},
    {"interval", reader_duration, offsetof(struct strategy_settings, asking.interval_ns),
     .min = INTERVAL_MIN_NS, .example = "10 s"},
    {"first", read_first, offsetof(struct strategy_settings, spread), .example = "now"},
    {"size", reader_u32, offsetof(struct strategy_settings, asking.size), .min = 1,
     .max = TSSB_SIZE_MAX, .example = "16"},
    {"stash", reader_u32, offsetof(struct strategy_settings, asking.stash), .max = TSSB_STASH_MAX,
     .example = "16"},
    {"packet_size", read_packet_size, offsetof(struct strategy_settings, asking.packet_size),
     .min = PACKET_MIN, .max = TSSB_PACKET_SIZE, .example = "120"},
    {"timeout", read_timeout, offsetof(struct strategy_settings, asking.timeout),
     .example = "{first: 1 s}"},
    {"answer", read_answer, offsetof(struct strategy_settings, backoff_ns),
     .example = "{backoff: 50 ms}"},
    {"suppress", read_wait, offsetof(struct strategy_settings, suppress_ns), .example = "200 ms"},
    {"forward", read_forward, offsetof(struct strategy_settings, forward), .example = "relay"},
    {"remember", reader_duration, offsetof(struct strategy_settings, subscription_ns), .min = 1,
     .example = "15 s"},
    {"blobs", read_blobs, offsetof(struct strategy_settings, blobs.policy), .example = "eager"},
    {"credit", read_credit, offsetof(struct strategy_settings, blobs.credit), .min = 1,
     .max = UINT16_MAX, .example = "64"},
};

/* What not every strategy uses. */
static const struct {
    const char *key;
    unsigned use;
} uses[] = {
    {"size", TSSB_USES_SIZE},
    {"packet_size", TSSB_USES_PACKET_SIZE},
    {"timeout", TSSB_USES_TIMEOUTS},
};

/* "window, batch, fair": those that use a setting. */
static const char *users_of(unsigned use, char *text, size_t size) {
    size_t at = 0;
    for (size_t i = 0; tssb_strategies[i]; i++)
        if (tssb_strategies[i]->uses & use && at < size)
            at += (size_t)snprintf(text + at, size - at, "%s%s", at ? ", " : "",
                                   tssb_strategies[i]->name);
    return text;
}

/* Reads a strategy over what the settings are already. */
static void read_settings(struct reader *reader, const struct tree *value,
                          struct strategy_settings *settings) {
    char users[200] = "";
    reader_map(reader, value, strategy_fields, sizeof strategy_fields / sizeof *strategy_fields,
               settings);
    for (size_t i = 0; i < sizeof uses / sizeof *uses && value->kind == TREE_MAP; i++) {
        const struct tree *unused = tree_find(value, uses[i].key);
        if (unused && !(settings->strategy->uses & uses[i].use))
            reader_refuse(reader, unused, "strategy '%s' makes no use of '%s' (these do: %s)",
                          settings->strategy->name, uses[i].key,
                          users_of(uses[i].use, users, sizeof users));
    }
    const struct tree *remember = value->kind == TREE_MAP ? tree_find(value, "remember") : NULL;
    if (remember && settings->forward != TSSB_FORWARD_SUBSCRIBED)
        reader_refuse(reader, remember, "only forward: subscribed makes use of 'remember'");
}

void scenario_read_strategy(struct reader *reader, const struct field *field,
                            const struct tree *value, void *target) {
    (void)field;
    read_settings(reader, value, target);
}

struct strategy_settings scenario_strategy_defaults(void) {
    return (struct strategy_settings){.strategy = tssb_node_defaults.strategy,
                                      .asking = tssb_node_defaults.asking,
                                      .forward = tssb_node_defaults.forward};
}

uint64_t scenario_subscription_ns(const struct strategy_settings *settings) {
    uint64_t interval_ns = settings->asking.interval_ns;
    return settings->subscription_ns ? settings->subscription_ns : interval_ns + interval_ns / 2;
}
