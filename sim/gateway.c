/* Real faces and real time, on a libuv loop. The world asks to wait for the next event's moment;
 * while it waits, packets come in. What it is told of them is their bytes and a moment of simulated
 * time: that is all that a run needs to be repeated later on. */
#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/posix/face.h"

/* A wait is cut into pieces, so that signals are noticed soon. */
enum { WAIT_MS = 50 };

struct real_face {
    struct gateway *gateway;
    struct tssb_face *face;
    uint32_t index; /* of the scenario's face */
};

struct gateway {
    struct world_outside outside;
    struct world *world;
    uv_loop_t loop;
    uv_timer_t timer;
    uint64_t began_ns; /* by uv_hrtime; 0 before the first wait */
    uint64_t speed_thousandths;
    bool arrived; /* a packet came in since the last look */
    uint32_t face_count;
    struct real_face *faces;
};

/* The moment of the run that the clock shows. Scaled in two parts, so that years do not overflow.
 */
static uint64_t simulated_ns(const struct gateway *gateway) {
    uint64_t real_ns = uv_hrtime() - gateway->began_ns;
    return real_ns / 1000 * gateway->speed_thousandths +
           real_ns % 1000 * gateway->speed_thousandths / 1000;
}

static void on_received(void *context, struct tssb_face *face, const uint8_t *bytes, size_t size) {
    struct real_face *real = context;
    struct gateway *gateway = real->gateway;
    (void)face;
    gateway->arrived = true;
    (void)world_inject(gateway->world, real->index, simulated_ns(gateway), bytes, size);
}

static void on_notice(void *context, const struct tssb_face *face, const char *line) {
    (void)context;
    (void)face;
    fprintf(stderr, "%s\n", line);
}

static void on_timer(uv_timer_t *timer) {
    (void)timer; /* it only ends a wait */
}

static void gateway_send(void *context, uint32_t face, const uint8_t *bytes, size_t size,
                         bool answer) {
    struct gateway *gateway = context;
    (void)tssb_face_send(gateway->faces[face].face, bytes, size, answer);
}

static bool gateway_wait(void *context, uint64_t at_ns) {
    struct gateway *gateway = context;
    if (gateway->began_ns == 0)
        gateway->began_ns = uv_hrtime();
    gateway->arrived = false;
    (void)uv_run(&gateway->loop, UV_RUN_NOWAIT);
    uint64_t now_ns = simulated_ns(gateway);
    if (gateway->arrived || now_ns >= at_ns)
        return !gateway->arrived;
    uint64_t left_ms = (at_ns - now_ns) / gateway->speed_thousandths / 1000;
    if (left_ms == 0)
        return false; /* less than a timer can tell: look again */
    uint64_t wait_ms = left_ms < WAIT_MS ? left_ms : WAIT_MS;
    /* Repeated, as a timer that is due by the time that uv_run starts fires before it polls, and
     * the poll would then have no end. */
    (void)uv_timer_start(&gateway->timer, on_timer, wait_ms, wait_ms);
    (void)uv_run(&gateway->loop, UV_RUN_ONCE);
    (void)uv_timer_stop(&gateway->timer);
    return !gateway->arrived && simulated_ns(gateway) >= at_ns;
}

static int open_faces(struct gateway *gateway, char **error) {
    const struct scenario *scenario = world_scenario(gateway->world);
    gateway->faces = calloc(scenario->face_count + 1U, sizeof *gateway->faces);
    if (!gateway->faces)
        return 3;
    for (uint32_t i = 0; i < scenario->face_count; i++) {
        struct real_face *real = &gateway->faces[i];
        *real = (struct real_face){.gateway = gateway, .index = i};
        int status = tssb_face_open(&real->face, &gateway->loop, scenario->faces[i].kind,
                                    scenario->faces[i].address, &tssb_face_defaults, on_received,
                                    on_notice, real, error);
        if (status)
            return status;
        gateway->face_count++;
    }
    return 0;
}

int gateway_open(struct gateway **gateway, struct world *world, uint64_t speed_thousandths,
                 char **error) {
    struct gateway *made = calloc(1, sizeof *made);
    *gateway = NULL;
    *error = NULL;
    if (!made || uv_loop_init(&made->loop) != 0) {
        free(made);
        return 3;
    }
    made->outside = (struct world_outside){gateway_send, gateway_wait, made};
    made->world = world;
    made->speed_thousandths = speed_thousandths;
    (void)uv_timer_init(&made->loop, &made->timer);
    int status = open_faces(made, error);
    if (status)
        gateway_close(made);
    else
        *gateway = made;
    return status;
}

const struct world_outside *gateway_outside(struct gateway *gateway) {
    return &gateway->outside;
}

void gateway_close(struct gateway *gateway) {
    if (!gateway)
        return;
    for (uint32_t i = 0; i < gateway->face_count; i++)
        tssb_face_close(gateway->faces[i].face);
    uv_close((uv_handle_t *)&gateway->timer, NULL);
    (void)uv_run(&gateway->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&gateway->loop);
    free(gateway->faces);
    free(gateway);
}
