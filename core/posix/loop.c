/* The node's host on real faces. Answers are held to a face's limit; requests and pushes of the
 * node's own are not. */
#include "loop.h"

#include <sodium.h>

#include "core/check.h"
#include "core/posix/text.h"

#define MS_NS UINT64_C(1000000)

#define TELL(loop, event, ...)                                               \
    do {                                                                     \
        if ((loop)->setup.events && (loop)->setup.events->event)             \
            (loop)->setup.events->event((loop)->setup.context, __VA_ARGS__); \
    } while (0)

/* Time. */

static void on_wake(uv_timer_t *timer);

/* Sets the timer where the node wants to be woken earlier than it is set to. A timer that comes too
 * early sets itself again, which costs less than moving it with each append. */
static void arm(struct tssb_loop *loop) {
    uint64_t at_ns = tssb_node_next_wake(&loop->node);
    if (loop->stopped || at_ns >= loop->wake_at_ns)
        return;
    uint64_t now_ns = uv_hrtime();
    uint64_t delay_ns = at_ns > now_ns ? at_ns - now_ns : 0;
    uv_update_time(loop->uv);
    uv_timer_start(&loop->wake_timer, on_wake, (delay_ns + MS_NS - 1) / MS_NS, 0);
    loop->wake_at_ns = at_ns;
}

static void on_wake(uv_timer_t *timer) {
    struct tssb_loop *loop = timer->data;
    loop->wake_at_ns = TSSB_NEVER;
    tssb_node_wake(&loop->node, uv_hrtime());
    arm(loop);
}

/* Durability. */

static void on_sync(uv_timer_t *timer) {
    struct tssb_loop *loop = timer->data;
    int error = loop->setup.sync(loop->setup.context);
    if (error)
        TELL(loop, sync_failed, error);
}

static void sync_soon(struct tssb_loop *loop) {
    if (loop->setup.sync && !loop->stopped && !uv_is_active((uv_handle_t *)&loop->sync_timer))
        uv_timer_start(&loop->sync_timer, on_sync, loop->setup.sync_after_ms, 0);
}

/* What the node asks of its host. */

static void host_send(void *context, uint32_t face, const struct tssb_packet *packet) {
    struct tssb_loop *loop = context;
    TELL(loop, sending, face, packet);
    for (uint32_t i = 0; i < loop->port_count && !loop->stopped; i++)
        if (face == TSSB_ALL_FACES || face == i)
            tssb_face_send(loop->ports[i].face, packet->bytes, packet->size, packet->answer);
}

static void host_appended(void *context, const struct tssb_replica *replica,
                          const uint8_t wire[TSSB_ENTRY_SIZE]) {
    struct tssb_loop *loop = context;
    sync_soon(loop);
    TELL(loop, appended, replica, wire);
}

static void host_blob_stored(void *context, const uint8_t ptr[TSSB_PTR_SIZE]) {
    (void)ptr;
    sync_soon(context);
}

static uint32_t host_face_count(void *context) {
    const struct tssb_loop *loop = context;
    return loop->port_count;
}

static uint64_t host_random(void *context, uint64_t nth) {
    uint64_t bits;
    (void)context;
    (void)nth;
    randombytes_buf(&bits, sizeof bits);
    return bits;
}

static void host_forked(void *context, const struct tssb_fork *fork) {
    struct tssb_loop *loop = context;
    TELL(loop, forked, fork);
}

static const struct tssb_host host = {.send = host_send,
                                      .appended = host_appended,
                                      .blob_stored = host_blob_stored,
                                      .face_count = host_face_count,
                                      .random = host_random};

/* Faces. */

static void on_received(void *context, struct tssb_face *face, const uint8_t *bytes, size_t size) {
    const struct tssb_loop_port *port = context;
    struct tssb_loop *loop = port->loop;
    /* Entries and blobs have 120 bytes, and no request has. */
    bool refused = size != TSSB_ENTRY_SIZE && !tssb_face_may_answer(face);
    enum tssb_fate fate = refused ? TSSB_FATE_NOT_SERVED
                                  : tssb_node_receive(&loop->node, port->index, bytes, size,
                                                      uv_hrtime());
    TELL(loop, received, port->index, bytes, size, fate);
    arm(loop);
}

static void on_notice(void *context, const struct tssb_face *face, const char *line) {
    const struct tssb_loop_port *port = context;
    (void)face;
    TELL(port->loop, notice, line);
}

int tssb_loop_add_face(struct tssb_loop *loop, const char *kind, const char *address,
                       const struct tssb_face_options *options, char **error) {
    if (loop->port_count == TSSB_LOOP_FACES_MAX)
        return tssb_fail(error, 2, "%s %s: a node takes %d faces, and not one more", kind, address,
                         TSSB_LOOP_FACES_MAX);
    struct tssb_loop_port *port = &loop->ports[loop->port_count];
    *port = (struct tssb_loop_port){.loop = loop, .index = loop->port_count};
    int status = tssb_face_open(&port->face, loop->uv, kind, address, options, on_received,
                                on_notice, port, error);
    if (status == 0)
        loop->port_count++;
    return status;
}

/* The node's life. */

void tssb_loop_init(struct tssb_loop *loop, uv_loop_t *uv, const struct tssb_loop_setup *setup) {
    *loop = (struct tssb_loop){
        .config = *setup->config, .setup = *setup, .uv = uv, .wake_at_ns = TSSB_NEVER};
    loop->config.host = &host;
    loop->config.forked = setup->events && setup->events->forked ? host_forked : NULL;
    uv_timer_init(uv, &loop->wake_timer);
    uv_timer_init(uv, &loop->sync_timer);
    loop->wake_timer.data = loop->sync_timer.data = loop;
    tssb_node_init(&loop->node, &loop->config, loop, setup->store, setup->key);
}

void tssb_loop_start(struct tssb_loop *loop) {
    uint64_t now_ns = uv_hrtime();
    tssb_node_start(&loop->node, now_ns, now_ns);
    arm(loop);
}

int tssb_loop_append(struct tssb_loop *loop, const void *content, size_t size) {
    return tssb_node_append(&loop->node, content, size);
}

void tssb_loop_stop(struct tssb_loop *loop) {
    if (loop->stopped)
        return;
    loop->stopped = true;
    for (uint32_t i = 0; i < loop->port_count; i++)
        tssb_face_close(loop->ports[i].face);
    uv_close((uv_handle_t *)&loop->wake_timer, NULL);
    uv_close((uv_handle_t *)&loop->sync_timer, NULL);
}

void tssb_loop_close(struct tssb_loop *loop) {
    TSSB_CHECK(loop->stopped);
    tssb_node_close(&loop->node);
}
