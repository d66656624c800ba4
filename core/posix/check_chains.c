/* Follows each chain from its entry on. Beyond the first blob that is missing nothing is known of
 * it, since that blob names the next: all that the entry declares beyond it counts as missing. */
#include "core/posix/check_chains.h"

#include <inttypes.h>
#include <string.h>

#include "core/chain.h"
#include "core/error.h"
#include "core/posix/text.h"

/* Looks how far a chain goes; *reader is then where it ends. Returns 0 or what is in the way. */
static int follow(struct tssb_chain_runs *runs, struct tssb_chain_reader *reader,
                  const uint8_t payload[TSSB_PAYLOAD_SIZE]) {
    struct tssb_chain_run run;
    const uint8_t *head;
    size_t count;
    int error = tssb_chain_reader_init(reader, payload, &head, &count);
    if (error || reader->left == 0)
        return error;
    error = tssb_chain_runs_find(runs, reader->next, &run);
    uint64_t due = (reader->left - 1) / TSSB_CHAIN_PIECE_SIZE + 1;
    if (error || run.held >= due)
        return error;
    reader->left -= run.held * TSSB_CHAIN_PIECE_SIZE;
    memcpy(reader->next, run.end, TSSB_PTR_SIZE);
    return tssb_ptr_is_end(run.end) ? TSSB_E_CHAIN_END : TSSB_E_NOT_FOUND;
}

/* Says what an incomplete chain lacks, or what is wrong with one that can never be whole. */
static bool note(const char *path, uint32_t seq, const struct tssb_chain_reader *reader, int error,
                 struct tssb_check_report *report) {
    char hex[2 * TSSB_PTR_SIZE + 1];
    if (error == TSSB_E_VARINT || error == TSSB_E_CHAIN_END)
        return tssb_check_add(
            report, TSSB_CHECK_NOTE,
            tssb_text("%s: entry %" PRIu32 ": %s", path, seq, tssb_error_text(error)));
    uint64_t lacks = (reader->left - 1) / TSSB_CHAIN_PIECE_SIZE + 1;
    report->missing += lacks;
    tssb_hex(reader->next, TSSB_PTR_SIZE, hex);
    return tssb_check_add(report, TSSB_CHECK_NOTE,
                          tssb_text("%s: entry %" PRIu32 ": lacks the last %" PRIu64 " of %" PRIu64
                                    " blobs, from %s on",
                                    path, seq, lacks, tssb_chain_blobs(reader->content_size), hex));
}

bool tssb_check_chains(const struct tssb_check_log *check, struct tssb_chain_runs *runs,
                       struct tssb_check_report *report) {
    const struct tssb_log *log = &check->log;
    uint8_t wire[TSSB_ENTRY_SIZE];
    uint32_t end = check->bad ? check->bad - 1 : log->header.anchor_seq + check->read;
    if (check->unreadable)
        return true;
    for (uint32_t seq = log->header.anchor_seq + 1; seq <= end && seq != 0; seq++) {
        off_t at = tssb_log_offset(&log->header, seq) + TSSB_LOG_PREFIX_SIZE;
        struct tssb_chain_reader reader;
        if (tssb_disk_read(log->disk, log->file, wire, sizeof wire, at) != (ssize_t)sizeof wire)
            return true; /* it could be read before: the next check will tell */
        if (tssb_entry_type(wire) != TSSB_CHAIN20)
            continue;
        int error = follow(runs, &reader, tssb_entry_payload(wire));
        if (error == TSSB_E_MEMORY)
            return false;
        if (error && !note(log->path, seq, &reader, error, report))
            return false;
    }
    return true;
}
