/* A face on a serial line: a pseudo terminal whose other end the test holds. Frames both ways,
 * noise, a line that takes nothing for a while, and one that is unplugged and comes back elsewhere.
 */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "face_support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/kiss.h"

/* A cable: the device that the face opens, by a name that stays, and the end in the test's hand. */
struct cable {
    int end;
    char path[64];
};

static void plug(struct cable *cable) {
    char target[64];
    cable->end = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(cable->end >= 0);
    assert_int_equal(grantpt(cable->end), 0);
    assert_int_equal(unlockpt(cable->end), 0);
    snprintf(target, sizeof target, "%s", ptsname(cable->end));
    snprintf(cable->path, sizeof cable->path, "/tmp/tssb-test-tty-%ld", (long)getpid());
    unlink(cable->path);
    assert_int_equal(symlink(target, cable->path), 0);
}

static void unplug(struct cable *cable) {
    close(cable->end);
    unlink(cable->path);
}

static void put(const struct cable *cable, const void *bytes, size_t size) {
    assert_int_equal(write(cable->end, bytes, size), size);
}

/* Reads exactly so many bytes, which the face has sent or will while the loop turns. */
static void get(struct scene *scene, const struct cable *cable, uint8_t *bytes, size_t size) {
    fcntl(cable->end, F_SETFL, O_NONBLOCK);
    size_t at = 0;
    for (int turn = 0; turn < 2000 && at < size; turn++) {
        ssize_t count = read(cable->end, bytes + at, size - at);
        if (count > 0)
            at += (size_t)count;
        else
            scene_run(scene, 5);
    }
    assert_int_equal(at, size);
}

static struct tssb_face_options unpaced(void) {
    struct tssb_face_options options = tssb_face_defaults;
    options.pace_ns = 0;
    return options;
}

static void frames_travel_both_ways(void **state) {
    static const uint8_t special[] = {0x11, 0xc0, 0xdb, 0x0a, 0x0d, 0x03, 0x00, 0xff};
    struct scene *scene = *state;
    struct tssb_face_options options = unpaced();
    struct cable cable;
    uint8_t frame[TSSB_KISS_FRAME_SIZE], got[TSSB_KISS_FRAME_SIZE];
    plug(&cable);
    struct tssb_face *face = scene_open(scene, 0, "kiss", cable.path, &options);
    int size = tssb_kiss_encode(special, sizeof special, frame);
    put(&cable, frame, (size_t)size);
    scene_until(scene, &scene->actors[0].packets, 1);
    expect_last(&scene->actors[0], special, sizeof special);

    assert_true(tssb_face_send(face, special, sizeof special, false));
    get(scene, &cable, got, (size_t)size);
    assert_memory_equal(got, frame, (size_t)size);
    unplug(&cable);
}

static void noise_is_counted_and_the_next_frame_is_heard(void **state) {
    struct scene *scene = *state;
    struct cable cable;
    uint8_t noise[1000], frame[TSSB_KISS_FRAME_SIZE];
    memset(noise, 'n', sizeof noise);
    noise[0] = 0xc0;
    plug(&cable);
    struct tssb_face *face = scene_open(scene, 0, "kiss", cable.path, NULL);
    put(&cable, noise, sizeof noise);           /* too long */
    put(&cable, "\xc0\xdb\x01\xc0\xc0\xc0", 6); /* a bad escape, and empty frames */
    put(&cable, frame, (size_t)tssb_kiss_encode((const uint8_t *)"heard", 5, frame));
    scene_until(scene, &scene->actors[0].packets, 1);
    expect_last(&scene->actors[0], "heard", 5);
    assert_int_equal(tssb_face_counts(face).malformed, 2);
    unplug(&cable);
}

static void packets_too_long_for_kiss_are_dropped(void **state) {
    static const uint8_t packet[TSSB_PACKET_SIZE];
    struct scene *scene = *state;
    struct tssb_face_options options = unpaced();
    struct cable cable;
    plug(&cable);
    struct tssb_face *face = scene_open(scene, 0, "kiss", cable.path, &options);
    tssb_face_send(face, packet, TSSB_KISS_PACKET_SIZE + 1, false);
    assert_int_equal(tssb_face_counts(face).errors, 1);
    assert_non_null(strstr(scene->actors[0].notices, "too long for KISS"));
    assert_true(tssb_face_send(face, packet, TSSB_KISS_PACKET_SIZE, false));
    assert_int_equal(tssb_face_counts(face).sent_packets, 1);
    unplug(&cable);
}

/* Nobody reads at the other end: the queue waits, and nothing is lost or torn. */
static void a_slow_line_holds_the_queue_up(void **state) {
    enum { PACKETS = 200 };
    struct scene *scene = *state;
    struct tssb_face_options options = unpaced();
    struct tssb_kiss_decoder decoder = {0};
    struct cable cable;
    uint8_t packet[TSSB_KISS_PACKET_SIZE] = {0}, byte;
    plug(&cable);
    struct tssb_face *face = scene_open(scene, 0, "kiss", cable.path, &options);
    for (unsigned i = 0; i < PACKETS; i++) {
        packet[0] = (uint8_t)i;
        assert_true(tssb_face_send(face, packet, sizeof packet, false));
    }
    scene_run(scene, 20);
    assert_true(tssb_face_queued(face) > 0);
    for (unsigned i = 0; i < PACKETS;) {
        get(scene, &cable, &byte, 1);
        if (tssb_kiss_decode(&decoder, byte) == 0)
            continue;
        assert_int_equal(decoder.packet[0], i);
        i++;
    }
    assert_int_equal(tssb_face_queued(face), 0);
    assert_int_equal(decoder.dropped, 0);
    unplug(&cable);
}

static void an_unplugged_line_comes_back(void **state) {
    struct scene *scene = *state;
    struct tssb_face_options options = unpaced();
    struct cable cable;
    uint8_t frame[TSSB_KISS_FRAME_SIZE], got[TSSB_KISS_FRAME_SIZE];
    size_t size = (size_t)tssb_kiss_encode((const uint8_t *)"queued", 6, frame);
    plug(&cable);
    struct tssb_face *face = scene_open(scene, 0, "kiss", cable.path, &options);
    put(&cable, "\xc0half a fra", 11);
    scene_run(scene, 20);
    unplug(&cable);
    scene_run(scene, 20);
    assert_non_null(strstr(scene->actors[0].notices, "unplugged"));
    assert_true(tssb_face_send(face, (const uint8_t *)"queued", 6, false));
    assert_int_equal(tssb_face_queued(face), 1);

    plug(&cable);
    get(scene, &cable, got, size);
    assert_memory_equal(got, frame, size);
    assert_non_null(strstr(scene->actors[0].notices, "plugged in again"));
    put(&cable, frame, size);
    scene_until(scene, &scene->actors[0].packets, 1);
    expect_last(&scene->actors[0], "queued", 6);
    unplug(&cable);
}

static void the_usual_pace_is_half_a_second(void **state) {
    struct scene *scene = *state;
    struct cable cable;
    uint8_t got[8];
    plug(&cable);
    struct tssb_face *face = scene_open(scene, 0, "kiss", cable.path, NULL);
    uint64_t start_ns = uv_hrtime();
    assert_true(tssb_face_send(face, (const uint8_t *)"ab", 2, false));
    assert_true(tssb_face_send(face, (const uint8_t *)"cd", 2, false));
    get(scene, &cable, got, sizeof got);
    assert_memory_equal(got,
                        "\xc0"
                        "ab\xc0\xc0"
                        "cd\xc0",
                        sizeof got);
    assert_true(uv_hrtime() - start_ns >= 500000000);
    unplug(&cable);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_start, scene_end)
    const struct CMUnitTest tests[] = {
        TEST(frames_travel_both_ways),
        TEST(noise_is_counted_and_the_next_frame_is_heard),
        TEST(packets_too_long_for_kiss_are_dropped),
        TEST(a_slow_line_holds_the_queue_up),
        TEST(an_unplugged_line_comes_back),
        TEST(the_usual_pace_is_half_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
