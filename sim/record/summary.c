/* The summary for a person. One table of columns says what is shown, for one line a node and feed
 * as well as for the spread over a group, since a world may have 100 000 nodes and a screen has
 * not. */
#include "summary.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#include "core/error.h"
#include "human.h"
#include "table.h"

/* Past LINES_MAX lines groups are shown; past GROUP_LINES_MAX lines of those, all nodes as one. */
enum { LINES_MAX = 20, GROUP_LINES_MAX = 30, SPREAD_LINES = 3, BEHIND_SHOWN = 5 };

/* What a line is about: a node, and a feed that it follows if it does. */
struct line {
    struct node_counts node;
    struct follow_counts follow;
};

static char *catchup_text(uint64_t ns, char buffer[HUMAN_SIZE]) {
    if (ns > 0)
        return human_duration(ns, buffer);
    buffer[0] = '-';
    buffer[1] = 0;
    return buffer;
}

static uint64_t entries_of(const struct line *line) {
    return line->follow.entries;
}

static uint64_t catchups_of(const struct line *line) {
    return line->follow.catchups;
}

static uint64_t catchup_of(const struct line *line) {
    return line->follow.catchup_ns;
}

static uint64_t wants_of(const struct line *line) {
    return line->node.wants_sent;
}

static uint64_t sent_of(const struct line *line) {
    return line->node.sent_bytes;
}

static uint64_t received_of(const struct line *line) {
    return line->node.received_bytes;
}

static uint64_t duplicates_of(const struct line *line) {
    return line->node.duplicates;
}

static const struct column {
    const char *title;
    uint64_t (*value)(const struct line *line);
    char *(*text)(uint64_t value, char buffer[HUMAN_SIZE]);
} columns[] = {
    {"entries", entries_of, human_count},
    {"times behind", catchups_of, human_count},
    {"catch-up", catchup_of, catchup_text},
    {"WANTs", wants_of, human_count},
    {"sent", sent_of, human_bytes},
    {"received", received_of, human_bytes},
    {"duplicates", duplicates_of, human_count},
};

/* The first columns are about a feed that is followed, the rest about the node. */
enum { COLUMN_ENTRIES, FEED_COLUMNS = 3, COLUMNS = sizeof columns / sizeof columns[0] };

static const char alignment[] = "llrrrrrrr"; /* two names, then the columns */

static struct table *new_table(const char *first, const char *second) {
    struct table *table = malloc(sizeof *table);
    if (!table)
        return NULL;
    table_init(table, alignment);
    table_row(table);
    table_cell(table, 0, "%s", first);
    table_cell(table, 1, "%s", second);
    for (uint32_t i = 0; i < COLUMNS; i++)
        table_cell(table, i + 2, "%s", columns[i].title);
    return table;
}

static void fill(struct table *table, uint32_t column, uint64_t value) {
    char text[HUMAN_SIZE];
    table_cell(table, column + 2, "%s", columns[column].text(value, text));
}

/* One line a node and feed. */

static void feed_name_cell(struct table *table, const struct world *world, uint32_t feed) {
    char name[NODE_NAME_SIZE];
    table_cell(table, 1, "%s",
               scenario_node_name(world_scenario(world), world_feed_author(world, feed), name,
                                  sizeof name));
}

static void follow_cells(struct table *table, const struct world *world, uint32_t feed,
                         const struct line *line) {
    char held[HUMAN_SIZE], front[HUMAN_SIZE];
    feed_name_cell(table, world, feed);
    for (uint32_t i = 0; i < FEED_COLUMNS; i++)
        fill(table, i, columns[i].value(line));
    table_cell(table, COLUMN_ENTRIES + 2, "%s of %s", human_count(line->follow.entries, held),
               human_count(world_feed_front(world, feed), front));
}

/* The feed that a node writes, or FEED_NONE. */
static uint32_t own_feed(const struct world *world, uint32_t node) {
    for (uint32_t feed = 0; feed < world_feed_count(world); feed++)
        if (world_feed_author(world, feed) == node)
            return feed;
    return FEED_NONE;
}

/* For a node that follows nothing. */
static void written_cell(struct table *table, const struct world *world, uint32_t feed) {
    char front[HUMAN_SIZE];
    if (feed != FEED_NONE)
        table_cell(table, COLUMN_ENTRIES + 2, "%s written",
                   human_count(world_feed_front(world, feed), front));
}

static void node_lines(struct table *table, const struct world *world, uint32_t node) {
    char name[NODE_NAME_SIZE];
    struct line line = {.node = world_node_counts(world, node)};
    uint32_t feed = world_followed(world, node, 0);
    table_row(table);
    table_cell(table, 0, "%s", scenario_node_name(world_scenario(world), node, name, sizeof name));
    for (uint32_t i = FEED_COLUMNS; i < COLUMNS; i++)
        fill(table, i, columns[i].value(&line));
    if (feed == FEED_NONE) {
        uint32_t own = own_feed(world, node);
        if (own == FEED_NONE)
            table_cell(table, 1, "-");
        else
            feed_name_cell(table, world, own);
        written_cell(table, world, own);
    }
    for (uint32_t nth = 0; feed != FEED_NONE; feed = world_followed(world, node, ++nth)) {
        if (nth > 0)
            table_row(table);
        (void)world_follow_counts(world, node, feed, &line.follow);
        follow_cells(table, world, feed, &line);
    }
}

/* Whether the nodes fit on LINES_MAX lines. */
static bool is_short(const struct world *world) {
    uint32_t lines = 0, nodes = world_scenario(world)->node_count;
    for (uint32_t node = 0; node < nodes && lines <= LINES_MAX; node++) {
        lines++;
        for (uint32_t nth = 1; lines <= LINES_MAX; nth++, lines++)
            if (world_followed(world, node, nth) == FEED_NONE)
                break;
    }
    return lines <= LINES_MAX;
}

static int print_nodes(const struct world *world, FILE *out) {
    struct table *table = new_table("node", "feed");
    if (!table)
        return TSSB_E_MEMORY;
    for (uint32_t node = 0; node < world_scenario(world)->node_count; node++)
        node_lines(table, world, node);
    table_print(table, 0, out);
    free(table);
    return 0;
}

/* The spread over a group. */

struct range {
    const char *name;
    uint32_t first, count;
};

static int compare_values(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static size_t count_follows(const struct world *world, const struct range *range) {
    size_t count = 0;
    for (uint32_t n = 0; n < range->count; n++)
        for (uint32_t nth = 0; world_followed(world, range->first + n, nth) != FEED_NONE; nth++)
            count++;
    return count;
}

/* All values of a column in a group: one a node, or one a followed feed. Returns how many. */
static size_t gather(const struct world *world, const struct range *range, uint32_t column,
                     uint64_t *values) {
    size_t count = 0;
    struct line line = {0};
    for (uint32_t node = range->first; node < range->first + range->count; node++) {
        uint32_t feed;
        if (column >= FEED_COLUMNS) {
            line.node = world_node_counts(world, node);
            values[count++] = columns[column].value(&line);
            continue;
        }
        for (uint32_t nth = 0; (feed = world_followed(world, node, nth)) != FEED_NONE; nth++) {
            (void)world_follow_counts(world, node, feed, &line.follow);
            values[count++] = columns[column].value(&line);
        }
    }
    return count;
}

/* The last rows of the table: one for a single node, else the least, the median and the most. */
static int group_lines(struct table *table, const struct world *world, const struct range *range) {
    static const char *const titles[SPREAD_LINES] = {"min", "median", "max"};
    size_t follows = count_follows(world, range);
    size_t room = follows > range->count ? follows : range->count;
    uint64_t *values[COLUMNS];
    size_t counts[COLUMNS];
    uint64_t *memory = calloc(room * COLUMNS, sizeof *memory);
    bool spread = range->count > 1 || follows > 1;
    if (!memory)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        values[i] = memory + i * room;
        counts[i] = gather(world, range, i, values[i]);
        qsort(values[i], counts[i], sizeof *memory, compare_values);
    }
    for (uint32_t row = 0; row < (spread ? SPREAD_LINES : 1); row++) {
        table_row(table);
        if (row == 0 && range->count > 1)
            table_cell(table, 0, "%s (%" PRIu32 ")", range->name, range->count);
        else if (row == 0)
            table_cell(table, 0, "%s", range->name);
        table_cell(table, 1, "%s", spread ? titles[row] : "");
        for (uint32_t i = 0; i < COLUMNS; i++)
            if (counts[i] > 0)
                fill(table, i, values[i][(counts[i] - 1) * row / (SPREAD_LINES - 1)]);
            else
                table_cell(table, i + 2, "-");
    }
    if (range->count == 1 && follows == 0)
        written_cell(table, world, own_feed(world, range->first));
    free(memory);
    return 0;
}

static int print_groups(const struct world *world, FILE *out) {
    const struct scenario *scenario = world_scenario(world);
    struct table *table = new_table("group", "");
    int code = 0;
    uint32_t lines = 0;
    if (!table)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < scenario->group_count && lines <= GROUP_LINES_MAX; i++)
        lines += SPREAD_LINES;
    if (lines > GROUP_LINES_MAX)
        code = group_lines(table, world, &(struct range){"all nodes", 0, scenario->node_count});
    for (uint32_t i = 0; i < scenario->group_count && lines <= GROUP_LINES_MAX && !code; i++) {
        const struct node_group *group = &scenario->groups[i];
        code = group_lines(table, world, &(struct range){group->name, group->first, group->count});
    }
    if (!code)
        table_print(table, 0, out);
    free(table);
    return code;
}

static void print_name(const struct world *world, const char *before, uint32_t node, FILE *out) {
    char name[NODE_NAME_SIZE];
    (void)fprintf(out, "%s%s", before,
                  scenario_node_name(world_scenario(world), node, name, sizeof name));
}

/* Who is behind at the end, or that nobody is. */
static void print_behind(const struct world *world, FILE *out) {
    uint64_t replicas = 0, behind = 0;
    struct follow_counts follow;
    uint32_t feed;
    for (uint32_t node = 0; node < world_scenario(world)->node_count; node++)
        for (uint32_t nth = 0; (feed = world_followed(world, node, nth)) != FEED_NONE; nth++) {
            replicas++;
            if (!world_follow_counts(world, node, feed, &follow) || !follow.behind)
                continue;
            if (++behind > BEHIND_SHOWN)
                continue;
            print_name(world, behind == 1 ? "behind: " : ", ", node, out);
            if (world_feed_count(world) > 1)
                print_name(world, " on ", world_feed_author(world, feed), out);
        }
    if (behind > BEHIND_SHOWN)
        (void)fprintf(out, " and %" PRIu64 " more", behind - BEHIND_SHOWN);
    if (behind > 0)
        (void)fputc('\n', out);
    if (replicas > 0)
        (void)fprintf(out, "level: %" PRIu64 " of %" PRIu64 " replicas\n", replicas - behind,
                      replicas);
}

/* What slow links and radios were busy for, where there are any. */
static void print_airtime(const struct world *world, FILE *out) {
    const struct node_counts *sum = &world_totals(world)->nodes;
    char total[HUMAN_SIZE], most[HUMAN_SIZE];
    uint32_t busiest = 0;
    uint64_t most_ns = 0;
    if (!sum->airtime_ns)
        return;
    for (uint32_t node = 0; node < world_scenario(world)->node_count; node++) {
        uint64_t airtime_ns = world_node_counts(world, node).airtime_ns;
        if (airtime_ns > most_ns) {
            most_ns = airtime_ns;
            busiest = node;
        }
    }
    (void)fprintf(out, "on the air: %s in all, %s", human_duration(sum->airtime_ns, total),
                  human_duration(most_ns, most));
    print_name(world, " at most (", busiest, out);
    (void)fprintf(out, ")");
    if (sum->energy_nj)
        (void)fprintf(out, ", %.3g J", (double)sum->energy_nj / 1e9);
    (void)fputc('\n', out);
}

/* How the catch-ups compare with what was possible, where that is known. */
static void print_ratio(struct samples *ratios, FILE *out) {
    uint64_t median = samples_median(ratios);
    if (ratios->count == 0)
        return;
    (void)fprintf(out, "bound: median ratio %" PRIu64 ".%02" PRIu64 " of %" PRIu32 " catch-up%s\n",
                  median / 1000, median % 1000 / 10, ratios->count, ratios->count == 1 ? "" : "s");
}

/* How long side chains took, where any were fetched. */
static void print_chains(struct tally *tally, FILE *out) {
    struct samples *whole = &tally->chains_ns;
    char median[HUMAN_SIZE], most[HUMAN_SIZE];
    uint32_t count = whole->count + tally->chains_lacking;
    if (count == 0)
        return;
    (void)fprintf(out, "side chains: %" PRIu32 " of %" PRIu32 " whole", whole->count, count);
    if (whole->count > 0)
        (void)fprintf(out, ", median %s, longest %s", human_duration(samples_median(whole), median),
                      human_duration(samples_most(whole), most));
    (void)fputc('\n', out);
}

static void print_heading(const struct summary *summary, FILE *out) {
    const struct scenario *scenario = world_scenario(summary->world);
    const struct world_totals *totals = world_totals(summary->world);
    char simulated[HUMAN_SIZE], wall[HUMAN_SIZE], deliveries[HUMAN_SIZE];
    uint32_t feeds = world_feed_count(summary->world);
    (void)fprintf(out, "%s, seed %" PRIu64 ": %s\n", scenario->name, scenario->seed,
                  run_outcome_name(summary->outcome));
    (void)fprintf(out,
                  "%" PRIu32 " node%s, %" PRIu32 " feed%s, %s simulated in %s, %s deliveries\n\n",
                  scenario->node_count, scenario->node_count == 1 ? "" : "s", feeds,
                  feeds == 1 ? "" : "s", human_duration(totals->simulated_ns, simulated),
                  human_duration(world_wall_ns(summary->world), wall),
                  human_count(totals->deliveries, deliveries));
}

/* What an expectation came to; an interrupted run did not get as far as some. */
static const char *verdict_of(const struct summary *summary, uint32_t expectation) {
    uint64_t by_ns = world_scenario(summary->world)->expectations[expectation].by_ns;
    if (summary->outcome == RUN_INTERRUPTED && by_ns > world_totals(summary->world)->simulated_ns)
        return "open";
    return world_expectation_met(summary->world, expectation) ? "pass" : "FAIL";
}

static void print_ending(const struct summary *summary, FILE *out) {
    const struct scenario *scenario = world_scenario(summary->world);
    uint8_t digest[DIGEST_SIZE];
    char text[2 * DIGEST_SIZE + 1];
    if (scenario->expectation_count > 0)
        (void)fputs("\nexpectations\n", out);
    for (uint32_t i = 0; i < scenario->expectation_count; i++)
        (void)fprintf(out, "  %s  %s\n", verdict_of(summary, i), scenario->expectations[i].text);
    world_digest(summary->world, digest);
    (void)fprintf(out, "\ndigest    %s\n",
                  sodium_bin2hex(text, sizeof text, digest, sizeof digest));
    if (summary->database)
        (void)fprintf(out, "recorded  %s, run %" PRId64 "\n", summary->database, summary->run);
}

int summary_print(const struct summary *summary, FILE *out) {
    print_heading(summary, out);
    int code = is_short(summary->world) ? print_nodes(summary->world, out)
                                        : print_groups(summary->world, out);
    if (code)
        return code;
    print_behind(summary->world, out);
    print_airtime(summary->world, out);
    if (summary->tally) {
        print_chains(summary->tally, out);
        print_ratio(&summary->tally->ratios, out);
    }
    print_ending(summary, out);
    return 0;
}
