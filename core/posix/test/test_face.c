/* What all faces share: the queue in which no packet stands twice, its bound, the pace, the limit
 * to answers; and addresses that are refused. */
#include "face_support.h"

#include <stdio.h>
#include <string.h>

#define HOUR_NS UINT64_C(3600000000000)
#define MS_NS UINT64_C(1000000)

/* Two faces on one group. */
static struct tssb_face *open_pair(struct scene *scene, const struct tssb_face_options *options) {
    scene_open(scene, 0, "mc", scene->group, options);
    scene_open(scene, 1, "mc", scene->group, NULL);
    return scene->actors[0].face;
}

static void send_number(struct tssb_face *face, unsigned number, bool answer, bool due) {
    char text[16];
    int size = snprintf(text, sizeof text, "packet %u", number);
    assert_int_equal(tssb_face_send(face, (const uint8_t *)text, (size_t)size, answer), due);
}

static void a_packet_is_not_queued_twice(void **state) {
    struct scene *scene = *state;
    struct tssb_face_options options = scene_options();
    options.pace_ns = HOUR_NS;
    struct tssb_face *face = open_pair(scene, &options);
    send_number(face, 1, false, true); /* leaves at once */
    send_number(face, 2, false, true);
    send_number(face, 3, false, true);
    send_number(face, 2, true, true);
    send_number(face, 1, false, true); /* has left, and may again */
    assert_int_equal(tssb_face_queued(face), 3);
    assert_int_equal(tssb_face_counts(face).queued_already, 1);
    scene_until(scene, &scene->actors[1].packets, 1);
    expect_last(&scene->actors[1], "packet 1", 8);
}

struct tapped {
    size_t in, out;
};

static void on_tap(void *context, const struct tssb_face *face, bool outbound, const uint8_t *bytes,
                   size_t size) {
    struct tapped *tapped = context;
    assert_non_null(tssb_face_name(face));
    assert_memory_equal(bytes, "packet 1", size);
    tapped->out += outbound;
    tapped->in += !outbound;
}

/* What waits in the queue has not left. */
static void a_tap_is_told_of_what_left_and_what_came(void **state) {
    struct scene *scene = *state;
    struct tssb_face_options options = scene_options();
    struct tapped tapped = {0};
    options.pace_ns = HOUR_NS;
    struct tssb_face *face = open_pair(scene, &options);
    tssb_face_set_tap(face, on_tap, &tapped);
    tssb_face_set_tap(scene->actors[1].face, on_tap, &tapped);
    send_number(face, 1, false, true);
    send_number(face, 2, false, true);
    scene_until(scene, &scene->actors[1].packets, 1);
    assert_int_equal(tapped.out, 1);
    assert_int_equal(tapped.in, 1);
}

static void the_queue_is_bounded_and_answers_take_half_of_it(void **state) {
    struct scene *scene = *state;
    struct tssb_face_options options = scene_options();
    options.pace_ns = HOUR_NS;
    options.queue_packets = 8;
    struct tssb_face *face = open_pair(scene, &options);
    send_number(face, 0, false, true);
    for (unsigned i = 1; i <= 4; i++)
        send_number(face, i, true, true);
    send_number(face, 5, true, false);
    assert_int_equal(tssb_face_counts(face).overflow, 1);
    for (unsigned i = 6; i <= 9; i++)
        send_number(face, i, false, true);
    send_number(face, 10, false, false);
    assert_int_equal(tssb_face_counts(face).overflow, 2);
    assert_int_equal(tssb_face_queued(face), 8);
}

static void the_queue_leaves_in_order_and_at_its_pace(void **state) {
    struct scene *scene = *state;
    struct tssb_face_options options = scene_options();
    options.pace_ns = 20 * MS_NS;
    options.pace_jitter_ns = 5 * MS_NS;
    struct tssb_face *face = open_pair(scene, &options);
    uint64_t start_ns = uv_hrtime();
    for (unsigned i = 1; i <= 6; i++)
        send_number(face, i, false, true);
    for (unsigned i = 1; i <= 6; i++) {
        char text[16];
        scene_until(scene, &scene->actors[1].packets, i);
        snprintf(text, sizeof text, "packet %u", i);
        expect_last(&scene->actors[1], text, 8);
        assert_true(uv_hrtime() - start_ns >= (i - 1) * 20 * MS_NS);
    }
    assert_int_equal(tssb_face_counts(face).sent_packets, 6);
    assert_int_equal(tssb_face_counts(face).sent_bytes, 48);
}

static void answers_are_limited_and_requests_are_not(void **state) {
    struct scene *scene = *state;
    struct tssb_face_options options = scene_options();
    options.answer_bytes_per_s = 1;
    options.answer_burst_bytes = 20;
    struct tssb_face *face = open_pair(scene, &options);
    send_number(face, 1, true, true);
    send_number(face, 2, true, true);
    send_number(face, 3, true, false);
    send_number(face, 4, false, true);
    send_number(face, 5, true, false);
    assert_int_equal(tssb_face_counts(face).refused, 2);
    assert_int_equal(tssb_face_counts(face).sent_packets, 3);
}

static void the_limit_refills_with_time(void **state) {
    struct scene *scene = *state;
    struct tssb_face_options options = scene_options();
    options.answer_bytes_per_s = 80; /* one of these packets in 100 ms */
    options.answer_burst_bytes = 8;
    struct tssb_face *face = open_pair(scene, &options);
    send_number(face, 1, true, true);
    send_number(face, 2, true, false);
    scene_run(scene, 110);
    send_number(face, 3, true, true);
    send_number(face, 4, true, false);
}

static void packets_that_no_face_sends_are_counted(void **state) {
    struct scene *scene = *state;
    static const uint8_t packet[TSSB_PACKET_SIZE + 1];
    struct tssb_face *face = open_pair(scene, NULL);
    assert_false(tssb_face_send(face, packet, 0, false));
    assert_false(tssb_face_send(face, packet, sizeof packet, false));
    assert_true(tssb_face_send(face, packet, sizeof packet - 1, false));
    assert_int_equal(tssb_face_counts(face).malformed, 2);
    scene_until(scene, &scene->actors[1].packets, 1);
    expect_last(&scene->actors[1], packet, TSSB_PACKET_SIZE);
}

static void wrong_addresses_are_refused(void **state) {
    static const struct {
        const char *kind, *address, *text;
    } wrong[] = {
        {"lora", "1", "one of mc, udp, listen, kiss"},
        {"mc", "10.0.0.1/5000", "10.0.0.1 is not a multicast group"},
        {"mc", "localhost/5000", "is not a multicast group"},
        {"mc", "224.1.1.1", "not HOST/PORT"},
        {"mc", "/5000", "not HOST/PORT"},
        {"mc", "224.1.1.1/", "a number from 1 to 65535"},
        {"mc", "224.1.1.1/0", "a number from 1 to 65535"},
        {"mc", "224.1.1.1/65536", "a number from 1 to 65535"},
        {"udp", "127.0.0.1/5001x", "a number from 1 to 65535"},
        {"udp", "127.0.0.1/-1", "a number from 1 to 65535"},
        {"listen", "port", "a number from 1 to 65535"},
        {"listen", "", "a number from 1 to 65535"},
        {"kiss", "/dev/null", "not a serial line"},
        {"kiss", "/", "not a serial line"},
        {"kiss", "/nowhere/tty", "No such file"},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        scene_refuses(scene, wrong[i].kind, wrong[i].address, NULL, 2, wrong[i].text);
    struct tssb_face_options options = scene_options();
    options.multicast_interface = "no-such-if";
    scene_refuses(scene, "mc", scene->group, &options, 2, "no network interface 'no-such-if'");
    options.multicast_interface = "192.0.2.77";
    scene_refuses(scene, "mc", scene->group, &options, 2, "has the address 192.0.2.77");
    options.baud = 1234;
    scene_refuses(scene, "kiss", "/dev/null", &options, 2, "1234 baud");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_start, scene_end)
    const struct CMUnitTest tests[] = {
        TEST(a_packet_is_not_queued_twice),
        TEST(a_tap_is_told_of_what_left_and_what_came),
        TEST(the_queue_is_bounded_and_answers_take_half_of_it),
        TEST(the_queue_leaves_in_order_and_at_its_pace),
        TEST(answers_are_limited_and_requests_are_not),
        TEST(the_limit_refills_with_time),
        TEST(packets_that_no_face_sends_are_counted),
        TEST(wrong_addresses_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
