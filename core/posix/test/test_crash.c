/* Nothing is lost and nothing forks: the power goes at every byte of every write and at every other
 * change, what was not synced is kept, lost or torn, and every call fails once. After each of these
 * the directory opens, holds all that was announced, and goes on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_disk.h"
#include "node_story.h"

enum { DRAWS = 6 }; /* ways in which the unsynced survives, for each moment */

static int start(void **state) {
    struct story *story = malloc(sizeof *story);
    if (story)
        story_init(story);
    *state = story;
    return story ? 0 : -1;
}

static int end(void **state) {
    story_close(*state);
    free(*state);
    return 0;
}

/* Tells the story with the power going at one step; then opens what each draw leaves. Returns
 * whether the power did go before the end. */
static bool crash_at(const struct story *story, const struct fake_disk *made, int64_t step,
                     enum tssb_sync sync, uint64_t draws) {
    struct fake_disk running, after;
    struct progress progress;
    fake_disk_clone(&running, made);
    running.power_until = step;
    story_tell(story, &running.disk, sync, &progress);
    bool dead = fake_disk_dead(&running);
    for (uint64_t draw = 0; draw < draws; draw++) {
        fake_disk_clone(&after, &running);
        fake_disk_power_on(&after, draw < 2 ? draw : draw + (uint64_t)step * draws);
        story_expect(story, &after.disk, &progress);
        fake_disk_close(&after);
    }
    fake_disk_close(&running);
    return dead;
}

static void crash_everywhere(const struct story *story, enum tssb_sync sync, uint64_t draws) {
    struct fake_disk made;
    fake_disk_init(&made);
    story_make(story, &made.disk);
    fake_disk_power_on(&made, 0);
    int64_t step = 0;
    while (crash_at(story, &made, step, sync, draws))
        step++;
    assert_in_range(step, 1000, 10000);
    fake_disk_close(&made);
}

static void with_sync_always_no_crash_loses_an_entry(void **state) {
    crash_everywhere(*state, TSSB_SYNC_ALWAYS, DRAWS);
}

static void with_sync_batch_no_crash_loses_what_is_the_nodes_own(void **state) {
    crash_everywhere(*state, TSSB_SYNC_BATCH, DRAWS);
}

/* The system keeps what the process has written. */
static void with_sync_off_no_killed_process_loses_an_entry(void **state) {
    crash_everywhere(*state, TSSB_SYNC_OFF, 1);
}

/* The power goes again while what the first crash has left is repaired. */
static void a_crash_during_the_repair_loses_nothing(void **state) {
    const struct story *story = *state;
    struct fake_disk made, crashed, again;
    struct progress progress;
    fake_disk_init(&made);
    story_make(story, &made.disk);
    fake_disk_power_on(&made, 0);
    for (int64_t step = 150; step < 2000; step += 61) {
        fake_disk_clone(&crashed, &made);
        crashed.power_until = step;
        story_tell(story, &crashed.disk, TSSB_SYNC_BATCH, &progress);
        fake_disk_power_on(&crashed, (uint64_t)step + 2);
        bool dead = true;
        for (int64_t second = 0; dead; second++) {
            struct progress nothing;
            fake_disk_clone(&again, &crashed);
            again.power_until = second;
            story_tell(story, &again.disk, TSSB_SYNC_ALWAYS, &nothing);
            dead = second < 100 && fake_disk_dead(&again);
            fake_disk_power_on(&again, (uint64_t)second);
            story_expect(story, &again.disk, &progress);
            fake_disk_close(&again);
        }
        fake_disk_close(&crashed);
    }
    fake_disk_close(&made);
}

/* Calls fail from one on, for a while or for good; then the disk works again. */
static void fail_everywhere(const struct story *story, enum tssb_sync sync, int64_t for_calls,
                            int why) {
    struct fake_disk made, failing;
    struct progress progress;
    bool failed = true;
    fake_disk_init(&made);
    story_make(story, &made.disk);
    fake_disk_power_on(&made, 0);
    int64_t call = 0;
    for (; failed; call++) {
        fake_disk_clone(&failing, &made);
        failing.fail_at = call;
        failing.fail_until = call + for_calls;
        failing.fail_error = why;
        story_tell(story, &failing.disk, sync, &progress);
        failed = failing.calls > call;
        fake_disk_power_on(&failing, 0);
        story_expect(story, &failing.disk, &progress);
        fake_disk_close(&failing);
    }
    assert_in_range(call, 50, 2000);
    fake_disk_close(&made);
}

static void any_call_can_fail(void **state) {
    fail_everywhere(*state, TSSB_SYNC_ALWAYS, 1, ENOSPC);
    fail_everywhere(*state, TSSB_SYNC_BATCH, 1, EIO);
    fail_everywhere(*state, TSSB_SYNC_OFF, 1, EIO);
}

static void all_calls_can_fail_from_one_on(void **state) {
    fail_everywhere(*state, TSSB_SYNC_ALWAYS, 10000, ENOSPC);
    fail_everywhere(*state, TSSB_SYNC_BATCH, 10000, EROFS);
}

/* A directory is made whole or not at all, and can then be made. */
static void a_new_directory_is_whole_or_not_there(void **state) {
    const struct story *story = *state;
    bool dead = true;
    int64_t step = 0;
    for (; dead; step++) {
        struct fake_disk fake;
        struct tssb_directory_options options = {.disk = &fake.disk};
        char *error = NULL;
        fake_disk_init(&fake);
        assert_int_equal(fake.disk.mkdir(&fake, "data", 0755), 0);
        fake_disk_power_on(&fake, 0);
        fake.power_until = step;
        int status = tssb_directory_create("data/nodeA", &story->config, &fake.disk, &error);
        free(error);
        error = NULL;
        dead = fake_disk_dead(&fake);
        assert_int_equal(status, dead ? 3 : 0);
        fake_disk_power_on(&fake, dead ? (uint64_t)step : 1);
        status = tssb_directory_create("data/nodeA", &story->config, &fake.disk, &error);
        assert_true(status == 0 || (status == 2 && error));
        free(error);
        tssb_directory_close(open_directory("data/nodeA", &options));
        fake_disk_close(&fake);
    }
    assert_in_range(step, 200, 2000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_sync_always_no_crash_loses_an_entry),
        cmocka_unit_test(with_sync_batch_no_crash_loses_what_is_the_nodes_own),
        cmocka_unit_test(with_sync_off_no_killed_process_loses_an_entry),
        cmocka_unit_test(a_crash_during_the_repair_loses_nothing),
        cmocka_unit_test(any_call_can_fail),
        cmocka_unit_test(all_calls_can_fail_from_one_on),
        cmocka_unit_test(a_new_directory_is_whole_or_not_there),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, start, end);
}
