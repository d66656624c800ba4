/* tssb pipe: standard input to the peer's standard output, and the other way, through the feeds of
 * the two. It runs a node as tssb node does; the stream is stepped once each turn of the loop. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/posix/places.h"
#include "core/posix/text.h"
#include "core/stream.h"
#include "live.h"
#include "standard.h"

/* Answers are the stream itself, so that the usual limit of a face to them would be the stream's. A
 * serial line limits itself. */
#define ANSWERS_BYTES_PER_S UINT64_C(50000000)

enum {
    PIECE = 64 * 1024, /* bytes read or written at a time */
    FID_DIGITS = 2 * TSSB_FID_SIZE,
    LINGER_MS = 5000,
    WINDOW_MIN = 1024,
};

#define MS_NS UINT64_C(1000000)

static const char help[] =
    "A byte stream each way between this node and a peer that runs the same: standard input goes\n"
    "to the peer's standard output. It runs a node as 'tssb node' does, with the same options but\n"
    "--produce; the bytes travel as entries and side chains of the two feeds, so any node that\n"
    "follows both carries them, and the two need never be online at the same time.\n"
    "\n"
    "  --peer FID         the peer's feed: 64 hexadecimal digits, or the first few where the node\n"
    "                     knows it already\n"
    "  --receive-only     there is no input: standard input is not read\n"
    "  --no-wait          ends once all input is in the feed; another pipe goes on from there\n"
    "  --again            after a restart, standard output is somebody new, and gets all from the\n"
    "                     beginning\n"
    "  --continue         after a restart, standard input goes on where it was, instead of coming\n"
    "                     once more from its beginning\n"
    "  --fresh            gives up what an earlier pipe left unfinished\n"
    "  --ahead BYTES      how much the peer may have left unread before this side waits: 4M\n"
    "  --linger TIME      how long to stay for a peer that has not heard of the end: 5s\n"
    "  ...                all of 'tssb node --help'; unless told --strategy range --stash 64\n"
    "                     --interval 1s --log quiet, and --answers 50000000 but on KISS\n"
    "  --help             this text\n"
    "\n"
    "It ends when both inputs have ended and all has arrived. Stopped, or killed, before that, "
    "the\n"
    "same command goes on: input that was sent is passed over, output that was written does not\n"
    "come again. A regular file knows what was written: its size counts, so that nothing is lost\n"
    "and nothing comes twice, whenever the process was killed. With anything else, what was being\n"
    "written at that very moment, 64 KiB at most, comes again.\n"
    "\n"
    "Exit status: 0 all has arrived, or stopped by Ctrl-C or SIGTERM; 1 the peer gave up, 2 the\n"
    "directory or the usage is wrong, 3 the system failed.\n"
    "\n"
    "Examples: tar c . | tssb pipe data/nodeA --peer 5f3a\n"
    "          tssb pipe data/nodeB --peer 91c0 --receive-only | tar x\n"
    "          tssb pipe data/nodeB --peer 91c0 --receive-only -kiss /dev/ttyUSB0 >>backup.tar\n";

struct pipe {
    struct live live; /* first, so that a live is its pipe */
    const char *peer_text;
    uint8_t peer[TSSB_FID_SIZE];
    struct tssb_stream_settings settings;
    bool receive_only, no_wait, again, goes_on, fresh;
    uint64_t linger_ns;

    struct tssb_places places;
    struct tssb_kept_stream kept; /* what state.json holds */
    struct tssb_stream stream;
    bool open;
    uv_prepare_t turn;
    uv_timer_t timer; /* so that the loop turns: the turn itself does the work */
    struct standard input, output;
    uint64_t skip;       /* bytes of the input that were sent before */
    bool draining;       /* all was sent before: who writes them need not know */
    uint64_t over_by_ns; /* when lingering ends; 0 while the session is not over */
    bool ending;
};

static struct pipe *pipe_of(struct live *live) {
    return (struct pipe *)(void *)live;
}

static void end(struct pipe *pipe, int status) {
    pipe->ending = true;
    service_stop_soon(&pipe->live.service, status);
}

__attribute__((format(printf, 3, 4))) static void end_with(struct pipe *pipe, int status,
                                                           const char *format, ...) {
    va_list arguments;
    fprintf(stderr, "tssb pipe: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    end(pipe, status);
}

/* Keeps the place, where it has changed. After a power cut an older one may be found: then what
 * came since comes again, but for a regular file. */
static void keep(struct pipe *pipe, bool durable) {
    struct tssb_kept_stream now = pipe->kept;
    now.place = pipe->stream.place;
    if (!durable && memcmp(&now, &pipe->kept, sizeof now) == 0)
        return;
    if (tssb_places_keep(&pipe->places, pipe->peer, &now, durable) == 0)
        pipe->kept = now;
    else
        end_with(pipe, EXIT_FAILED, "%s/state.json: %s", pipe->live.options.path, strerror(errno));
}

/* Input. */

/* Passes over what was sent before: where the input is a file, at once. */
static void skip_input(struct pipe *pipe) {
    struct stat status;
    pipe->skip = pipe->goes_on ? 0 : pipe->stream.sent;
    if (pipe->receive_only || pipe->skip == 0 || fstat(STDIN_FILENO, &status) != 0)
        return;
    if (pipe->stream.finished) {
        pipe->draining = S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode);
        return;
    }
    off_t at = S_ISREG(status.st_mode) ? lseek(STDIN_FILENO, 0, SEEK_CUR) : -1;
    if (at < 0)
        return;
    uint64_t left = status.st_size > at ? (uint64_t)(status.st_size - at) : 0;
    uint64_t sought = left < pipe->skip ? left : pipe->skip;
    if (lseek(STDIN_FILENO, (off_t)sought, SEEK_CUR) >= 0)
        pipe->skip -= sought;
}

static void input_ended(struct pipe *pipe) {
    if (pipe->draining)
        pipe->draining = false;
    else if (pipe->skip == 0)
        tssb_stream_finish(&pipe->stream);
    else
        end_with(pipe, EXIT_WRONG,
                 "standard input ends %" PRIu64 " bytes before the %" PRIu64
                 " that were sent: it is not the one of before (--fresh gives that one up)",
                 pipe->skip, pipe->stream.sent);
}

static void pass_over(struct pipe *pipe, size_t count) {
    pipe->skip -= count;
    pipe->draining &= pipe->skip > 0;
}

/* How many bytes of the input are of use now. */
static uint64_t useful(const struct pipe *pipe) {
    size_t room = tssb_stream_room(&pipe->stream);
    return pipe->skip > 0 && (room > 0 || pipe->draining) ? pipe->skip : room;
}

/* Reads as much as the stream takes. */
static void read_input(struct pipe *pipe, uint64_t now_ns) {
    static uint8_t bytes[PIECE];
    uint64_t most;
    while (!pipe->ending && !pipe->input.waiting && (most = useful(pipe)) > 0) {
        ssize_t count = read(STDIN_FILENO, bytes, most < PIECE ? most : PIECE);
        if (count > 0 && pipe->skip > 0)
            pass_over(pipe, (size_t)count);
        else if (count > 0)
            tssb_stream_write(&pipe->stream, bytes, (size_t)count, now_ns);
        else if (count == 0)
            input_ended(pipe);
        else if (errno == EAGAIN)
            standard_wait(&pipe->input);
        else if (errno != EINTR)
            end_with(pipe, EXIT_FAILED, "standard input: %s", strerror(errno));
    }
}

/* Output. */

/* Where the stream goes into a regular file, that knows what it has. */
static int find_output(struct pipe *pipe) {
    struct tssb_stream *stream = &pipe->stream;
    const uint64_t delivered = stream->place.delivered;
    bool first = pipe->kept.place.session != stream->place.session;
    struct stat status;
    bool in_file = fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode) &&
                   lseek(STDOUT_FILENO, 0, SEEK_END) >= 0;
    if (!in_file) {
        if (pipe->again)
            tssb_stream_seek(stream, 0);
        return EXIT_DONE;
    }
    uint64_t size = (uint64_t)status.st_size;
    if (first)
        pipe->kept.output_from = size;
    else if (size < pipe->kept.output_from) /* another file, or the same, emptied */
        pipe->kept.output_from = 0;
    uint64_t held = size - pipe->kept.output_from;
    if (held > delivered + TSSB_STREAM_DATA_MAX)
        return command_misused(pipe->live.service.command,
                               "standard output has %" PRIu64 " bytes, and %" PRIu64
                               " were delivered: it is not the file of before",
                               held, delivered);
    tssb_stream_seek(stream, held);
    return EXIT_DONE;
}

static void write_output(struct pipe *pipe, uint64_t now_ns) {
    const uint8_t *bytes;
    size_t size;
    while (!pipe->ending && !pipe->output.waiting &&
           (size = tssb_stream_peek(&pipe->stream, &bytes)) > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, size < PIECE ? size : PIECE);
        if (count > 0) {
            tssb_stream_taken(&pipe->stream, (size_t)count, now_ns);
            keep(pipe, false);
        } else if (count < 0 && errno == EAGAIN) {
            standard_wait(&pipe->output);
        } else if (count < 0 && errno != EINTR) {
            end_with(pipe, EXIT_FAILED, "standard output: %s", strerror(errno));
        }
    }
}

/* The session. */

static void end_failed(struct pipe *pipe) {
    const struct tssb_stream *stream = &pipe->stream;
    if (stream->failure == TSSB_STREAM_GAP)
        end_with(pipe, EXIT_NOT_MET,
                 "entry %" PRIu32 " of the peer does not go on at byte %" PRIu64
                 ": bytes are missing in its feed (--fresh begins anew)",
                 stream->place.peer_seq + 1, stream->place.delivered);
    else
        end_with(pipe, EXIT_NOT_MET,
                 "the peer gave the stream up: it had acknowledged %" PRIu64 " of %" PRIu64
                 " bytes, and %" PRIu64 " of its own were delivered",
                 stream->place.acked, stream->sent, stream->place.delivered);
}

static void end_if_over(struct pipe *pipe, uint64_t now_ns) {
    struct tssb_stream *stream = &pipe->stream;
    if (stream->failure) {
        end_failed(pipe);
        return;
    }
    if (pipe->no_wait && stream->end_sent) {
        end(pipe, EXIT_DONE);
        return;
    }
    if (!tssb_stream_is_over(stream) || pipe->draining)
        return;
    if (pipe->over_by_ns == 0)
        pipe->over_by_ns = now_ns + pipe->linger_ns;
    if (!stream->peer_closed && now_ns < pipe->over_by_ns)
        return;
    stream->place.closed = true;
    keep(pipe, true);
    end(pipe, EXIT_DONE);
}

/* How long the loop may sleep: not at all while a file can be read, or the stream has more to do.
 */
static uint64_t sleep_ms(const struct pipe *pipe, uint64_t now_ns) {
    uint64_t next_ns = tssb_stream_next_wake(&pipe->stream);
    bool reads = !pipe->input.waiting && useful(pipe) > 0;
    if (reads || next_ns <= now_ns)
        return 0;
    if (pipe->over_by_ns > 0 && pipe->over_by_ns < next_ns)
        next_ns = pipe->over_by_ns;
    uint64_t ms = next_ns > now_ns ? (next_ns - now_ns + MS_NS - 1) / MS_NS : 0;
    return ms < 1000 ? ms : 1000;
}

static void on_time(uv_timer_t *timer) {
    (void)timer;
}

static void on_turn(uv_prepare_t *turn) {
    struct pipe *pipe = turn->data;
    uint64_t now_ns = uv_hrtime();
    if (pipe->ending)
        return;
    write_output(pipe, now_ns);
    read_input(pipe, now_ns);
    if (pipe->ending)
        return;
    int error = tssb_stream_step(&pipe->stream, now_ns);
    if (error) {
        live_failed(&pipe->live, "cannot append", error);
        return;
    }
    keep(pipe, false);
    end_if_over(pipe, now_ns);
    uv_update_time(turn->loop);
    if (!pipe->ending)
        uv_timer_start(&pipe->timer, on_time, sleep_ms(pipe, uv_hrtime()), 0);
}

/* The command's life. */

/* The replica of the peer's feed, whose ID is given whole or in part. */
static int find_peer(struct pipe *pipe, uint32_t *replica) {
    const struct command *command = pipe->live.service.command;
    struct tssb_node *node = &pipe->live.loop.node;
    struct tssb_anchor whole = {0};
    size_t digits = strlen(pipe->peer_text), found = 0;
    const uint8_t *own = tssb_directory_key(pipe->live.directory)->fid;
    bool whole_id = digits == FID_DIGITS &&
                    tssb_unhex(pipe->peer_text, whole.fid, TSSB_FID_SIZE) == 0;
    if (whole_id && memcmp(whole.fid, own, TSSB_FID_SIZE) == 0)
        return command_misused(command, "--peer is the node's own feed");
    if (whole_id) {
        whole = tssb_anchor_whole(whole.fid);
        int error = tssb_node_open(node, &whole, true, replica);
        if (error)
            live_failed(&pipe->live, "cannot follow the peer", error);
        return error ? EXIT_FAILED : EXIT_DONE;
    }
    for (uint32_t i = 0; i < node->replica_count; i++) {
        char hex[FID_DIGITS + 1];
        tssb_hex(node->replicas[i].feed->fid, TSSB_FID_SIZE, hex);
        if (i == node->own || digits < 2 || strncmp(hex, pipe->peer_text, digits) != 0)
            continue;
        *replica = i;
        found++;
    }
    if (found == 1)
        return EXIT_DONE;
    return command_misused(command, "--peer %s: the node follows %s feed whose ID begins so",
                           pipe->peer_text, found ? "more than one" : "no");
}

static void init_pipe(struct live *live) {
    struct pipe *pipe = pipe_of(live);
    uv_prepare_init(&live->service.uv, &pipe->turn);
    uv_timer_init(&live->service.uv, &pipe->timer);
    pipe->turn.data = pipe;
}

static int open_stream(struct pipe *pipe, uint32_t peer) {
    struct tssb_node *node = &pipe->live.loop.node;
    char *trouble = NULL;
    memcpy(pipe->peer, node->replicas[peer].feed->fid, TSSB_FID_SIZE);
    int status = tssb_places_open(&pipe->places, &tssb_disk_system, pipe->live.options.path,
                                  &trouble);
    if (status)
        return command_failed(trouble, status);
    pipe->kept = tssb_places_of(&pipe->places, pipe->peer);
    struct tssb_stream_place place = pipe->kept.place;
    place.closed |= pipe->fresh;
    int error = tssb_stream_open(&pipe->stream, node, peer, &pipe->settings, &place,
                                 &tssb_mem_libc);
    if (error) {
        live_failed(&pipe->live, "cannot begin the stream", error);
        return EXIT_FAILED;
    }
    pipe->open = true;
    if (pipe->receive_only)
        tssb_stream_finish(&pipe->stream);
    return EXIT_DONE;
}

static int open_files(struct pipe *pipe) {
    int error = standard_open(&pipe->input, &pipe->live.service.uv, STDIN_FILENO);
    if (!error)
        error = standard_open(&pipe->output, &pipe->live.service.uv, STDOUT_FILENO);
    if (error)
        fprintf(stderr, "tssb pipe: standard %s: %s\n", pipe->input.open ? "output" : "input",
                uv_strerror(error));
    return error ? EXIT_FAILED : EXIT_DONE;
}

static int start_pipe(struct live *live) {
    struct pipe *pipe = pipe_of(live);
    uint32_t peer = 0;
    int status = find_peer(pipe, &peer);
    if (!status && live->loop.node.own == TSSB_NO_REPLICA)
        status = live_found_feed(live);
    if (!status)
        status = open_stream(pipe, peer);
    if (!status)
        status = find_output(pipe);
    if (!status)
        status = open_files(pipe);
    if (status)
        return status;
    skip_input(pipe);
    keep(pipe, live->options.sync != TSSB_SYNC_OFF); /* where the output begins is said once */
    uv_prepare_start(&pipe->turn, on_turn);
    uv_timer_start(&pipe->timer, on_time, 0, 0);
    return EXIT_DONE;
}

/* What was read of the input goes into the feed, whether or not the node goes on. */
static void stop_pipe(struct live *live) {
    struct pipe *pipe = pipe_of(live);
    uv_close((uv_handle_t *)&pipe->turn, NULL);
    uv_close((uv_handle_t *)&pipe->timer, NULL);
    standard_close(&pipe->input);
    standard_close(&pipe->output);
    if (!pipe->open)
        return;
    if (!pipe->stream.failure && tssb_stream_step(&pipe->stream, TSSB_NEVER - 1) != 0)
        fprintf(stderr, "tssb pipe: some of the input was not kept: %s\n",
                tssb_directory_trouble(live->directory));
    if (pipe->stream.failure == TSSB_STREAM_GIVEN_UP)
        pipe->stream.place.closed = true;
    keep(pipe, live->options.sync != TSSB_SYNC_OFF);
}

static void add_status(const struct live *live, json_t *object) {
    const struct pipe *pipe = (const struct pipe *)(const void *)live;
    const struct tssb_stream *stream = &pipe->stream;
    if (!object || !pipe->open)
        return;
    bool coming = stream->state == TSSB_STREAM_COMING;
    json_object_set_new(
        object, "stream",
        json_pack("{s:I, s:I, s:I, s:I, s:b, s:b, s:I, s:I}", "session",
                  (json_int_t)stream->place.session, "sent", (json_int_t)stream->sent, "acked",
                  (json_int_t)stream->place.acked, "delivered", (json_int_t)stream->place.delivered,
                  "ended", stream->place.ended, "over", tssb_stream_is_over(stream), "skipped",
                  (json_int_t)stream->skipped, "awaits_entry",
                  coming ? (json_int_t)stream->place.peer_seq + 1 : (json_int_t)0));
}

/* The command line. */

enum { PEER = NODE_EXTRA_FIRST, RECEIVE, NO_WAIT, AGAIN, GOES_ON, FRESH, AHEAD, LINGER };

/* A number of bytes, with k or M behind it for 2^10 or 2^20 of them. */
static int read_ahead(struct pipe *pipe, const struct command *command, const char *text) {
    char *unit;
    errno = 0;
    unsigned long long value = strtoull(text, &unit, 10);
    unsigned shift = *unit == 'k' ? 10 : 0;
    if (*unit == 'M')
        shift = 20;
    bool well = *text >= '0' && *text <= '9' && !errno && unit[shift ? 1 : 0] == '\0';
    if (!well || value > UINT32_MAX >> shift || value << shift < WINDOW_MIN)
        return command_misused(command,
                               "--ahead takes bytes, such as 64k or 4M, from 1k to "
                               "4095M, not '%s'",
                               text);
    pipe->settings.window = (uint32_t)(value << shift);
    return 0;
}

static int read_option(void *context, const struct command *command, int option) {
    struct pipe *pipe = context;
    switch (option) {
    case PEER:
        pipe->peer_text = optarg;
        return 0;
    case AHEAD:
        return read_ahead(pipe, command, optarg);
    case LINGER:
        if (face_spec_duration(optarg, &pipe->linger_ns))
            return 0;
        return command_misused(command, "--linger takes a time such as 5s, not '%s'", optarg);
    default:
        pipe->receive_only |= option == RECEIVE;
        pipe->no_wait |= option == NO_WAIT;
        pipe->again |= option == AGAIN;
        pipe->goes_on |= option == GOES_ON;
        pipe->fresh |= option == FRESH;
        return 0;
    }
}

static void set_defaults(struct node_options *options) {
    options->config.strategy = tssb_strategy_find("range");
    options->config.asking.stash = 64;
    options->config.asking.interval_ns = 1000 * MS_NS;
    options->level = SERVICE_QUIET;
}

static void raise_answers(struct face_specs *faces) {
    for (size_t i = 0; i < faces->count; i++) {
        struct face_spec *face = &faces->items[i];
        if (face->options.answer_bytes_per_s == 0 && strcmp(face->kind, "kiss") != 0)
            face->options.answer_bytes_per_s = ANSWERS_BYTES_PER_S;
    }
}

static int read_options(struct pipe *pipe, const struct command *command, int argc, char **argv) {
    static const struct option own[] = {{"peer", required_argument, NULL, PEER},
                                        {"receive-only", no_argument, NULL, RECEIVE},
                                        {"no-wait", no_argument, NULL, NO_WAIT},
                                        {"again", no_argument, NULL, AGAIN},
                                        {"continue", no_argument, NULL, GOES_ON},
                                        {"fresh", no_argument, NULL, FRESH},
                                        {"ahead", required_argument, NULL, AHEAD},
                                        {"linger", required_argument, NULL, LINGER},
                                        {NULL, 0, NULL, 0}};
    const struct node_extra extra = {own, set_defaults, read_option, pipe};
    int status = node_options_read(&pipe->live.options, command, &extra, argc, argv);
    if (status >= 0)
        return status;
    if (!pipe->peer_text)
        return command_misused(command, "it takes --peer, the ID of the peer's feed");
    if (pipe->live.options.status_path && strcmp(pipe->live.options.status_path, "-") == 0)
        return command_misused(command, "--status takes a file: standard output is the peer's");
    raise_answers(&pipe->live.options.faces);
    return -1;
}

static int run_pipe(const struct command *command, int argc, char **argv) {
    static const struct live_work work = {init_pipe, start_pipe, stop_pipe, add_status};
    struct pipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe)
        return command_failed(NULL, EXIT_FAILED);
    pipe->settings = tssb_stream_defaults;
    pipe->linger_ns = LINGER_MS * MS_NS;
    int status = read_options(pipe, command, argc, argv);
    if (status < 0)
        status = live_run(&pipe->live, command, &work);
    if (pipe->open)
        tssb_stream_close(&pipe->stream);
    tssb_places_close(&pipe->places);
    free(pipe);
    return status;
}

const struct command command_pipe = {
    .name = "pipe",
    .arguments = "NODE-DIR --peer FID [--receive-only] [--mc G/P] [--kiss DEV]...",
    .purpose = "a byte stream to and from a peer",
    .help = help,
    .run = run_pipe,
};
