/* Verifies the blobs of a pack. For check.c. */
#ifndef TSSB_CHECK_PACK_H
#define TSSB_CHECK_PACK_H

#include "core/posix/check.h"
#include "core/posix/pack.h"

/* Looks at each record of a pack and for it in the index; adds what is wrong to the report. Returns
 * false where memory ran out. */
bool tssb_check_pack(struct tssb_pack *pack, struct tssb_check_report *report);

#endif
