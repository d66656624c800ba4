/* The registry of request strategies. */
#include "strategy.h"

#include <string.h>

const struct tssb_strategy *const tssb_strategies[] = {
    &tssb_strategy_single,
    &tssb_strategy_window,
    &tssb_strategy_batch,
    &tssb_strategy_range,
    &tssb_strategy_adaptive,
    &tssb_strategy_fair,
    NULL,
};

const struct tssb_strategy *tssb_strategy_find(const char *name) {
    for (const struct tssb_strategy *const *strategy = tssb_strategies; *strategy; strategy++)
        if (strcmp((*strategy)->name, name) == 0)
            return *strategy;
    return NULL;
}
