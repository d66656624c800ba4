/* A log file through opening, repair and check. The file is one of a few entries, damaged as the
 * input says, or all of it the input. What opens holds nothing but what its author signed, opens
 * again unrepaired, passes a check, and takes the next entry; what is refused is left as it is. */
#include "fuzz.h"

#include <stdlib.h>

#include "core/check.h"
#include "shared/log_file.h"

enum { UNCLEAN = 1, CUT_DAMAGE = 2, READ_ONLY = 4, RAW = 8 };

static size_t make_file(struct fuzz_input *input, uint8_t how, uint8_t bytes[LOG_FILE_MAX]) {
    size_t size = input->left < LOG_FILE_MAX ? input->left : LOG_FILE_MAX;
    if (!(how & RAW))
        return log_file_damaged(input, bytes);
    fuzz_fill(input, bytes, size);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fake_disk fake;
    struct fuzz_input input = {data, size};
    uint8_t bytes[LOG_FILE_MAX], how = fuzz_byte(&input);
    char *repaired = NULL, *error = NULL;
    struct tssb_log log;
    uint32_t budget = 1000;
    log_feed_write();
    size_t file_size = make_file(&input, how, bytes);
    struct tssb_log_opening opening = {.disk = &fake.disk,
                                       .trust = &log_feed.trust,
                                       .fid = log_feed.key.fid,
                                       .read_only = how & READ_ONLY,
                                       .cut_damage = how & CUT_DAMAGE,
                                       .unclean = how & UNCLEAN,
                                       .hash_budget = &budget};
    fake_disk_init(&fake);
    TSSB_CHECK(tssb_disk_save(&fake.disk, log_path, 0644, bytes, file_size, 1) == 0);
    int status = tssb_log_open(&log, log_path, &opening, &repaired, &error);
    TSSB_CHECK(status == 0 || (status == 2 && strncmp(error, log_path, strlen(log_path)) == 0));
    if (status != 0 || (how & READ_ONLY))
        log_expect_unchanged(&fake, bytes, file_size);
    if (status == 0)
        log_expect_good(&log, &fake, &opening);
    free(repaired);
    free(error);
    fake_disk_close(&fake);
    return 0;
}
