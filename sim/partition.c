/* A partition is a number a node: that of its set, or 0 for a node that is not concerned. */
#include "partition.h"

#include <stdlib.h>

#include "core/error.h"

struct partition {
    struct partition *next;
    uint32_t id;
    bool one_way;
    uint32_t set_of[];
};

int partition_begin(struct partitions *partitions, const struct fault *fault, uint32_t node_count) {
    for (const struct partition *at = partitions->first; at; at = at->next)
        if (at->id == fault->id)
            return 0;
    struct partition *partition = calloc(1, sizeof *partition +
                                                node_count * sizeof *partition->set_of);
    if (!partition)
        return TSSB_E_MEMORY;
    partition->id = fault->id;
    partition->one_way = fault->one_way;
    for (uint32_t set = 0; set < fault->set_count; set++)
        for (uint32_t i = 0; i < fault->sets[set].count; i++)
            partition->set_of[fault->sets[set].nodes[i]] = set + 1;
    partition->next = partitions->first;
    partitions->first = partition;
    return 0;
}

void partition_heal(struct partitions *partitions, uint32_t id) {
    for (struct partition **at = &partitions->first; *at;) {
        struct partition *partition = *at;
        if (id != FAULT_ALL && partition->id != id) {
            at = &partition->next;
            continue;
        }
        *at = partition->next;
        free(partition);
    }
}

bool partition_cuts(const struct partitions *partitions, uint32_t from, uint32_t to) {
    for (const struct partition *partition = partitions->first; partition;
         partition = partition->next) {
        uint32_t a = partition->set_of[from], b = partition->set_of[to];
        if (a && b && (partition->one_way ? a < b : a != b))
            return true;
    }
    return false;
}

bool partition_concerns(const struct partitions *partitions, uint32_t id, uint32_t node) {
    for (const struct partition *partition = partitions->first; partition;
         partition = partition->next)
        if ((id == FAULT_ALL || partition->id == id) && partition->set_of[node])
            return true;
    return false;
}
