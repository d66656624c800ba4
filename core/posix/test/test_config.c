/* config.json: PoC-01's file is read, ours is written as PoC-01 does, what is wrong is named by
 * file, line and field. */
#include <stdlib.h>
#include <string.h>

#include "core/posix/config.h"
#include "core/posix/text.h"
#include "fake_disk.h"
#include "support.h"

#define FID "\"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c\""
#define SECRET "\"0101010101010101010101010101010101010101010101010101010101010101\""
#define OTHER "\"8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394\""

static int load_text(const char *text, struct tssb_config *config, char **error) {
    struct fake_disk fake;
    fake_disk_init(&fake);
    assert_int_equal(fake.disk.mkdir(&fake, "n", 0755), 0);
    assert_int_equal(tssb_disk_save(&fake.disk, "n/config.json", 0600, text, strlen(text), 0), 0);
    int status = tssb_config_load(config, &fake.disk, "n", error);
    fake_disk_close(&fake);
    return status;
}

/* As its test_init.py writes it, with its placeholder for message IDs. */
static void a_file_of_poc_01_is_read(void **state) {
    struct tssb_config config;
    char *error = NULL;
    (void)state;
    int status = load_text("{\n  \"name\": \"nodeA\",\n  \"feedID\": " FID
                           ",\n  \"secret\": " SECRET
                           ",\n  \"msgID0\": \"616263\",\n  \"trusted\": [\n    [\n      " OTHER
                           ",\n      0,\n      \"616263\"\n    ]\n  ]\n}",
                           &config, &error);
    if (status)
        fail_msg("%s", error);
    assert_string_equal(config.name, "nodeA");
    assert_ptr_equal(config.scheme, &tssb_scheme_ed25519);
    assert_int_equal(config.secret[31], 1);
    assert_int_equal(config.trusted_count, 1);
    assert_int_equal(config.trusted[0].seq, 0);
    assert_memory_equal(config.trusted[0].mid, config.trusted[0].fid, TSSB_MID_SIZE);
    tssb_config_close(&config);
    assert_int_equal(config.secret[31], 0);
}

static void what_is_wrong_is_named_by_line_and_field(void **state) {
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "n/config.json:1: "},
        {"{\n \"name\": \"a\",\n}", "n/config.json:3: "},
        {"[]", "n/config.json:1: must be an object"},
        {"{\n}", "n/config.json:2: name: is missing"},
        {"{\n\n\"name\": 7}", "n/config.json:3: name: must be a text"},
        {"{\"name\": \"../a\"}", "n/config.json:1: name: cannot be"},
        {"{\"name\": \"a\",\n \"name\": \"b\"}", "n/config.json:2: duplicate"},
        {"{\"name\": \"a\"}", ":1: feedID: is missing"},
        {"{\"name\": \"a\",\n\"feedID\": \"8a\"}", ":2: feedID: must be 64 hexadecimal digits"},
        {"{\"name\": \"a\",\n\"feedID\": " FID "}", ":2: secret: is missing"},
        {"{\"name\": \"a\",\n\"feedID\": " FID ",\n\n\"secret\": \"zz\"}",
         ":4: secret: must be 64"},
        {"{\"name\": \"a\",\n\"feedID\": " OTHER ",\n\"secret\": " SECRET "}",
         ":2: feedID: is not the public key"},
        {"{\"name\": \"a\",\"feedID\": " FID ",\n\"secret\": " SECRET "}",
         ":2: msgID0: is missing"},
        {"{\"name\": \"a\",\"feedID\": " FID ",\n\"secret\": " SECRET ",\"msgID0\":\"x\"}",
         ":2: msgID0: must be hex"},
        {"{\"name\": \"a\",\"feedID\": " FID ",\n\"secret\": " SECRET ",\"msgID0\":\"\"}",
         ":2: trusted: is missing"},
        {"{\"name\": \"a\",\"feedID\": " FID ",\"secret\": " SECRET ",\"msgID0\":\"\"\n"
         ",\"trusted\": {}}",
         ":2: trusted: must be a list"},
        {"{\"name\": \"a\",\"feedID\": " FID ",\"secret\": " SECRET ",\"msgID0\":\"\"\n"
         ",\"trusted\": [[" OTHER ", 5, \"616263\"]]}",
         ":2: trusted: must be a list of"},
        {"{\"name\": \"a\",\"feedID\": " FID ",\"secret\": " SECRET ",\"msgID0\":\"\"\n"
         ",\"trusted\": [[" OTHER ", -1, \"\"]]}",
         ":2: trusted: must be a list of"},
        {"{\"name\": \"a\",\n\n\"scheme\": \"rsa\"}", ":3: scheme: must be ed25519"},
        {"{\"trusted\": [{\"name\": \"inner\"}],\n\"name\": 7}", ":2: name: must be a text"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tssb_config config;
        char *error = NULL;
        assert_int_equal(load_text(cases[i].text, &config, &error), 2);
        if (!strstr(error, cases[i].error))
            fail_msg("'%s' lacks '%s'", error, cases[i].error);
        assert_null(strstr(error, "0101010101"));
        free(error);
    }
}

static void a_missing_file_and_a_large_one_are_refused(void **state) {
    struct fake_disk fake;
    struct tssb_config config;
    char *error = NULL, *large = calloc(1, 2 << 20);
    (void)state;
    fake_disk_init(&fake);
    assert_int_equal(tssb_config_load(&config, &fake.disk, "n", &error), 2);
    assert_non_null(strstr(error, "tssb init"));
    free(error);
    assert_non_null(large);
    assert_int_equal(fake.disk.mkdir(&fake, "n", 0755), 0);
    assert_int_equal(tssb_disk_save(&fake.disk, "n/config.json", 0600, large, 2 << 20, 0), 0);
    assert_int_equal(tssb_config_load(&config, &fake.disk, "n", &error), 3);
    free(error);
    free(large);
    fake_disk_close(&fake);
}

static void expect_same(const struct tssb_config *left, const struct tssb_config *right) {
    assert_string_equal(left->name, right->name);
    assert_ptr_equal(left->scheme, right->scheme);
    assert_memory_equal(left->fid, right->fid, TSSB_FID_SIZE);
    assert_memory_equal(left->secret, right->secret, TSSB_SECRET_SIZE);
    assert_int_equal(left->trusted_count, right->trusted_count);
    for (uint32_t i = 0; i < left->trusted_count; i++) {
        assert_int_equal(left->trusted[i].seq, right->trusted[i].seq);
        assert_memory_equal(left->trusted[i].fid, right->trusted[i].fid, TSSB_FID_SIZE);
        assert_memory_equal(left->trusted[i].mid, right->trusted[i].mid, TSSB_MID_SIZE);
    }
}

static void what_is_written_is_read(void **state) {
    static const uint8_t shared[TSSB_SECRET_SIZE] = "shared by all";
    (void)state;
    for (size_t i = 0; tssb_schemes[i]; i++) {
        struct fake_disk fake;
        struct tssb_config config, read;
        char *error = NULL;
        fake_disk_init(&fake);
        assert_int_equal(fake.disk.mkdir(&fake, "n", 0755), 0);
        assert_int_equal(
            tssb_config_init(&config, "a \"b\" \xc3\xa9", tssb_schemes[i], i ? shared : NULL), 0);
        struct tssb_anchor anchor = tssb_anchor_whole(twin_fids[0]);
        assert_int_equal(tssb_config_trust(&config, &anchor), 0);
        anchor.seq = UINT32_MAX;
        anchor.mid[0]++;
        assert_int_equal(tssb_config_trust(&config, &anchor), 0);
        assert_int_equal(tssb_config_save(&config, &fake.disk, "n"), 0);
        if (tssb_config_load(&read, &fake.disk, "n", &error) != 0)
            fail_msg("%s", error);
        expect_same(&config, &read);
        bool named = strstr((char *)fake_disk_file(&fake, "n/config.json")->bytes, "\"scheme\"");
        assert_int_equal(named, i > 0);
        assert_memory_equal(fake_disk_file(&fake, "n/state.json")->bytes, "{}", 2);
        tssb_config_close(&config);
        tssb_config_close(&read);
        fake_disk_close(&fake);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_poc_01_is_read),
        cmocka_unit_test(what_is_wrong_is_named_by_line_and_field),
        cmocka_unit_test(a_missing_file_and_a_large_one_are_refused),
        cmocka_unit_test(what_is_written_is_read),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
