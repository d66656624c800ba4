/* One table gives each count of struct node_counts its name, so that the database, the JSON and the
 * documentation cannot disagree. */
#include "metric.h"

#include <string.h>

#define METRIC(name, field) \
    { name, offsetof(struct node_counts, field), sizeof(((struct node_counts *)0)->field) }

const struct metric metrics[METRIC_COUNT] = {
    METRIC("sent_packets", sent_packets),
    METRIC("sent_bytes", sent_bytes),
    METRIC("sent_wants", wants_sent),
    METRIC("sent_entries", entries_sent),
    METRIC("received_packets", received_packets),
    METRIC("received_bytes", received_bytes),
    METRIC("appended_entries", appended),
    METRIC("duplicate_entries", duplicates),
    METRIC("dropped_packets", dropped),
    METRIC("verifications", verifications),
    METRIC("airtime_ns", airtime_ns),
    METRIC("energy_nj", energy_nj),
    METRIC("received_blobs", blobs),
    METRIC("stream_bytes", stream_bytes),
    METRIC("stream_ns", stream_ns),
};

uint64_t metric_value(const struct metric *metric, const struct node_counts *counts) {
    uint64_t wide;
    uint32_t narrow;
    const unsigned char *field = (const unsigned char *)counts + metric->offset;
    if (metric->size == sizeof wide) {
        memcpy(&wide, field, sizeof wide);
        return wide;
    }
    memcpy(&narrow, field, sizeof narrow);
    return narrow;
}

struct metric_follows metric_follows_of(const struct world *world, uint32_t node) {
    struct metric_follows sum = {0};
    struct follow_counts counts;
    uint32_t feed;
    for (uint32_t nth = 0; (feed = world_followed(world, node, nth)) != FEED_NONE; nth++) {
        if (!world_follow_counts(world, node, feed, &counts))
            continue;
        sum.held_entries += counts.entries;
        sum.behind_feeds += counts.behind;
        sum.catchups += counts.catchups;
        if (counts.catchup_ns > sum.longest_catchup_ns)
            sum.longest_catchup_ns = counts.catchup_ns;
    }
    return sum;
}
