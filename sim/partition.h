/* Partitions in force: which packets they cut. */
#ifndef PARTITION_H
#define PARTITION_H

#include "sim/scenario/scenario.h"

struct partition;

struct partitions {
    struct partition *first;
};

/* Puts a partition in force; one that is in force already, by its id, goes on. Returns 0 or
 * TSSB_E_MEMORY. */
int partition_begin(struct partitions *partitions, const struct fault *fault, uint32_t node_count);

/* Heals the partition of this id, or all of them where it is FAULT_ALL. */
void partition_heal(struct partitions *partitions, uint32_t id);

/* Whether a packet between two nodes is cut. */
bool partition_cuts(const struct partitions *partitions, uint32_t from, uint32_t to);

/* Whether the node is in a set of the partition of this id (or of any, FAULT_ALL). */
bool partition_concerns(const struct partitions *partitions, uint32_t id, uint32_t node);

#endif
