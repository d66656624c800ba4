/* Faces over UDP: own packets are dropped and nobody else's, listening faces learn their peer, a
 * peer that is away does no harm, and datagrams of any length are survived. */
#define _DEFAULT_SOURCE /* struct ip_mreq */
#include "face_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A UDP socket of no face, bound to an address of the loopback net. */
struct stranger {
    int file;
    struct sockaddr_in at;
};

static void stranger_init(struct stranger *stranger, const char *address, uint16_t port,
                          bool shared) {
    socklen_t size = sizeof stranger->at;
    int on = shared;
    stranger->file = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(stranger->file >= 0);
    stranger->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    assert_int_equal(inet_pton(AF_INET, address, &stranger->at.sin_addr), 1);
    setsockopt(stranger->file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(
        bind(stranger->file, (const struct sockaddr *)&stranger->at, sizeof stranger->at), 0);
    assert_int_equal(getsockname(stranger->file, (struct sockaddr *)&stranger->at, &size), 0);
}

static void stranger_send(const struct stranger *stranger, const struct sockaddr_in *to,
                          const void *bytes, size_t size) {
    ssize_t sent = sendto(stranger->file, bytes, size, 0, (const struct sockaddr *)to, sizeof *to);
    assert_int_equal(sent, size);
}

/* A port that is free now. */
static uint16_t free_port(void) {
    struct stranger stranger;
    stranger_init(&stranger, "127.0.0.1", 0, false);
    close(stranger.file);
    return ntohs(stranger.at.sin_port);
}

static void say(struct tssb_face *face, const char *text) {
    assert_true(tssb_face_send(face, (const uint8_t *)text, strlen(text), false));
}

static void expect_text(const struct actor *actor, const char *text) {
    expect_last(actor, text, strlen(text));
}

static void all_hear_what_one_says_but_itself(void **state) {
    struct scene *scene = *state;
    for (int i = 0; i < 3; i++)
        scene_open(scene, i, "mc", scene->group, NULL);
    say(scene->actors[1].face, "hello");
    scene_until(scene, &scene->actors[0].packets, 1);
    scene_until(scene, &scene->actors[2].packets, 1);
    expect_text(&scene->actors[0], "hello");
    expect_text(&scene->actors[2], "hello");
    scene_run(scene, 20);
    assert_int_equal(scene->actors[1].packets, 0);
    assert_int_equal(tssb_face_counts(scene->actors[1].face).own, 1);
    assert_int_equal(tssb_face_counts(scene->actors[0].face).own, 0);
}

/* Another host's socket may have the very port that the face sends from. */
static void the_own_port_at_another_address_is_not_own(void **state) {
    struct scene *scene = *state;
    struct stranger ear, mouth;
    struct sockaddr_in group = {.sin_family = AF_INET}, from;
    socklen_t size = sizeof from;
    char host[32];
    unsigned port;
    assert_int_equal(sscanf(scene->group, "%31[^/]/%u", host, &port), 2);
    group.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, host, &group.sin_addr);
    stranger_init(&ear, host, (uint16_t)port, true);
    struct ip_mreq membership = {group.sin_addr, {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(
        setsockopt(ear.file, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership), 0);
    scene_open(scene, 0, "mc", scene->group, NULL);
    say(scene->actors[0].face, "own");
    char text[8];
    assert_int_equal(recvfrom(ear.file, text, sizeof text, 0, (struct sockaddr *)&from, &size), 3);
    scene_run(scene, 20);
    assert_int_equal(tssb_face_counts(scene->actors[0].face).own, 1);

    stranger_init(&mouth, "127.9.9.9", ntohs(from.sin_port), true);
    struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    setsockopt(mouth.file, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback);
    stranger_send(&mouth, &group, "other", 5);
    scene_until(scene, &scene->actors[0].packets, 1);
    expect_text(&scene->actors[0], "other");
    scene_run(scene, 1100); /* until the face looks at the interfaces again */
    stranger_send(&mouth, &group, "again", 5);
    scene_until(scene, &scene->actors[0].packets, 2);
    close(ear.file);
    close(mouth.file);
}

static void groups_on_one_port_do_not_mix(void **state) {
    struct scene *scene = *state;
    char other[64];
    snprintf(other, sizeof other, "239.191%s", strchr(strchr(scene->group, '.') + 1, '.'));
    scene_open(scene, 0, "mc", scene->group, NULL);
    scene_open(scene, 1, "mc", scene->group, NULL);
    scene_open(scene, 2, "mc", other, NULL);
    say(scene->actors[0].face, "to the first group");
    scene_until(scene, &scene->actors[1].packets, 1);
    scene_run(scene, 20);
    assert_int_equal(scene->actors[2].packets, 0);
}

static void a_listening_face_learns_its_peer(void **state) {
    struct scene *scene = *state;
    char port[16], address[32];
    snprintf(port, sizeof port, "%u", free_port());
    snprintf(address, sizeof address, "127.0.0.1/%s", port);
    struct tssb_face *listening = scene_open(scene, 0, "listen", port, NULL);
    say(listening, "to nobody");
    assert_int_equal(tssb_face_counts(listening).no_peer, 1);

    say(scene_open(scene, 1, "udp", address, NULL), "first");
    scene_until(scene, &scene->actors[0].packets, 1);
    expect_text(&scene->actors[0], "first");
    say(listening, "to the first");
    scene_until(scene, &scene->actors[1].packets, 1);
    expect_text(&scene->actors[1], "to the first");
    assert_non_null(strstr(scene->actors[0].notices, "the peer is 127.0.0.1/"));

    say(scene_open(scene, 2, "udp", address, NULL), "second");
    scene_until(scene, &scene->actors[0].packets, 2);
    say(listening, "to the second");
    scene_until(scene, &scene->actors[2].packets, 1);
    expect_text(&scene->actors[2], "to the second");
    assert_int_equal(scene->actors[1].packets, 1);
}

static void a_port_in_use_is_refused(void **state) {
    struct scene *scene = *state;
    char port[16];
    snprintf(port, sizeof port, "%u", free_port());
    scene_open(scene, 0, "listen", port, NULL);
    scene_refuses(scene, "listen", port, NULL, 3, "address already in use");
}

/* The system tells that nobody listens; the face goes on, and is heard once somebody does. */
static void a_peer_may_come_late(void **state) {
    struct scene *scene = *state;
    char port[16], address[32];
    snprintf(port, sizeof port, "%u", free_port());
    snprintf(address, sizeof address, "127.0.0.1/%s", port);
    struct tssb_face *face = scene_open(scene, 0, "udp", address, NULL);
    for (int i = 0; i < 4; i++) {
        say(face, "is anybody there?");
        scene_run(scene, 5);
    }
    scene_open(scene, 1, "listen", port, NULL);
    say(face, "perhaps lost");
    scene_run(scene, 5);
    say(face, "now");
    scene_run(scene, 20);
    expect_text(&scene->actors[1], "now");
    say(scene->actors[1].face, "yes");
    scene_until(scene, &scene->actors[0].packets, 1);
}

static void datagrams_of_any_length_are_survived(void **state) {
    static const size_t sizes[] = {0, 1, 6, 7, 43, 119, 120, 121, 250, 251, 2048, 9000, 65507};
    static uint8_t bytes[65507];
    struct scene *scene = *state;
    struct stranger stranger;
    char port[16];
    uint16_t number = free_port();
    snprintf(port, sizeof port, "%u", number);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(number), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    scene_open(scene, 0, "listen", port, NULL);
    stranger_init(&stranger, "127.0.0.1", 0, false);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(bytes, (int)i, sizeof bytes);
        stranger_send(&stranger, &to, bytes, sizes[i]);
        if (sizes[i] == 0)
            continue;
        scene_until(scene, &scene->actors[0].packets, i);
        expect_last(&scene->actors[0], bytes, sizes[i]);
    }
    assert_int_equal(tssb_face_counts(scene->actors[0].face).malformed, 1);
    close(stranger.file);
}

/* More than libuv takes at once, and all of it before the loop turns. */
static void a_burst_arrives_whole_and_in_order(void **state) {
    struct scene *scene = *state;
    enum { BURST = 100 };
    scene_open(scene, 0, "mc", scene->group, NULL);
    scene_open(scene, 1, "mc", scene->group, NULL);
    for (int i = 1; i <= BURST; i++) {
        uint8_t packet[BURST] = {0};
        assert_true(tssb_face_send(scene->actors[0].face, packet, (size_t)i, false));
    }
    scene_until(scene, &scene->actors[1].packets, BURST);
    for (size_t i = 0; i < BURST; i++)
        assert_int_equal(scene->actors[1].sizes[i], i + 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_start, scene_end)
    const struct CMUnitTest tests[] = {
        TEST(all_hear_what_one_says_but_itself),
        TEST(the_own_port_at_another_address_is_not_own),
        TEST(groups_on_one_port_do_not_mix),
        TEST(a_listening_face_learns_its_peer),
        TEST(a_port_in_use_is_refused),
        TEST(a_peer_may_come_late),
        TEST(datagrams_of_any_length_are_survived),
        TEST(a_burst_arrives_whole_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
