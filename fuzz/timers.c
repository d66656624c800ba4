/* Timers, one an id, against an array of times: the earliest is taken first, of one moment the
 * lowest id; memory runs out now and then. */
#include "fuzz.h"

#include "core/check.h"
#include "core/timers.h"
#include "support.h"

enum { IDS_MAX = 64 };

static uint32_t first_of(const uint64_t *times, uint32_t count) {
    uint32_t first = 0;
    for (uint32_t id = 1; id < count; id++)
        if (times[id] < times[first])
            first = id;
    return first;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct countdown_mem memory;
    struct tssb_timers timers = {0};
    uint64_t times[IDS_MAX];
    uint32_t count = 0, id;
    uint8_t fail_at = fuzz_byte(&input);
    countdown_mem_init(&memory, fail_at < 16 ? fail_at : NEVER_FAILS);
    memset(times, 0xff, sizeof times); /* TSSB_NEVER */
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input), at = fuzz_byte(&input);
        if (what < 16 && tssb_timers_reserve(&timers, &memory.mem, at % (IDS_MAX + 1u)) == 0) {
            count = at % (IDS_MAX + 1u) > count ? at % (IDS_MAX + 1u) : count;
        } else if (what >= 64 && count > 0) {
            times[what % count] = at == 0xff ? TSSB_NEVER : at;
            tssb_timers_set(&timers, what % count, times[what % count]);
        } else if (what >= 16) {
            uint32_t first = first_of(times, IDS_MAX);
            bool due = times[first] != TSSB_NEVER && times[first] <= at;
            TSSB_CHECK(tssb_timers_take(&timers, at, &id) == due && (!due || id == first));
            if (due)
                times[first] = TSSB_NEVER;
        }
        TSSB_CHECK(tssb_timers_next(&timers) == times[first_of(times, IDS_MAX)]);
    }
    tssb_timers_close(&timers, &memory.mem);
    TSSB_CHECK(memory.outstanding_bytes == 0);
    return 0;
}
