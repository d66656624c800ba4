/* A data directory as a store: anchors as in the seed, what is refused, who may write, and that its
 * memory does not grow with its logs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/posix/text.h"
#include "core/replica.h"
#include "fake_disk.h"
#include "node_story.h"

struct desk {
    struct fake_disk fake;
    struct story story;
    struct tssb_directory_options options;
    char notices[1024];
    char hex[2 * TSSB_FID_SIZE + 1]; /* nodeA's feed */
};

static void on_notice(void *context, const char *line) {
    struct desk *desk = context;
    strncat(desk->notices, line, sizeof desk->notices - strlen(desk->notices) - 1);
}

static int start(void **state) {
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    fake_disk_init(&desk->fake);
    story_init(&desk->story);
    story_make(&desk->story, &desk->fake.disk);
    fake_disk_power_on(&desk->fake, 0);
    desk->options = (struct tssb_directory_options){
        .disk = &desk->fake.disk, .notice = on_notice, .context = desk};
    tssb_hex(desk->story.config.fid, TSSB_FID_SIZE, desk->hex);
    *state = desk;
    return 0;
}

static int end(void **state) {
    struct desk *desk = *state;
    story_close(&desk->story);
    fake_disk_close(&desk->fake);
    free(desk);
    return 0;
}

static void expect_refused(struct desk *desk, const char *path, int status, const char *why) {
    struct tssb_directory *directory;
    char *error = NULL;
    int got = tssb_directory_open(&directory, path, &desk->options, &error);
    assert_int_equal(got, status);
    assert_null(directory);
    if (!strstr(error, why))
        fail_msg("'%s' lacks '%s'", error, why);
    free(error);
}

static struct tssb_replica open_own(struct tssb_directory *directory) {
    struct tssb_anchor whole = tssb_anchor_whole(tssb_directory_key(directory)->fid);
    struct tssb_store *store = tssb_directory_store(directory);
    struct tssb_replica replica;
    assert_int_equal(store->ops->open(store, &whole, &replica), 0);
    return replica;
}

/* As in the seed: before nodeA's genesis nobody has a log, then whoever trusts it has an empty
 * one. */
static void a_genesis_gives_those_who_trust_it_an_empty_replica(void **state) {
    struct desk *desk = *state;
    struct tssb_anchor anchor;
    struct tssb_directory *nodeA = open_directory("data/nodeA", &desk->options);
    struct tssb_directory *nodeB = open_directory("data/nodeB", &desk->options);
    assert_false(tssb_directory_anchor(nodeA, 0, &anchor));
    assert_false(tssb_directory_anchor(nodeB, 0, &anchor));
    open_own(nodeA);
    assert_true(tssb_directory_anchor(nodeA, 0, &anchor));
    assert_false(tssb_directory_anchor(nodeA, 1, &anchor));
    assert_non_null(strstr(desk->notices, "data/nodeB: trusts nodeA"));

    char *error = NULL, *path = tssb_text("data/nodeB/_logs/%s.log", desk->hex);
    assert_int_equal(fake_disk_file(&desk->fake, path)->size, 128);
    free(path);
    assert_int_equal(tssb_directory_refresh(nodeB, &error), 0);
    assert_true(tssb_directory_anchor(nodeB, 0, &anchor));
    assert_memory_equal(anchor.fid, desk->story.config.fid, TSSB_FID_SIZE);
    assert_int_equal(anchor.seq, 0);
    assert_memory_equal(anchor.mid, anchor.fid, TSSB_MID_SIZE);
    tssb_directory_close(nodeA);
    tssb_directory_close(nodeB);
}

static void the_own_feed_comes_first(void **state) {
    struct desk *desk = *state;
    struct tssb_anchor other = tssb_anchor_whole(desk->story.other.fid), anchor;
    struct tssb_directory *directory = open_directory("data/nodeA", &desk->options);
    char *error = NULL;
    assert_int_equal(tssb_directory_add(directory, &other, &error), 0);
    open_own(directory);
    for (int i = 0; i < 2; i++) {
        assert_true(tssb_directory_anchor(directory, 0, &anchor));
        assert_memory_equal(anchor.fid, desk->story.config.fid, TSSB_FID_SIZE);
        assert_true(tssb_directory_anchor(directory, 1, &anchor));
        assert_memory_equal(anchor.fid, other.fid, TSSB_FID_SIZE);
        assert_false(tssb_directory_anchor(directory, 2, &anchor));
        tssb_directory_close(directory);
        directory = open_directory("data/nodeA", &desk->options);
    }
    tssb_directory_close(directory);
}

static void a_second_writer_is_refused_and_a_reader_is_not(void **state) {
    struct desk *desk = *state;
    char *number = tssb_text("process %ld is using it", (long)getpid());
    struct tssb_directory *directory = open_directory("data/nodeA", &desk->options);
    expect_refused(desk, "data/nodeA", 3, number);
    desk->options.read_only = true;
    tssb_directory_close(open_directory("data/nodeA", &desk->options));
    desk->options.read_only = false;
    tssb_directory_close(directory);
    tssb_directory_close(open_directory("data/nodeA", &desk->options));
    free(number);
}

static void a_reader_changes_nothing(void **state) {
    struct desk *desk = *state;
    struct tssb_anchor whole = tssb_anchor_whole(desk->story.config.fid);
    struct tssb_replica replica;
    uint8_t blob[TSSB_BLOB_SIZE] = {0}, ptr[TSSB_PTR_SIZE];
    tssb_blob_ptr(blob, ptr);
    desk->options.read_only = true;
    int64_t steps = desk->fake.steps;
    struct tssb_directory *directory = open_directory("data/nodeA", &desk->options);
    struct tssb_store *store = tssb_directory_store(directory);
    assert_int_equal(store->ops->open(store, &whole, &replica), TSSB_E_STORE);
    assert_int_equal(store->ops->write_blob(store, ptr, blob), TSSB_E_STORE);
    assert_non_null(strstr(tssb_directory_trouble(directory), "open for reading"));
    tssb_directory_close(directory);
    assert_int_equal(desk->fake.steps, steps);
}

static void what_is_no_directory_is_refused(void **state) {
    struct desk *desk = *state;
    expect_refused(desk, "data/nodeX", 2, "tssb init");
    char *path = tssb_text("data/nodeA/_logs/%s.log", desk->hex);
    assert_int_equal(tssb_disk_save(&desk->fake.disk, path, 0644, "short", 5, 0), 0);
    expect_refused(desk, "data/nodeA", 2, "is 5 bytes long");
    free(path);
}

static void one_that_exists_is_not_made_again(void **state) {
    struct desk *desk = *state;
    char *error = NULL;
    assert_int_equal(
        tssb_directory_create("data/nodeA", &desk->story.config, &desk->fake.disk, &error), 2);
    assert_non_null(strstr(error, "exists already"));
    free(error);
}

static void an_anchor_is_kept_and_another_refused(void **state) {
    struct desk *desk = *state;
    struct tssb_anchor anchor = {.seq = 4};
    struct tssb_replica replica;
    memcpy(anchor.fid, desk->story.other.fid, TSSB_FID_SIZE);
    struct tssb_directory *directory = open_directory("data/nodeA", &desk->options);
    struct tssb_store *store = tssb_directory_store(directory);
    assert_int_equal(store->ops->open(store, &anchor, &replica), 0);
    assert_int_equal(replica.anchor_seq, 4);
    assert_int_equal(replica.front_seq, 4);
    anchor.seq = 5;
    assert_int_equal(store->ops->open(store, &anchor, &replica), TSSB_E_STORE);
    assert_non_null(strstr(tssb_directory_trouble(directory), "another anchor"));
    tssb_directory_close(directory);
}

/* More entries than opening hashes without need. */
enum { LONG = 9000 };

static void write_long(struct desk *desk) {
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0}, wire[TSSB_ENTRY_SIZE];
    desk->options.sync = TSSB_SYNC_OFF;
    struct tssb_directory *directory = open_directory("data/nodeA", &desk->options);
    struct tssb_replica own = open_own(directory);
    for (uint32_t seq = 1; seq <= LONG; seq++)
        assert_int_equal(tssb_replica_author(&own, tssb_directory_store(directory),
                                             tssb_directory_key(directory), TSSB_PLAIN48, payload,
                                             wire),
                         0);
    tssb_directory_close(directory);
    fake_disk_power_on(&desk->fake, 0);
    desk->options.sync = TSSB_SYNC_ALWAYS;
}

/* A long log's front is believed, unless whoever wrote there before has not ended well. */
static void after_a_crash_the_front_of_a_long_log_is_looked_at(void **state) {
    struct desk *desk = *state;
    char *path = tssb_text("data/nodeA/_logs/%s.log", desk->hex);
    write_long(desk);
    uint8_t *last = fake_disk_file(&desk->fake, path)->bytes + 127;
    uint8_t good = *last;
    int64_t calls = desk->fake.calls;
    tssb_directory_close(open_directory("data/nodeA", &desk->options));
    assert_in_range(desk->fake.calls - calls, 1, 40);

    /* The process is killed, and its front is torn. */
    struct tssb_directory *directory = open_directory("data/nodeA", &desk->options);
    struct fake_disk crashed;
    fake_disk_clone(&crashed, &desk->fake);
    tssb_directory_close(directory);
    struct tssb_directory_options options = desk->options;
    options.disk = &crashed.disk;
    uint8_t *torn = fake_disk_file(&crashed, path)->bytes + 127;
    *torn = (uint8_t)(good + 1);
    desk->notices[0] = 0;
    directory = open_directory("data/nodeA", &options);
    assert_int_equal(open_own(directory).front_seq, LONG);
    assert_non_null(strstr(desk->notices, "its front was torn"));
    assert_int_equal(*torn, good);
    tssb_directory_close(directory);
    fake_disk_close(&crashed);
    free(path);
}

/* The lock is not given back as if all were well when the last sync failed. */
static void a_bad_end_is_remembered(void **state) {
    struct desk *desk = *state;
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0}, wire[TSSB_ENTRY_SIZE];
    struct tssb_directory *directory = open_directory("data/nodeA", &desk->options);
    struct tssb_replica own = open_own(directory);
    assert_int_equal(tssb_replica_author(&own, tssb_directory_store(directory),
                                         tssb_directory_key(directory), TSSB_PLAIN48, payload,
                                         wire),
                     0);
    assert_int_equal(fake_disk_file(&desk->fake, "data/nodeA/lock")->size, 16);
    desk->fake.fail_at = desk->fake.calls;
    desk->fake.fail_until = desk->fake.calls + 1;
    tssb_directory_close(directory);
    assert_int_equal(fake_disk_file(&desk->fake, "data/nodeA/lock")->size, 16);
    tssb_directory_close(open_directory("data/nodeA", &desk->options));
    assert_int_equal(fake_disk_file(&desk->fake, "data/nodeA/lock")->size, 0);
}

/* On the system's own disk: the secret is for its owner's eyes, and a lock is a lock. */
static void on_a_real_disk_it_works_the_same(void **state) {
    struct desk *desk = *state;
    char folder[] = "/tmp/tssb-test-XXXXXX";
    struct progress progress;
    assert_non_null(mkdtemp(folder));
    char *here = getcwd(NULL, 0);
    assert_int_equal(chdir(folder), 0);
    story_make(&desk->story, &tssb_disk_system);
    struct stat status;
    assert_int_equal(stat("data/nodeA/config.json", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(story_tell(&desk->story, &tssb_disk_system, TSSB_SYNC_ALWAYS, &progress));
    story_expect(&desk->story, &tssb_disk_system, &progress);
    desk->options.disk = NULL;
    struct tssb_directory *directory = open_directory("data/nodeA", &desk->options);
    expect_refused(desk, "data/nodeA", 3, "is using it");
    tssb_directory_close(directory);
    assert_int_equal(chdir(here), 0);
    free(here);
    char *clean = tssb_text("rm -r %s", folder);
    assert_int_equal(system(clean), 0);
    free(clean);
}

#define DIRECTORY_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        DIRECTORY_TEST(a_genesis_gives_those_who_trust_it_an_empty_replica),
        DIRECTORY_TEST(the_own_feed_comes_first),
        DIRECTORY_TEST(a_second_writer_is_refused_and_a_reader_is_not),
        DIRECTORY_TEST(a_reader_changes_nothing),
        DIRECTORY_TEST(what_is_no_directory_is_refused),
        DIRECTORY_TEST(one_that_exists_is_not_made_again),
        DIRECTORY_TEST(an_anchor_is_kept_and_another_refused),
        DIRECTORY_TEST(after_a_crash_the_front_of_a_long_log_is_looked_at),
        DIRECTORY_TEST(a_bad_end_is_remembered),
        DIRECTORY_TEST(on_a_real_disk_it_works_the_same),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
