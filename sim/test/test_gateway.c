/* A real peer, outside: a process with a UDP socket, which asks a virtual node for entries over its
 * real face. What it sent is recorded, and the run repeated from the record has the same digest
 * each time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/entry.h"
#include "core/request.h"
#include "sim/gateway.h"
#include "sim/record/recorder.h"
#include "sim/record/replay.h"

enum { ENTRIES = 3, TRIES = 20 };

/* A UDP port of the loopback that nobody has. */
static uint16_t free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int probe = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(probe, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&address, &size), 0);
    close(probe);
    return ntohs(address.sin_port);
}

/* The peer: asks for one entry after the other, as often as it takes, and checks each. */
static int fetch(uint16_t port, const uint8_t *fid) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {0, 100000};
    const struct tssb_trust trust = {&tssb_scheme_ed25519, {0}};
    struct tssb_place place = tssb_entry_genesis(fid);
    uint8_t packet[TSSB_PACKET_SIZE], wire[1000];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int peer = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(peer, (struct sockaddr *)&address, sizeof address) != 0)
        return 1;
    for (int tries = 0; tries < TRIES && place.seq <= ENTRIES; tries++) {
        struct tssb_want want = {.seq = place.seq};
        memcpy(want.fid, fid, TSSB_FID_SIZE);
        size_t size = tssb_want_encode(&want, 1, tssb_want_dmx(fid), packet);
        (void)send(peer, packet, size, 0);
        ssize_t got = recv(peer, wire, sizeof wire, 0);
        if (got < 0 || tssb_entry_check(&trust, &place, wire, (size_t)got) != 0)
            continue;
        tssb_entry_mid(&place, wire, place.prev);
        place.seq++;
    }
    return place.seq == ENTRIES + 1 ? 0 : 1;
}

static void write_scenario(char *yaml, size_t size, uint16_t port) {
    snprintf(yaml, size,
             "name: gate\nduration: 1500 ms\nrecord: packets\n"
             "nodes: {a: {produce: {at_start: %d}}, gw: {follow: a}}\n"
             "network: {link: {delay: 5 ms, jitter: 2 ms}}\n"
             "faces: [{node: gw, listen: %u}]\n",
             ENTRIES, port);
}

static void record_a_session(const char *path, uint8_t digest[DIGEST_SIZE]) {
    uint16_t port = free_port();
    char yaml[512], *error = NULL;
    struct scenario scenario;
    struct world *world;
    struct gateway *gateway;
    struct recorder *recorder;
    int64_t run;
    enum world_end end;
    int status;
    write_scenario(yaml, sizeof yaml, port);
    assert_int_equal(scenario_parse(&scenario, "gate", yaml, strlen(yaml), NULL, 0, &error), 0);
    assert_int_equal(world_create(&world, &scenario), 0);
    assert_int_equal(gateway_open(&gateway, world, 1000, &error), 0);
    world_connect(world, gateway_outside(gateway));
    assert_int_equal(recorder_open(&recorder, path, &error), 0);
    struct run_info info = {.engine = "builtin", .version = "1"};
    assert_int_equal(recorder_begin(recorder, world, &info, &run, &error), 0);
    world_watch(world, recorder_observer(recorder));
    pid_t peer = fork();
    if (peer == 0)
        _exit(fetch(port, world_feed_id(world, 0)));
    assert_int_equal(world_run(world, NULL, &end), 0);
    assert_int_equal(waitpid(peer, &status, 0), peer);
    assert_int_equal(status, 0);
    assert_int_equal(recorder_finish(recorder, run_outcome_of(world, end), NULL, &error), 0);
    assert_int_equal(run, 1);
    world_digest(world, digest);
    recorder_close(recorder);
    gateway_close(gateway);
    world_close(world);
    scenario_close(&scenario);
}

static void repeat_the_session(const char *path, uint8_t digest[DIGEST_SIZE]) {
    struct replay replay;
    struct scenario scenario;
    struct world *world;
    enum world_end end;
    char *error = NULL;
    assert_int_equal(replay_open(&replay, path, 1, &error), 0);
    assert_int_equal(scenario_parse(&scenario, path, replay.scenario_text, replay.scenario_size,
                                    replay.settings, replay.setting_count, &error),
                     0);
    assert_int_equal(world_create(&world, &scenario), 0);
    assert_int_equal(replay_inject(&replay, world, &error), 0);
    assert_int_equal(world_run(world, NULL, &end), 0);
    world_digest(world, digest);
    world_close(world);
    scenario_close(&scenario);
    replay_close(&replay);
}

static void a_session_with_the_real_world_can_be_repeated(void **state) {
    char path[] = "/tmp/tssb-gateway-XXXXXX";
    uint8_t recorded[DIGEST_SIZE], repeated[DIGEST_SIZE];
    int file = mkstemp(path);
    (void)state;
    assert_true(file >= 0);
    close(file);
    record_a_session(path, recorded);
    for (int i = 0; i < 2; i++) {
        repeat_the_session(path, repeated);
        assert_memory_equal(recorded, repeated, DIGEST_SIZE);
    }
    unlink(path);
}

/* Without what came in, it is another run: the digest does say something. */
static void without_the_peer_it_is_another_run(void **state) {
    char path[] = "/tmp/tssb-gateway-XXXXXX", yaml[512], *error = NULL;
    uint8_t recorded[DIGEST_SIZE], alone[DIGEST_SIZE];
    struct scenario scenario;
    struct world *world;
    enum world_end end;
    int file = mkstemp(path);
    (void)state;
    close(file);
    record_a_session(path, recorded);
    write_scenario(yaml, sizeof yaml, 1);
    assert_int_equal(scenario_parse(&scenario, "gate", yaml, strlen(yaml), NULL, 0, &error), 0);
    assert_int_equal(world_create(&world, &scenario), 0);
    assert_int_equal(world_run(world, NULL, &end), 0);
    world_digest(world, alone);
    assert_memory_not_equal(recorded, alone, DIGEST_SIZE);
    world_close(world);
    scenario_close(&scenario);
    unlink(path);
}

static void a_face_that_cannot_be_opened_is_named(void **state) {
    static const char yaml[] = "name: bad\nduration: 1 s\nnodes: {a: {produce: {at_start: 1}}}\n"
                               "faces: [{node: a, kiss: /nowhere/tty}]\n";
    struct scenario scenario;
    struct world *world;
    struct gateway *gateway;
    char *error = NULL;
    (void)state;
    assert_int_equal(scenario_parse(&scenario, "bad", yaml, sizeof yaml - 1, NULL, 0, &error), 0);
    assert_int_equal(world_create(&world, &scenario), 0);
    assert_true(gateway_open(&gateway, world, 1000, &error) >= 2);
    assert_null(gateway);
    assert_non_null(error);
    assert_non_null(strstr(error, "/nowhere/tty"));
    free(error);
    world_close(world);
    scenario_close(&scenario);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_with_the_real_world_can_be_repeated),
        cmocka_unit_test(without_the_peer_it_is_another_run),
        cmocka_unit_test(a_face_that_cannot_be_opened_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
