/* ns-3 behind its C interface, used alone: packets, time, losses, changes, and worlds one after the
 * other. Skipped where the module was not built. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/ns3/ns3_shim.h"

enum { SKIPPED = 77, NODES = 4, MS = 1000000 };

static const struct ns3_shim *shim;

/* A world of a few nodes on one channel, and what came of what they sent. */
struct bench {
    struct ns3_world *world;
    struct ns3_channel *channel;
    struct ns3_device *devices[NODES];
    double x_m[NODES];
    uint32_t fates[NODES][NS3_UNSENT + 1];
    uint64_t last_ns;
    uint64_t hash; /* of all arrivals */
    uint64_t airtime_ns;
    char text[NS3_LABEL_SIZE], label[NS3_LABEL_SIZE];
};

static void arrived(void *context, uint32_t device, enum ns3_fate fate,
                    const struct ns3_packet *packet) {
    struct bench *bench = context;
    assert_in_range(device, 0, NODES - 1);
    bench->fates[device][fate]++;
    bench->last_ns = shim->now_ns(bench->world);
    bench->hash = (bench->hash ^ bench->last_ns ^ device << 8 ^ fate) * 0x9e3779b97f4a7c15U;
    memcpy(bench->text, packet->bytes, packet->size);
    bench->text[packet->size] = 0;
    memcpy(bench->label, packet->label, NS3_LABEL_SIZE);
}

static void sending(void *context, uint32_t device, uint64_t airtime_ns,
                    const struct ns3_packet *packet) {
    struct bench *bench = context;
    assert_in_range(device, 0, NODES - 1);
    assert_in_range(packet->size, 1, 250);
    bench->airtime_ns += airtime_ns;
}

static struct ns3_place place(void *context, uint32_t node, uint64_t at_ns) {
    const struct bench *bench = context;
    (void)at_ns;
    return (struct ns3_place){bench->x_m[node], 0};
}

static void open_bench(struct bench *bench, const struct ns3_model *channel, uint32_t nodes,
                       struct link_model link) {
    const struct ns3_link both = {link, link};
    struct ns3_setup setup = {.what = "a test",
                              .seed = 7,
                              .context = bench,
                              .arrived = arrived,
                              .sending = sending,
                              .place = place};
    *bench = (struct bench){.world = shim->open(&setup), .x_m = {0, 10, 20, 30}};
    assert_non_null(bench->world);
    bench->channel = shim->add_channel(bench->world, channel);
    assert_non_null(bench->channel);
    for (uint32_t i = 0; i < nodes; i++) {
        struct ns3_node *node = shim->add_node(bench->world, i);
        assert_non_null(node);
        bench->devices[i] = shim->add_device(node, bench->channel, i, &both);
        assert_non_null(bench->devices[i]);
    }
}

static int say(struct bench *bench, uint32_t from, const char *text) {
    char label[NS3_LABEL_SIZE] = "beside it";
    return shim->send(bench->devices[from], (const uint8_t *)text, (uint16_t)strlen(text), label);
}

static const struct link_model plain = {.delay_ns = 5 * MS, .queue_packets = 16};

/* 802.11 up to some 50 m. */
#define WIFI \
    { .kind = NS3_WIFI_ADHOC, .exponent_thousandth = 3000, .power_cdbm = 1600 }

static void set_link(struct bench *bench, uint32_t device, struct link_model link) {
    const struct ns3_link both = {link, link};
    assert_int_equal(shim->set_link(bench->devices[device], &both), NS3_OK);
}

/* Each kind of channel takes a packet as it is to the others, and its label with it. */
static void packets_arrive_as_they_were(void **state) {
    (void)state;
    for (uint8_t kind = 0; kind < NS3_KINDS; kind++) {
        struct ns3_model channel = WIFI;
        channel.kind = kind;
        uint32_t nodes = kind == NS3_P2P ? 2 : NODES;
        struct bench bench;
        open_bench(&bench, &channel, nodes, plain);
        assert_int_equal(say(&bench, 0, "WANT"), NS3_OK);
        assert_int_equal(shim->run(bench.world, 100 * MS), NS3_OK);
        assert_int_equal(shim->now_ns(bench.world), 100 * MS);
        assert_int_equal(bench.fates[0][NS3_RECEIVED], 0);
        for (uint32_t i = 1; i < nodes; i++)
            assert_int_equal(bench.fates[i][NS3_RECEIVED], 1);
        assert_string_equal(bench.text, "WANT");
        assert_string_equal(bench.label, "beside it");
        if (kind == NS3_SIMPLE)
            assert_int_equal(bench.last_ns, 5 * MS);
        shim->close(bench.world);
    }
}

/* A line of 1 Mbit/s: 100 bytes and 2 of PPP take 816 us, then the delay; the next one waits. */
static void a_rate_takes_time(void **state) {
    struct ns3_model channel = {.kind = NS3_P2P};
    struct link_model device = {.delay_ns = 5 * MS, .rate_bit_s = 1000000, .queue_packets = 1};
    char text[101] = {0};
    struct bench bench;
    (void)state;
    memset(text, 'x', 100);
    open_bench(&bench, &channel, 2, device);
    char label[NS3_LABEL_SIZE] = {0};
    assert_int_equal(shim->send(bench.devices[0], (uint8_t *)text, 30, label), NS3_OK);
    assert_int_equal(shim->send(bench.devices[0], (uint8_t *)text, 30, label), NS3_OK);
    assert_int_equal(shim->send(bench.devices[0], (uint8_t *)text, 30, label), NS3_FULL);
    shim->run(bench.world, 10 * MS);
    assert_int_equal(bench.last_ns, 5 * MS + 2 * 256000);
    assert_int_equal(bench.fates[1][NS3_RECEIVED], 2);
    shim->close(bench.world);
}

/* Half of the packets are lost, and each loss is told, with the packet; the rate can change. */
static void losses_are_told(void **state) {
    enum { PACKETS = 1000 };
    (void)state;
    for (uint8_t kind = NS3_SIMPLE; kind <= NS3_P2P; kind++) {
        struct ns3_model channel = {.kind = kind};
        struct link_model device = {
            .delay_ns = MS, .queue_packets = 16, .loss = {.good_ppb = PPB / 2}};
        struct bench bench;
        open_bench(&bench, &channel, 2, device);
        for (uint64_t i = 0; i < PACKETS; i++) {
            assert_int_equal(say(&bench, 0, "entry"), NS3_OK);
            shim->run(bench.world, (i + 1) * 2 * MS);
            assert_string_equal(bench.text, "entry");
        }
        uint32_t got = bench.fates[1][NS3_RECEIVED], lost = bench.fates[1][NS3_LOST];
        assert_int_equal(got + lost, PACKETS);
        assert_in_range(lost, 420, 580); /* five standard deviations */
        device.loss.good_ppb = PPB;
        set_link(&bench, 1, device);
        say(&bench, 0, "entry");
        shim->run(bench.world, (PACKETS + 1) * 2 * MS);
        assert_int_equal(bench.fates[1][NS3_LOST], lost + 1);
        shim->close(bench.world);
    }
}

/* A hundred packets, 3 ms apart, from the first device to the second. */
static void send_a_hundred(struct bench *bench) {
    for (uint64_t i = 0; i < 100; i++) {
        say(bench, 0, "entry");
        shim->run(bench->world, (i + 1) * 3 * MS);
    }
    shim->run(bench->world, 400 * MS);
}

/* Exactly those of the mask, by the sender's count; each that arrives comes twice. */
static void numbers_are_dropped_and_copies_made(void **state) {
    uint32_t drops[] = {1, 3, 100};
    struct link_model device = {
        .delay_ns = MS, .queue_packets = 16, .drops = drops, .drop_count = 3, .duplicate_ppb = PPB};
    (void)state;
    for (uint8_t kind = NS3_SIMPLE; kind <= NS3_P2P; kind++) {
        struct ns3_model channel = {.kind = kind};
        struct bench bench;
        open_bench(&bench, &channel, 2, device);
        send_a_hundred(&bench);
        assert_int_equal(bench.fates[1][NS3_LOST], 3);
        assert_int_equal(bench.fates[1][NS3_RECEIVED], 2 * 97);
        shim->close(bench.world);
    }
}

/* A chain that only ever gets worse, and one that changes at each packet. */
static void losses_come_in_bursts(void **state) {
    struct ns3_model channel = {.kind = NS3_SIMPLE};
    struct link_model device = {
        .delay_ns = MS, .queue_packets = 16, .loss = {.bad_ppb = PPB, .worsens_ppb = PPB}};
    struct bench bench;
    (void)state;
    open_bench(&bench, &channel, 2, device);
    send_a_hundred(&bench);
    assert_int_equal(bench.fates[1][NS3_LOST], 100);
    shim->close(bench.world);
    device.loss.recovers_ppb = PPB;
    open_bench(&bench, &channel, 2, device);
    send_a_hundred(&bench);
    assert_int_equal(bench.fates[1][NS3_LOST], 50);
    assert_int_equal(bench.fates[1][NS3_RECEIVED], 50);
    shim->close(bench.world);
}

/* 40 bits, each wrong with 2 %: 45 % arrive whole. */
static void bit_errors_lose_packets(void **state) {
    struct ns3_model channel = {.kind = NS3_SIMPLE};
    struct link_model device = {.delay_ns = MS, .queue_packets = 16, .bit_error_ppb = PPB / 50};
    struct bench bench;
    (void)state;
    open_bench(&bench, &channel, 2, device);
    send_a_hundred(&bench);
    assert_in_range(bench.fates[1][NS3_RECEIVED], 20, 70);
    assert_int_equal(bench.fates[1][NS3_LOST] + bench.fates[1][NS3_RECEIVED], 100);
    shim->close(bench.world);
}

/* 5 bytes and 2 of PPP at 1 Mbit/s: 56 us, then a gap of 4 ms to the next one; 5 bytes on the air
 * of a simple device; 802.11a's 6 Mbit/s: a preamble of 20 us, 41 bytes in 15 symbols of 4 us. */
static void airtime_and_pace_are_told(void **state) {
    struct ns3_model p2p = {.kind = NS3_P2P}, simple = {.kind = NS3_SIMPLE}, wifi = WIFI;
    struct link_model device = {
        .delay_ns = MS, .rate_bit_s = 1000000, .queue_packets = 16, .pace_ns = 4 * MS};
    struct bench bench;
    (void)state;
    open_bench(&bench, &p2p, 2, device);
    for (int i = 0; i < 3; i++)
        say(&bench, 0, "entry");
    shim->run(bench.world, 100 * MS);
    assert_int_equal(bench.last_ns, 2 * (4 * MS + 56000) + 56000 + MS);
    assert_int_equal(bench.airtime_ns, 3 * 56000);
    shim->close(bench.world);
    open_bench(&bench, &simple, 2, device);
    say(&bench, 0, "entry");
    shim->run(bench.world, 100 * MS);
    assert_int_equal(bench.airtime_ns, 40000);
    shim->close(bench.world);
    open_bench(&bench, &wifi, 2, device);
    say(&bench, 0, "entry");
    shim->run(bench.world, 100 * MS);
    assert_int_equal(bench.airtime_ns, 80000);
    shim->close(bench.world);
}

static void delays_change_and_vary(void **state) {
    struct ns3_model channel = {.kind = NS3_SIMPLE};
    struct link_model device = {.delay_ns = 5 * MS, .jitter_ns = MS, .queue_packets = 16};
    struct bench bench;
    (void)state;
    open_bench(&bench, &channel, 2, device);
    uint64_t least_ns = UINT64_MAX, most_ns = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        say(&bench, 0, "NEED");
        shim->run(bench.world, (i + 1) * 10 * MS);
        uint64_t took_ns = bench.last_ns - i * 10 * MS;
        least_ns = took_ns < least_ns ? took_ns : least_ns;
        most_ns = took_ns > most_ns ? took_ns : most_ns;
    }
    assert_in_range(least_ns, 5 * MS, 5 * MS + MS / 50);
    assert_in_range(most_ns, 6 * MS - MS / 50, 6 * MS);
    device.delay_ns = 2 * MS;
    device.jitter_ns = 0;
    set_link(&bench, 1, device);
    say(&bench, 0, "NEED");
    shim->run(bench.world, 20000 * (uint64_t)MS);
    assert_int_equal(bench.last_ns, 10002 * (uint64_t)MS);
    shim->close(bench.world);
}

/* 802.11a at 16 dBm, exponent 3: the preamble needs -82 dBm, which are there up to 51 m. */
static void wifi_reaches_as_far_as_its_model_says(void **state) {
    struct ns3_model channel = WIFI;
    struct bench bench;
    (void)state;
    for (int far = 0; far < 2; far++) {
        open_bench(&bench, &channel, 2, plain);
        bench.x_m[1] = far ? 55 : 45;
        say(&bench, 0, "WANT");
        shim->run(bench.world, 100 * MS);
        assert_int_equal(bench.fates[1][NS3_RECEIVED], !far);
        shim->close(bench.world);
    }
    channel.propagation = NS3_RANGE;
    channel.range_mm = 250000;
    for (int far = 0; far < 2; far++) {
        open_bench(&bench, &channel, 2, plain);
        bench.x_m[1] = far ? 251 : 249;
        say(&bench, 0, "WANT");
        shim->run(bench.world, 100 * MS);
        assert_int_equal(bench.fates[1][NS3_RECEIVED], !far);
        shim->close(bench.world);
    }
}

/* Two that do not hear each other, and one between them. */
static void hidden_stations_collide(void **state) {
    struct ns3_model channel = {
        .kind = NS3_WIFI_ADHOC, .propagation = NS3_RANGE, .range_mm = 15000, .power_cdbm = 1600};
    struct bench bench;
    (void)state;
    open_bench(&bench, &channel, 3, plain);
    for (int i = 0; i < 100; i++) {
        say(&bench, 0, "from the left");
        say(&bench, 2, "from the right");
        shim->run(bench.world, (uint64_t)(i + 1) * 10 * MS);
    }
    const uint32_t *middle = bench.fates[1];
    uint32_t spoiled = middle[NS3_LOST] + middle[NS3_COLLIDED];
    assert_in_range(spoiled, 50, 200);
    assert_int_equal(middle[NS3_RECEIVED] + spoiled, 200); /* each has one fate */
    shim->close(bench.world);
}

static void a_device_that_is_down_hears_and_says_nothing(void **state) {
    (void)state;
    for (uint8_t kind = 0; kind < NS3_KINDS; kind++) {
        struct ns3_model channel = WIFI;
        channel.kind = kind;
        struct bench bench;
        open_bench(&bench, &channel, 2, plain);
        assert_true(shim->is_up(bench.devices[1]));
        assert_int_equal(shim->set_up(bench.devices[1], false), NS3_OK);
        assert_int_equal(say(&bench, 1, "anyone?"), NS3_FULL);
        assert_int_equal(say(&bench, 0, "WANT"), NS3_OK);
        shim->run(bench.world, 100 * MS);
        assert_int_equal(bench.fates[0][NS3_RECEIVED] + bench.fates[1][NS3_RECEIVED], 0);
        assert_int_equal(shim->set_up(bench.devices[1], true), NS3_OK);
        say(&bench, 1, "here");
        shim->run(bench.world, 200 * MS);
        assert_int_equal(bench.fates[0][NS3_RECEIVED], 1);
        shim->close(bench.world);
    }
}

static void stop_at_once(void *context) {
    struct bench *bench = context;
    bench->last_ns = shim->now_ns(bench->world);
    shim->stop(bench->world);
}

static void timers_act_when_due_unless_cancelled(void **state) {
    struct ns3_model channel = {.kind = NS3_SIMPLE};
    struct ns3_timer timer;
    struct bench bench;
    (void)state;
    open_bench(&bench, &channel, 1, plain);
    assert_int_equal(shim->schedule(bench.world, 3 * MS, stop_at_once, &bench, &timer), NS3_OK);
    assert_int_equal(shim->schedule(bench.world, 7 * MS, stop_at_once, &bench, NULL), NS3_OK);
    shim->cancel(bench.world, timer);
    shim->run(bench.world, 100 * MS);
    assert_int_equal(bench.last_ns, 7 * MS);
    assert_int_equal(shim->now_ns(bench.world), 7 * MS);
    shim->cancel(bench.world, timer); /* once more does nothing */
    shim->run(bench.world, 100 * MS);
    assert_int_equal(shim->now_ns(bench.world), 100 * MS);
    shim->close(bench.world);
}

/* Sent at 0, due at 5 ms: it comes before a run to 5 ms ends, although that was asked for first. */
static void a_run_includes_its_last_instant(void **state) {
    struct ns3_model channel = {.kind = NS3_SIMPLE};
    struct bench bench;
    (void)state;
    open_bench(&bench, &channel, 2, plain);
    say(&bench, 0, "WANT");
    shim->run(bench.world, 5 * MS);
    assert_int_equal(bench.fates[1][NS3_RECEIVED], 1);
    shim->close(bench.world);
}

static uint64_t busy_hour(uint8_t kind) {
    struct ns3_model channel = WIFI;
    struct link_model device = {.delay_ns = MS,
                                .jitter_ns = MS,
                                .jitter_shape = JITTER_PARETO,
                                .loss = {.good_ppb = PPB / 3,
                                         .bad_ppb = PPB,
                                         .worsens_ppb = PPB / 9,
                                         .recovers_ppb = PPB / 3},
                                .duplicate_ppb = PPB / 9,
                                .queue_packets = 16};
    channel.kind = kind;
    struct bench bench;
    open_bench(&bench, &channel, NODES, device);
    for (uint32_t i = 0; i < 100; i++) {
        for (uint32_t node = 0; node < NODES; node++)
            say(&bench, node, "all at once");
        shim->run(bench.world, (i + 1) * 5 * (uint64_t)MS);
    }
    shim->close(bench.world);
    return bench.hash;
}

/* ns-3's global state is as new for each world: its random streams, too. */
static void the_next_world_is_the_same(void **state) {
    static const uint8_t kinds[] = {NS3_SIMPLE, NS3_CSMA, NS3_WIFI_ADHOC};
    (void)state;
    for (size_t i = 0; i < sizeof kinds; i++) {
        uint64_t first = busy_hour(kinds[i]);
        assert_int_equal(busy_hour(kinds[i]), first);
        assert_int_equal(busy_hour(kinds[i]), first);
    }
}

static void failures_have_a_text(void **state) {
    struct ns3_model channel = {.kind = NS3_P2P};
    struct ns3_setup setup = {.what = "another", .arrived = arrived};
    struct bench bench;
    (void)state;
    open_bench(&bench, &channel, 2, plain);
    assert_null(shim->open(&setup));
    assert_string_equal(shim->trouble(), "ns-3 simulates one world at a time");
    struct ns3_node *third = shim->add_node(bench.world, 2);
    assert_null(shim->add_device(third, bench.channel, 2, &(struct ns3_link){plain, plain}));
    assert_string_equal(shim->trouble(), "a point-to-point channel has two ends");
    assert_int_equal(shim->write_anim(bench.world, "/no/such/folder/a.xml"), NS3_FAILED);
    assert_string_equal(shim->trouble(), "/no/such/folder/a.xml: No such file or directory");
    shim->close(bench.world);
}

/* What a world does in a process of its own says on standard error; returns how that ended. */
static int ends_saying(void (*act)(struct bench *bench), char said[4096]) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct ns3_model channel = {.kind = NS3_CSMA};
        struct bench bench;
        dup2(ends[1], STDERR_FILENO);
        open_bench(&bench, &channel, 2, plain);
        act(&bench);
        _exit(0);
    }
    close(ends[1]);
    memset(said, 0, 4096);
    for (size_t size = 0; size < 4095;) {
        ssize_t got = read(ends[0], said + size, 4095 - size);
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void write_where_nothing_can(struct bench *bench) {
    shim->write_pcap(bench->world, "/no/such/folder/a");
}

static void crash(void *context) {
    (void)context;
    (void)raise(SIGBUS);
}

static void crash_in_the_middle(struct bench *bench) {
    shim->schedule(bench->world, MS, crash, NULL, NULL);
    shim->run(bench->world, 2 * MS);
}

/* What ns-3 itself gives up for, or crashes by, ends the process, but not without a word. */
static void giving_up_is_said(void **state) {
    char said[4096];
    (void)state;
    int status = ends_saying(write_where_nothing_can, said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), NS3_EXIT_STATUS);
    assert_non_null(strstr(said, "engine ns3, a test: ns-3 gave up at 0.000000 s"));
    assert_non_null(strstr(said, "/no/such/folder/a")); /* ns-3's own words */
    status = ends_saying(crash_in_the_middle, said);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_non_null(strstr(said, "engine ns3, a test: the process crashed"));
}

int main(void) {
    const char *why;
    shim = ns3_load(&why);
    if (!shim) {
        fprintf(stderr, "skipped: %s\n", why);
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_arrive_as_they_were),
        cmocka_unit_test(a_rate_takes_time),
        cmocka_unit_test(losses_are_told),
        cmocka_unit_test(numbers_are_dropped_and_copies_made),
        cmocka_unit_test(losses_come_in_bursts),
        cmocka_unit_test(bit_errors_lose_packets),
        cmocka_unit_test(airtime_and_pace_are_told),
        cmocka_unit_test(delays_change_and_vary),
        cmocka_unit_test(wifi_reaches_as_far_as_its_model_says),
        cmocka_unit_test(hidden_stations_collide),
        cmocka_unit_test(a_device_that_is_down_hears_and_says_nothing),
        cmocka_unit_test(timers_act_when_due_unless_cancelled),
        cmocka_unit_test(a_run_includes_its_last_instant),
        cmocka_unit_test(the_next_world_is_the_same),
        cmocka_unit_test(failures_have_a_text),
        cmocka_unit_test(giving_up_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
