/* A scene: a loop, up to four faces, and what they got. */
#include "face_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned scenes;

int scene_start(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    assert_int_equal(uv_loop_init(&scene->uv), 0);
    unsigned process = (unsigned)getpid();
    snprintf(scene->group, sizeof scene->group, "239.%u.%u.%u/%u", 192 + scenes % 64,
             process >> 8 & 255, process & 255, 20000 + process % 20000);
    scenes++;
    *state = scene;
    return 0;
}

static void on_received(void *context, struct tssb_face *face, const uint8_t *bytes, size_t size) {
    struct actor *actor = context;
    assert_ptr_equal(face, actor->face);
    assert_in_range(size, 1, sizeof actor->last);
    memcpy(actor->last, bytes, size);
    actor->sizes[actor->packets++ % SCENE_PACKETS] = size;
}

static void on_notice(void *context, const struct tssb_face *face, const char *line) {
    struct actor *actor = context;
    (void)face;
    size_t at = strlen(actor->notices);
    snprintf(actor->notices + at, sizeof actor->notices - at, "%s\n", line);
}

struct tssb_face_options scene_options(void) {
    struct tssb_face_options options = tssb_face_defaults;
    options.multicast_interface = "127.0.0.1";
    return options;
}

struct tssb_face *scene_open(struct scene *scene, int actor, const char *kind, const char *address,
                             const struct tssb_face_options *options) {
    struct tssb_face_options usual = scene_options();
    char *error = NULL;
    struct actor *opening = &scene->actors[actor];
    int status = tssb_face_open(&opening->face, &scene->uv, kind, address,
                                options ? options : &usual, on_received, on_notice, opening,
                                &error);
    if (status)
        fail_msg("%s", error);
    return opening->face;
}

void scene_refuses(struct scene *scene, const char *kind, const char *address,
                   const struct tssb_face_options *options, int status, const char *text) {
    struct tssb_face_options usual = scene_options();
    struct tssb_face *face;
    char *error = NULL;
    int got = tssb_face_open(&face, &scene->uv, kind, address, options ? options : &usual,
                             on_received, on_notice, NULL, &error);
    assert_int_equal(got, status);
    assert_null(face);
    assert_non_null(error);
    if (!strstr(error, text))
        fail_msg("'%s' does not say '%s'", error, text);
    free(error);
}

static void on_alarm(uv_timer_t *timer) {
    *(bool *)timer->data = true;
}

static void set_alarm(struct scene *scene, uv_timer_t *timer, uint64_t ms, bool *rung) {
    *rung = false;
    uv_timer_init(&scene->uv, timer);
    timer->data = rung;
    uv_update_time(&scene->uv);
    uv_timer_start(timer, on_alarm, ms, 0);
}

static void end_alarm(struct scene *scene, uv_timer_t *timer) {
    uv_close((uv_handle_t *)timer, NULL);
    uv_run(&scene->uv, UV_RUN_NOWAIT);
}

void scene_until(struct scene *scene, const size_t *count, size_t due) {
    uv_timer_t timer;
    bool rung;
    set_alarm(scene, &timer, 10000, &rung);
    while (*count < due && !rung)
        uv_run(&scene->uv, UV_RUN_ONCE);
    end_alarm(scene, &timer);
    assert_int_equal(*count, due);
}

void scene_run(struct scene *scene, uint64_t ms) {
    uv_timer_t timer;
    bool rung;
    set_alarm(scene, &timer, ms, &rung);
    while (!rung)
        uv_run(&scene->uv, UV_RUN_ONCE);
    end_alarm(scene, &timer);
}

void expect_last(const struct actor *actor, const void *bytes, size_t size) {
    assert_true(actor->packets > 0);
    assert_int_equal(actor->sizes[(actor->packets - 1) % SCENE_PACKETS], size);
    assert_memory_equal(actor->last, bytes, size);
}

/* A test that failed leaves things open, and ends here without waiting for them. */
int scene_end(void **state) {
    struct scene *scene = *state;
    for (int i = 0; i < SCENE_FACES; i++)
        if (scene->actors[i].face)
            tssb_face_close(scene->actors[i].face);
    scene_run(scene, 1);
    assert_int_equal(uv_loop_close(&scene->uv), 0);
    free(scene);
    return 0;
}
