/* tssb pipe: standard input to the peer's standard output, and the other way, through the feeds of
 * the two. It runs a node as tssb node does; the stream is stepped once each turn of the loop. */
#include <errno.h>
#include <fcntl.h>
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
#include "pipe_options.h"
#include "standard.h"

enum {
    PIECE = 64 * 1024, /* bytes read or written at a time */
    FID_DIGITS = 2 * TSSB_FID_SIZE,
};

#define MS_NS UINT64_C(1000000)

struct pipe {
    struct live live; /* first, so that a live is its pipe */
    struct pipe_options options;
    uint8_t peer[TSSB_FID_SIZE];

    struct tssb_places places;
    struct tssb_kept_stream kept; /* what state.json holds */
    struct tssb_stream stream;
    bool open;
    uv_prepare_t turn;
    uv_timer_t timer; /* so that the loop turns: the turn itself does the work */
    struct standard input, output;
    uint64_t ahead;      /* bytes that the output file has beyond what is known to be delivered */
    uint64_t skip;       /* bytes of the input that were sent before */
    bool draining;       /* all was sent before: who writes them need not know */
    uint64_t over_by_ns; /* when lingering ends; 0 while the session is not over */
    bool ending;
};

static struct pipe *pipe_of(struct live *live) {
    return (struct pipe *)(void *)live;
}

/* The first reason counts. */
static void end(struct pipe *pipe, int status) {
    if (pipe->ending)
        return;
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

static bool is_same(const struct tssb_stream_place *a, const struct tssb_stream_place *b) {
    return a->session == b->session && a->own_seq == b->own_seq && a->peer_from == b->peer_from &&
           a->peer_seq == b->peer_seq && a->delivered == b->delivered && a->acked == b->acked &&
           a->ended == b->ended && a->end_acked == b->end_acked && a->closed == b->closed;
}

/* Keeps the place, where it has changed. After a power cut an older one may be found: then what
 * came since comes again, but for a regular file. Returns false where it could not, and has said
 * so. */
static bool keep(struct pipe *pipe, bool durable) {
    struct tssb_kept_stream now = pipe->kept;
    now.place = pipe->stream.place;
    durable |= now.place.session != pipe->kept.place.session; /* it says where the output begins */
    if (!durable && is_same(&now.place, &pipe->kept.place))
        return true;
    bool kept = tssb_places_keep(&pipe->places, pipe->peer, &now, durable) == 0;
    if (kept)
        pipe->kept = now;
    else
        end_with(pipe, EXIT_FAILED, "%s/state.json: %s", pipe->live.options.path, strerror(errno));
    return kept;
}

/* Input. */

/* All of a stream was sent before, and it is not over yet: a file of another size is not what was
 * sent. */
static int expect_same_input(const struct pipe *pipe) {
    const struct tssb_stream *stream = &pipe->stream;
    struct stat status;
    if (!stream->finished || pipe->options.receive_only || pipe->options.goes_on ||
        fstat(STDIN_FILENO, &status) != 0 || !S_ISREG(status.st_mode) ||
        (uint64_t)status.st_size == stream->sent)
        return EXIT_DONE;
    return command_misused(pipe->live.service.command,
                           "an earlier stream of %" PRIu64 " bytes is still on its way, and the "
                           "input has %" PRIu64
                           ": give it the same input, or --fresh to give it up",
                           stream->sent, (uint64_t)status.st_size);
}

/* Passes over what was sent before: where the input is a file, at once. */
static void skip_input(struct pipe *pipe) {
    struct stat status;
    pipe->skip = pipe->options.goes_on ? 0 : pipe->stream.sent;
    if (pipe->options.receive_only || pipe->skip == 0 || fstat(STDIN_FILENO, &status) != 0)
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

/* Where the stream goes into a regular file, that knows what it has. A crash may have come between
 * a write and the keeping of the place: then the file has more, a piece at most. */
static int find_output(struct pipe *pipe) {
    struct tssb_stream *stream = &pipe->stream;
    const uint64_t delivered = stream->place.delivered;
    bool first = pipe->kept.place.session != stream->place.session;
    struct stat status;
    bool in_file = fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode) &&
                   lseek(STDOUT_FILENO, 0, SEEK_END) >= 0;
    if (!in_file) {
        if (pipe->options.again)
            tssb_stream_seek(stream, 0);
        return EXIT_DONE;
    }
    uint64_t size = (uint64_t)status.st_size;
    if (first)
        pipe->kept.output_from = size;
    else if (size < pipe->kept.output_from) /* another file, or the same, emptied */
        pipe->kept.output_from = 0;
    uint64_t held = size - pipe->kept.output_from;
    if (held > delivered + PIECE)
        return command_misused(pipe->live.service.command,
                               "standard output has %" PRIu64 " bytes, and %" PRIu64
                               " were delivered: it is not the file of before",
                               held, delivered);
    pipe->ahead = held > delivered ? held - delivered : 0;
    tssb_stream_seek(stream, held - pipe->ahead);
    return EXIT_DONE;
}

/* What the file has beyond what is known to be delivered must be what comes next: somebody else may
 * have written there. Where the file cannot be read, it is believed. Returns how many bytes are
 * there already; 0: they are others. */
static ssize_t confirm(struct pipe *pipe, const uint8_t *bytes, size_t size) {
    static uint8_t held[PIECE];
    size_t count = pipe->ahead < size ? (size_t)pipe->ahead : size;
    off_t at = (off_t)(pipe->kept.output_from + pipe->stream.place.delivered);
    int file = open("/proc/self/fd/1", O_RDONLY | O_CLOEXEC);
    bool same = file < 0 ||
                (pread(file, held, count, at) == (ssize_t)count && memcmp(held, bytes, count) == 0);
    if (file >= 0)
        close(file);
    if (same) {
        pipe->ahead -= count;
        return (ssize_t)count;
    }
    end_with(pipe, EXIT_WRONG,
             "standard output has %" PRIu64 " bytes that did not come from this stream: give the "
             "pipe a file of its own",
             pipe->ahead);
    return 0;
}

static void write_output(struct pipe *pipe, uint64_t now_ns) {
    const uint8_t *bytes;
    size_t size;
    while (!pipe->ending && !pipe->output.waiting &&
           (size = tssb_stream_peek(&pipe->stream, &bytes)) > 0) {
        size_t most = size < PIECE ? size : PIECE;
        ssize_t count = pipe->ahead > 0 ? confirm(pipe, bytes, most)
                                        : write(STDOUT_FILENO, bytes, most);
        if (count > 0) {
            tssb_stream_taken(&pipe->stream, (size_t)count, now_ns);
            (void)keep(pipe, false);
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
    if (pipe->options.no_wait && stream->end_sent) {
        end(pipe, EXIT_DONE);
        return;
    }
    if (!tssb_stream_is_over(stream) || pipe->draining)
        return;
    if (pipe->over_by_ns == 0)
        pipe->over_by_ns = now_ns + pipe->options.linger_ns;
    if (!stream->peer_closed && now_ns < pipe->over_by_ns)
        return;
    stream->place.closed = true;
    (void)keep(pipe, true);
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
    (void)keep(pipe, false);
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
    size_t digits = strlen(pipe->options.peer_text), found = 0;
    const uint8_t *own = tssb_directory_key(pipe->live.directory)->fid;
    bool whole_id = digits == FID_DIGITS &&
                    tssb_unhex(pipe->options.peer_text, whole.fid, TSSB_FID_SIZE) == 0;
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
        if (i == node->own || digits < 2 || strncmp(hex, pipe->options.peer_text, digits) != 0)
            continue;
        *replica = i;
        found++;
    }
    if (found == 1)
        return EXIT_DONE;
    return command_misused(command, "--peer %s: the node follows %s feed whose ID begins so",
                           pipe->options.peer_text, found ? "more than one" : "no");
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
    place.closed |= pipe->options.fresh;
    int error = tssb_stream_open(&pipe->stream, node, peer, &pipe->options.settings, &place,
                                 &tssb_mem_libc);
    if (error) {
        live_failed(&pipe->live, "cannot begin the stream", error);
        return EXIT_FAILED;
    }
    pipe->open = true;
    if (pipe->options.receive_only)
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
        status = expect_same_input(pipe);
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
    standard_close(&pipe->output); /* in this order: on a terminal both are the same file */
    standard_close(&pipe->input);
    if (!pipe->open)
        return;
    bool well = pipe->stream.failure || tssb_stream_step(&pipe->stream, TSSB_NEVER - 1) == 0;
    if (!well)
        fprintf(stderr, "tssb pipe: some of the input was not kept: %s\n",
                tssb_directory_trouble(live->directory));
    if (pipe->stream.failure == TSSB_STREAM_GIVEN_UP)
        pipe->stream.place.closed = true;
    well = keep(pipe, live->options.sync != TSSB_SYNC_OFF) && well;
    if (!well && live->service.exit_status == EXIT_DONE)
        live->service.exit_status = EXIT_FAILED;
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

static int run_pipe(const struct command *command, int argc, char **argv) {
    static const struct live_work work = {init_pipe, start_pipe, stop_pipe, add_status};
    struct pipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe)
        return command_failed(NULL, EXIT_FAILED);
    int status = pipe_options_read(&pipe->options, &pipe->live.options, command, argc, argv);
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
    .help = pipe_help,
    .run = run_pipe,
};
