/* The part of a check that is side chains: which entries lack blobs. That is no damage: they may
 * not have come yet. */
#ifndef TSSB_CHECK_CHAINS_H
#define TSSB_CHECK_CHAINS_H

#include "core/posix/chain_runs.h"
#include "core/posix/check_log.h"

/* Adds a note for each good entry of the log whose chain is not whole, and counts what is missing.
 * After all batches of the log. False where memory ran out. */
bool tssb_check_chains(const struct tssb_check_log *check, struct tssb_chain_runs *runs,
                       struct tssb_check_report *report);

#endif
