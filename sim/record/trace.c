/* The trace: an observer that prints. A packet's fate is known only once the node has acted on it,
 * so what the node does meanwhile is held back until the packet's own line is out. */
#include "trace.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/error.h"
#include "words.h"

static FILE *out_of(const struct trace *trace) {
    return trace->holding ? trace->held : trace->out;
}

/* Prints "[   5.000000] " */
static void print_time(FILE *out, uint64_t at_ns) {
    fprintf(out, "[%4" PRIu64 ".%06" PRIu64 "] ", at_ns / 1000000000, at_ns % 1000000000 / 1000);
}

static void print_node(FILE *out, const struct trace *trace, uint32_t node) {
    words_node(out, trace->world, node);
}

static void trace_sent(struct observer *observer, const struct departure *departure) {
    struct trace *trace = (struct trace *)observer;
    FILE *out = out_of(trace);
    print_time(out, departure->at_ns);
    print_node(out, trace, departure->node);
    fputs(" > ", out);
    words_departure(out, trace->world, departure);
    fputc('\n', out);
}

static void trace_receiving(struct observer *observer, const struct sighting *sighting) {
    (void)sighting;
    ((struct trace *)observer)->holding = true;
}

static void trace_received(struct observer *observer, const struct sighting *sighting) {
    struct trace *trace = (struct trace *)observer;
    trace->holding = false;
    print_time(trace->out, sighting->at_ns);
    print_node(trace->out, trace, sighting->to_node);
    fputs(" < ", trace->out);
    words_sighting(trace->out, trace->world, sighting);
    fputc('\n', trace->out);
    fflush(trace->held);
    fwrite(trace->text, 1, (size_t)ftello(trace->held), trace->out);
    rewind(trace->held);
}

static void trace_appended(struct observer *observer, const struct arrival *arrival) {
    struct trace *trace = (struct trace *)observer;
    if (arrival->from_node != arrival->node)
        return; /* the packet's own line says so */
    FILE *out = out_of(trace);
    print_time(out, arrival->at_ns);
    print_node(out, trace, arrival->node);
    fputs(" writes ", out);
    print_node(out, trace, world_feed_author(trace->world, arrival->feed));
    fprintf(out, " %" PRIu32 "\n", arrival->seq);
}

static void trace_fault(struct observer *observer, uint64_t at_ns, const struct fault *fault) {
    struct trace *trace = (struct trace *)observer;
    print_time(out_of(trace), at_ns);
    fprintf(out_of(trace), "-- %s\n", fault->text);
}

static void trace_forked(struct observer *observer, const struct fork_proof *proof) {
    struct trace *trace = (struct trace *)observer;
    FILE *out = out_of(trace);
    print_time(out, proof->at_ns);
    print_node(out, trace, proof->node);
    fputs(" has proof of a fork: ", out);
    print_node(out, trace, world_feed_author(trace->world, proof->feed));
    fprintf(out, " %" PRIu32 "\n", proof->seq);
}

static void trace_caught_up(struct observer *observer, const struct catchup *catchup) {
    struct trace *trace = (struct trace *)observer;
    FILE *out = out_of(trace);
    bool ended = catchup->until_ns != TSSB_NEVER;
    uint64_t until_ns = ended ? catchup->until_ns : world_totals(trace->world)->simulated_ns;
    uint64_t took_ns = until_ns - catchup->since_ns;
    print_time(out, until_ns);
    print_node(out, trace, catchup->node);
    fputs(ended ? " is level with " : " is still behind ", out);
    print_node(out, trace, world_feed_author(trace->world, catchup->feed));
    fprintf(out, ": %" PRIu32 " entries in %" PRIu64 ".%06" PRIu64 " s\n", catchup->entries,
            took_ns / 1000000000, took_ns % 1000000000 / 1000);
}

int trace_init(struct trace *trace, const struct world *world, FILE *out) {
    *trace = (struct trace){.observer = {.wants_packets = true,
                                         .sent = trace_sent,
                                         .receiving = trace_receiving,
                                         .received = trace_received,
                                         .appended = trace_appended,
                                         .fault = trace_fault,
                                         .caught_up = trace_caught_up,
                                         .forked = trace_forked},
                            .world = world,
                            .out = out};
    trace->held = open_memstream(&trace->text, &trace->size);
    return trace->held ? 0 : TSSB_E_MEMORY;
}

void trace_close(struct trace *trace) {
    if (trace->held)
        (void)fclose(trace->held);
    free(trace->text);
    *trace = (struct trace){0};
}
