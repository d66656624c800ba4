/* Every query of results/README.md runs on a database that the recorder made, and has an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results_support.h"

static const char opening[] = "\n```sql\n", closing[] = "\n```\n";

/* As the README says it of each: an answer to a question before it. */
static void expect_sentence_before(const char *text, const char *block) {
    const char *at = block;
    while (at > text && *at == '\n')
        at--;
    assert_true(at > text && (*at == '?' || *at == '.' || *at == '`'));
}

static void test_queries_of_the_readme(void **state) {
    const char *path = results_path("readme.sqlite");
    size_t size;
    int queries = 0;
    (void)state;
    (void)results_record(path, fake_story, &(struct fake_twist){.lost_seq = 2});
    (void)results_record(path, fake_story, &(struct fake_twist){.lost_seq = 3});
    char *readme = results_bytes(TSSB_SOURCE_DIR "/results/README.md", &size), *at = readme;
    while ((at = strstr(at, opening))) {
        expect_sentence_before(readme, at);
        char *query = at + strlen(opening), *end = strstr(query, closing);
        assert_non_null(end);
        *end = 0;
        if (results_ask(path, "%s", query)[0] == 0)
            fail_msg("no answer to: %s", query);
        queries++;
        at = end + 1;
    }
    free(readme);
    assert_int_equal(queries, 12);
}

/* What some of them are to find. */
static void test_answers(void **state) {
    const char *path = results_path("answers.sqlite");
    (void)state;
    (void)results_record(path, fake_story, NULL);
    (void)results_record(path, fake_story, &(struct fake_twist){.lost_seq = 3});
    assert_string_equal(results_ask(path, "SELECT run, latency_s FROM catchups"), "1|0.1\n2|10.1");
    assert_string_equal(
        results_ask(path, "SELECT max(latency_s) FROM latencies WHERE run = 2 AND node = 'nodeC'"),
        "55.03");
    assert_string_equal(results_ask(path, "SELECT count(*) FROM latencies WHERE run = 1"), "20");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries_of_the_readme),
        cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, results_directory_make, results_directory_remove);
}
