/* A bad record is one of which nobody knows which blob it was: its place in the file names it.
 * Where many are bad, the first ones do. */
#include "core/posix/check_pack.h"

#include <inttypes.h>
#include <string.h>

#include "core/posix/text.h"

enum { TOLD_MAX = 100 };

static bool note_torn(const struct tssb_pack *pack, uint32_t place, uint64_t torn,
                      struct tssb_check_report *report) {
    if (torn > TOLD_MAX) {
        report->wrong++;
        return true;
    }
    return tssb_check_add(report, TSSB_CHECK_WRONG,
                          tssb_text("%s: record %" PRIu32 ": not the blob that was written%s",
                                    pack->path, place,
                                    torn == TOLD_MAX ? "; further ones are only counted" : ""));
}

bool tssb_check_pack(struct tssb_pack *pack, struct tssb_check_report *report) {
    uint64_t torn = 0, lost = 0;
    for (uint32_t place = 0; place < pack->count; place++) {
        enum tssb_pack_record is;
        bool indexed;
        if (tssb_pack_look(pack, place, &is, &indexed) != 0)
            return tssb_check_add(report, TSSB_CHECK_WRONG,
                                  tssb_text("%s: record %" PRIu32 ": cannot %s: %s", pack->path,
                                            place, pack->failed, strerror(pack->why)));
        bool covered = place < pack->index.covered;
        report->blobs += is == TSSB_PACK_GOOD;
        lost += is == TSSB_PACK_GOOD && !indexed && covered;
        if (is == TSSB_PACK_TORN && covered && !note_torn(pack, place, ++torn, report))
            return false;
    }
    if (lost == 0)
        return true;
    return tssb_check_add(report, TSSB_CHECK_WRONG,
                          tssb_text("%s: the index lacks %" PRIu64
                                    " blobs: remove it, and the next opening makes it anew",
                                    pack->index.path, lost));
}
