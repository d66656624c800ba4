/* tssb bridge: what comes in by one face goes out by all others. It neither knows feeds nor checks
 * anything: the LoRa bridge of the first proof of concept in software.
 *
 * Two bridges between the same two media would send a packet round and round. So each remembers
 * what it forwarded of late, and does not do it again for a while. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/types.h"
#include "face_spec.h"
#include "service.h"
#include "tap.h"

static const char help[] =
    "Forwards packets between any faces, never back to where they came from.\n"
    "\n"
    "A FACE is KIND:ADDRESS[,OPTION=VALUE]...:\n"
    "  mc:GROUP/PORT      a multicast group\n"
    "  udp:HOST/PORT      a peer over UDP\n"
    "  listen:PORT        whoever is heard on a UDP port, and answered there from then on\n"
    "  kiss:DEVICE        a serial line\n"
    "with the options\n"
    "  pace=TIME          least time between two packets; unless told 500ms on KISS\n"
    "  queue=N            packets that may wait; unless told 256\n"
    "  baud=N             of a serial line; unless told 115200\n"
    "  if=IF              the network interface of a multicast group, a name or an address\n"
    "\n"
    "  --once TIME        forward the same packet once in this time, so that several bridges make\n"
    "                     no loop; unless told 1s; 0 forwards all\n"
    "  --mc-if IF         as if=, for all multicast groups\n"
    "  --log LEVEL        quiet, info or debug, on standard error\n"
    "  --status FILE      each second a line of JSON with counts of each face; '-' is standard\n"
    "                     output\n"
    "  --pcap FILE        all packets, for Wireshark; an older file is overwritten\n"
    "  --help             this text\n"
    "\n"
    "Exit status: 0 stopped by Ctrl-C or SIGTERM, 2 the usage is wrong, 3 the system failed.\n"
    "\n"
    "Example: tssb bridge mc:224.1.1.1/5000 kiss:/dev/ttyUSB0,pace=250ms\n";

enum { RECENT_PACKETS = 1024 };

/* What was forwarded of late: a ring, the oldest first to be forgotten. */
struct recent {
    struct {
        uint64_t at_ns;
        uint16_t size;
        uint8_t bytes[TSSB_PACKET_SIZE];
    } packets[RECENT_PACKETS];
    uint32_t next;
    uint64_t window_ns;
};

struct bridge {
    struct service service;
    struct face_specs specs;
    struct tssb_face *faces[FACE_SPECS_MAX];
    size_t face_count;
    uint64_t forwarded, again;
    struct recent recent;
    struct tap tap;
};

/* Whether the packet was forwarded within the window; if not, it is from now on. */
static bool is_recent(struct recent *recent, const uint8_t *bytes, size_t size, uint64_t now_ns) {
    if (recent->window_ns == 0)
        return false;
    for (uint32_t i = 1; i <= RECENT_PACKETS; i++) {
        uint32_t at = (recent->next + RECENT_PACKETS - i) % RECENT_PACKETS;
        if (recent->packets[at].size == 0 || now_ns - recent->packets[at].at_ns > recent->window_ns)
            break;
        if (recent->packets[at].size == size && memcmp(recent->packets[at].bytes, bytes, size) == 0)
            return true;
    }
    recent->packets[recent->next].at_ns = now_ns;
    recent->packets[recent->next].size = (uint16_t)size;
    memcpy(recent->packets[recent->next].bytes, bytes, size);
    recent->next = (recent->next + 1) % RECENT_PACKETS;
    return false;
}

/* A packet longer than faces send goes to them all the same, and is counted there. */
static void on_received(void *context, struct tssb_face *from, const uint8_t *bytes, size_t size) {
    struct bridge *bridge = context;
    if (size <= TSSB_PACKET_SIZE && is_recent(&bridge->recent, bytes, size, uv_hrtime())) {
        bridge->again++;
        return;
    }
    bridge->forwarded++;
    service_say(&bridge->service, SERVICE_DEBUG, "%zu B from %s", size, tssb_face_name(from));
    for (size_t i = 0; i < bridge->face_count; i++)
        if (bridge->faces[i] != from)
            tssb_face_send(bridge->faces[i], bytes, size, false);
}

static void on_notice(void *context, const struct tssb_face *face, const char *line) {
    const struct bridge *bridge = context;
    (void)face;
    service_say(&bridge->service, SERVICE_INFO, "%s", line);
}

static json_t *bridge_status(void *context) {
    const struct bridge *bridge = context;
    char now[32];
    json_t *faces = json_array();
    service_time(now);
    for (size_t i = 0; i < bridge->face_count; i++)
        json_array_append_new(faces, service_face(bridge->faces[i]));
    return json_pack("{s:s, s:I, s:I, s:o}", "time", now, "forwarded",
                     (json_int_t)bridge->forwarded, "again", (json_int_t)bridge->again, "faces",
                     faces);
}

static void stop_bridge(void *context) {
    const struct bridge *bridge = context;
    for (size_t i = 0; i < bridge->face_count; i++)
        tssb_face_close(bridge->faces[i]);
}

static int set_once(struct bridge *bridge, const char *text) {
    if (face_spec_duration(text, &bridge->recent.window_ns))
        return 0;
    return command_misused(bridge->service.command, "--once takes a time such as 1s, not '%s'",
                           text);
}

/* Returns -1 to go on, or an exit status. */
static int read_options(struct bridge *bridge, int argc, char **argv) {
    static const struct option options[] = {{"once", required_argument, NULL, 'o'},
                                            {"mc-if", required_argument, NULL, 'i'},
                                            {"log", required_argument, NULL, 'L'},
                                            {"status", required_argument, NULL, 'S'},
                                            {"pcap", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const struct command *command = bridge->service.command;
    const char *interface = NULL;
    int error = 0;
    for (int option; !error && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        else if (option == 'o')
            error = set_once(bridge, optarg);
        else if (option == 'i')
            interface = optarg;
        else if (option == 'L')
            error = service_set_level(command, optarg, &bridge->service.level);
        else if (option == 'S')
            bridge->service.status_path = optarg;
        else if (option == 'c')
            bridge->tap.path = optarg;
        else
            error = command_bad_option(command, option, argv);
    }
    for (int i = optind; i < argc && !error; i++)
        error = face_specs_add(&bridge->specs, command, NULL, argv[i]);
    if (!error && interface)
        error = face_specs_default(&bridge->specs, command, "if", interface);
    if (error)
        return error;
    if (bridge->specs.count < 2)
        return command_misused(command, "it takes two faces or more");
    return -1;
}

static int open_faces(struct bridge *bridge) {
    for (size_t i = 0; i < bridge->specs.count; i++) {
        const struct face_spec *spec = &bridge->specs.items[i];
        char *error = NULL;
        int status = tssb_face_open(&bridge->faces[i], &bridge->service.uv, spec->kind,
                                    spec->address, &spec->options, on_received, on_notice, bridge,
                                    &error);
        if (status)
            return command_failed(error, status);
        bridge->face_count++;
        tap_add(&bridge->tap, bridge->faces[i]);
        service_say(&bridge->service, SERVICE_INFO, "face %s %s", spec->kind, spec->address);
    }
    return EXIT_DONE;
}

static int run_bridge(const struct command *command, int argc, char **argv) {
    struct bridge *bridge = calloc(1, sizeof *bridge);
    if (!bridge)
        return command_failed(NULL, EXIT_FAILED);
    bridge->recent.window_ns = UINT64_C(1000000000);
    bridge->service = (struct service){.command = command,
                                       .level = SERVICE_INFO,
                                       .status = bridge_status,
                                       .stop = stop_bridge,
                                       .context = bridge};
    bridge->tap.service = &bridge->service;
    int status = read_options(bridge, argc, argv);
    if (status < 0) {
        status = service_open(&bridge->service);
        if (status == EXIT_DONE)
            status = tap_open(&bridge->tap);
        if (status == EXIT_DONE)
            status = open_faces(bridge);
        if (status == EXIT_DONE)
            status = service_run(&bridge->service);
        status = tap_close(&bridge->tap, status);
    }
    service_close(&bridge->service);
    free(bridge);
    return status;
}

const struct command command_bridge = {
    .name = "bridge",
    .arguments = "FACE FACE... [--once TIME] [--mc-if IF] [--status FILE] [--pcap FILE]",
    .purpose = "forwards packets between faces",
    .help = help,
    .run = run_bridge,
};
