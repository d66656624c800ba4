/* The index against looking at every point. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sim/radio/spatial.h"
#include "sim/stream.h"

enum { POINTS = 500 };

static int64_t coordinate(uint64_t n, int64_t size) {
    return (int64_t)(stream_mix(n) % (uint64_t)size) - size / 3;
}

static void nothing_near_is_missed(void **state) {
    static const uint64_t cells[] = {1, 1000, 30000, 1000000};
    static const int64_t sizes[] = {1, 10, 100000, 700000000};
    (void)state;
    for (int c = 0; c < 4; c++)
        for (int s = 0; s < 4; s++) {
            struct position points[POINTS];
            uint32_t found[POINTS];
            struct spatial spatial = {0};
            for (uint64_t i = 0; i < POINTS; i++)
                points[i] = (struct position){coordinate(2 * i, sizes[s]),
                                              coordinate(2 * i + 1, sizes[s])};
            assert_int_equal(spatial_build(&spatial, points, POINTS, cells[c]), 0);
            for (uint64_t look = 0; look < 40; look++) {
                struct position at = {coordinate(look * 7, 2 * sizes[s]),
                                      coordinate(look * 11, 2 * sizes[s])};
                uint64_t distance = stream_mix(look) % (uint64_t)(sizes[s] + 1);
                uint32_t count = spatial_near(&spatial, at, distance, found), next = 0;
                for (uint32_t i = 0; i < POINTS; i++) {
                    bool is_found = next < count && found[next] == i;
                    next += is_found;
                    if (mobility_distance_mm(at, points[i]) < distance)
                        assert_true(is_found);
                }
                assert_int_equal(next, count); /* ascending, each once */
            }
            spatial_close(&spatial);
        }
}

static void a_look_costs_what_is_near(void **state) {
    struct position points[POINTS];
    uint32_t found[POINTS];
    struct spatial spatial = {0};
    (void)state;
    for (int i = 0; i < POINTS; i++)
        points[i] = (struct position){1000 * i, 0};
    assert_int_equal(spatial_build(&spatial, points, POINTS, 5000), 0);
    assert_int_equal(spatial_near(&spatial, (struct position){250000, 0}, 5000, found), 15);
    assert_int_equal(spatial_near(&spatial, (struct position){-9000, 0}, 5000, found), 0);
    assert_int_equal(spatial_near(&spatial, (struct position){0, 20000}, 5000, found), 0);
    assert_int_equal(spatial_build(&spatial, points, 0, 5000), 0);
    assert_int_equal(spatial_near(&spatial, (struct position){0, 0}, 5000, found), 0);
    spatial_close(&spatial);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_near_is_missed),
        cmocka_unit_test(a_look_costs_what_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
