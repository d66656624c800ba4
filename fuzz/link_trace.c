/* The reader of links' traces: any text is read or refused with a message, and what is read is in
 * range. */
#include "fuzz.h"

#include "core/check.h"
#include "sim/scenario/link_trace.h"
#include "sim/scenario/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct source source = {.name = "fuzz"};
    struct link_profile profile;
    struct arena arena = {NULL};
    struct problems problems = {.count = 0};
    int status = link_trace_parse(&profile, &arena, &source, (const char *)data, size, &problems);
    TSSB_CHECK((status != 0) == (problems.count > 0));
    TSSB_CHECK(status != 0 || (profile.count > 0 && profile.phases[0].from_ns == 0));
    for (uint32_t i = 0; status == 0 && i < profile.count; i++) {
        const struct link_phase *phase = &profile.phases[i];
        TSSB_CHECK(phase->changed != 0 && phase->from_ns <= UNITS_DURATION_MAX_NS);
        TSSB_CHECK(i == 0 || phase->from_ns > phase[-1].from_ns);
        TSSB_CHECK(!(phase->changed & LINK_DELAY) || phase->values.delay_ns > 0);
        TSSB_CHECK(!(phase->changed & LINK_RATE) || phase->values.rate_bit_s > 0);
        TSSB_CHECK(phase->values.loss.good_ppb <= PPB);
    }
    problems_close(&problems);
    arena_close(&arena);
    return 0;
}
