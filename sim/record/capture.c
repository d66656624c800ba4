/* The capture: an observer that writes pcapng. */
#include "capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "core/posix/pcapng.h"
#include "core/posix/text.h"
#include "words.h"

/* The numbers that the file knows the faces of a node by. */
struct node_faces {
    uint32_t *interfaces;
    uint32_t capacity;
};

enum { INTERFACE_NONE = UINT32_MAX };

struct capture {
    struct observer observer; /* first: a pointer to one is a pointer to the other */
    struct tssb_pcapng pcapng;
    const struct world *world;
    char *path;
    struct node_faces *nodes;
    FILE *comment;
    char *comment_text;
    size_t comment_size;
    uint32_t receiver; /* interface of the packet that is being received */
    bool out_of_memory;
    volatile sig_atomic_t *stop;
};

bool capture_failed(const struct capture *capture) {
    return capture->out_of_memory || tssb_pcapng_error(&capture->pcapng) != 0;
}

static void stop_where_failed(struct capture *capture) {
    if (capture_failed(capture))
        *capture->stop = 1;
}

/* Room for the face among the node's; false where memory ran out. */
static bool make_room(struct node_faces *node, uint32_t face) {
    uint32_t before = node->capacity;
    void *array = node->interfaces;
    if (face < before)
        return true;
    int error = tssb_mem_grow(&tssb_mem_libc, &array, &node->capacity, face + 1,
                              sizeof *node->interfaces);
    node->interfaces = array;
    for (uint32_t i = before; i < node->capacity; i++)
        node->interfaces[i] = INTERFACE_NONE;
    return !error;
}

static uint32_t declare(struct capture *capture, uint32_t node, uint32_t face) {
    char node_name[NODE_NAME_SIZE], name[NODE_NAME_SIZE + 16];
    scenario_node_name(world_scenario(capture->world), node, node_name, sizeof node_name);
    snprintf(name, sizeof name, "%s/%" PRIu32, node_name, face);
    return tssb_pcapng_interface(&capture->pcapng, name);
}

/* The interface of a node's face, declared where it was not yet. False where nothing can be written
 * any more. */
static bool find_interface(struct capture *capture, uint32_t node, uint32_t face,
                           uint32_t *interface) {
    struct node_faces *faces = &capture->nodes[node];
    if (!make_room(faces, face))
        capture->out_of_memory = true;
    if (capture_failed(capture))
        return false;
    if (faces->interfaces[face] == INTERFACE_NONE)
        faces->interfaces[face] = declare(capture, node, face);
    *interface = faces->interfaces[face];
    return true;
}

/* Ends what was printed into capture->comment. */
static const char *end_comment(struct capture *capture) {
    fputc(0, capture->comment);
    if (fflush(capture->comment) != 0)
        capture->out_of_memory = true;
    rewind(capture->comment);
    return capture->comment_text;
}

/* The observer. */

static void on_sent(struct observer *observer, const struct departure *departure) {
    struct capture *capture = (struct capture *)observer;
    bool all = departure->face == TSSB_ALL_FACES;
    uint32_t first = all ? 0 : departure->face;
    uint32_t end = all ? world_face_count(capture->world, departure->node) : first + 1;
    words_departure(capture->comment, capture->world, departure);
    struct tssb_pcapng_packet packet = {.at_ns = departure->at_ns,
                                        .direction = TSSB_PCAPNG_OUTBOUND,
                                        .bytes = departure->bytes,
                                        .size = departure->size_bytes,
                                        .comment = end_comment(capture)};
    for (uint32_t face = first; face < end; face++)
        if (find_interface(capture, departure->node, face, &packet.interface))
            tssb_pcapng_packet(&capture->pcapng, &packet);
    stop_where_failed(capture);
}

static void on_receiving(struct observer *observer, const struct sighting *sighting) {
    struct capture *capture = (struct capture *)observer;
    if (find_interface(capture, sighting->to_node, sighting->face, &capture->receiver))
        tssb_pcapng_hold(&capture->pcapng);
}

static void on_received(struct observer *observer, const struct sighting *sighting) {
    struct capture *capture = (struct capture *)observer;
    if (capture_failed(capture))
        return;
    words_sighting(capture->comment, capture->world, sighting);
    struct tssb_pcapng_packet packet = {.at_ns = sighting->at_ns,
                                        .interface = capture->receiver,
                                        .direction = sighting->reached ? TSSB_PCAPNG_INBOUND
                                                                       : TSSB_PCAPNG_ELSEWHERE,
                                        .bytes = sighting->bytes,
                                        .size = sighting->size_bytes,
                                        .comment = end_comment(capture)};
    tssb_pcapng_release(&capture->pcapng, &packet);
    stop_where_failed(capture);
}

struct observer *capture_observer(struct capture *capture) {
    return &capture->observer;
}

/* The file. */

static int failed(const struct capture *capture, char **error) {
    if (capture->out_of_memory) {
        *error = NULL;
        return 3;
    }
    return tssb_fail(error, 3, "%s: cannot write the capture: %s (choose a folder with --pcap)",
                     capture->path, strerror(tssb_pcapng_error(&capture->pcapng)));
}

static int prepare(struct capture *capture, const char *folder, const char *version, char **error) {
    const struct scenario *scenario = world_scenario(capture->world);
    char application[64];
    *error = NULL;
    capture->path = tssb_text("%s/%s-%" PRIu64 ".pcapng", folder, scenario->name, scenario->seed);
    capture->nodes = calloc(scenario->node_count, sizeof *capture->nodes);
    capture->comment = open_memstream(&capture->comment_text, &capture->comment_size);
    if (!capture->path || !capture->nodes || !capture->comment)
        return 3;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return tssb_fail(error, 3, "%s: cannot be made: %s (choose a folder with --pcap)", folder,
                         strerror(errno));
    snprintf(application, sizeof application, "tssb %s", version);
    return tssb_pcapng_open(&capture->pcapng, capture->path, application) ? failed(capture, error)
                                                                          : 0;
}

int capture_open(struct capture **opened, const char *folder, const struct world *world,
                 const char *version, volatile sig_atomic_t *stop, char **error) {
    struct capture *capture = calloc(1, sizeof *capture);
    *opened = capture;
    *error = NULL;
    if (!capture)
        return 3;
    *capture = (struct capture){.observer = {.wants_packets = true,
                                             .sent = on_sent,
                                             .receiving = on_receiving,
                                             .received = on_received},
                                .world = world,
                                .stop = stop};
    return prepare(capture, folder, version, error);
}

int capture_finish(struct capture *capture, char **error) {
    (void)tssb_pcapng_close(&capture->pcapng);
    return capture_failed(capture) ? failed(capture, error) : 0;
}

void capture_close(struct capture *capture) {
    if (!capture)
        return;
    (void)tssb_pcapng_close(&capture->pcapng);
    for (uint32_t i = 0; capture->nodes && i < world_scenario(capture->world)->node_count; i++)
        free(capture->nodes[i].interfaces);
    free(capture->nodes);
    if (capture->comment)
        (void)fclose(capture->comment);
    free(capture->comment_text);
    free(capture->path);
    free(capture);
}
