/* What a node counts, by name: for the metric table, for JSON and wherever counts are listed. */
#ifndef METRIC_H
#define METRIC_H

#include "sim/world.h"

struct metric {
    const char *name; /* with its unit: "sent_bytes" */
    size_t offset;    /* in struct node_counts */
    size_t size;      /* of the field: 4 or 8 */
};

enum { METRIC_COUNT = 15 };

extern const struct metric metrics[METRIC_COUNT];

uint64_t metric_value(const struct metric *metric, const struct node_counts *counts);

/* How a node stands with all the feeds that it follows. */
struct metric_follows {
    uint64_t held_entries;
    uint64_t behind_feeds; /* at the end */
    uint64_t catchups;
    uint64_t longest_catchup_ns; /* of those that ended */
};

struct metric_follows metric_follows_of(const struct world *world, uint32_t node);

#endif
