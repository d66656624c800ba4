/* What the tests of faces share: a libuv loop that turns until something is so, and faces that
 * write down what they get. Multicast groups are chosen by process and by test, so that tests that
 * run at the same time do not hear each other; all of it stays on the loopback interface. */
#ifndef FACE_SUPPORT_H
#define FACE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include "core/posix/face.h"

enum { SCENE_FACES = 4, SCENE_PACKETS = 2048 };

/* A face under test and what it got. */
struct actor {
    struct tssb_face *face;
    size_t packets;
    size_t sizes[SCENE_PACKETS];
    uint8_t last[65536]; /* the last packet, of sizes[packets - 1] bytes */
    char notices[1024];
};

struct scene {
    uv_loop_t uv;
    struct actor actors[SCENE_FACES];
    char group[32]; /* a multicast address of this process and test: GROUP/PORT */
};

/* Set-up and tear-down of a cmocka test: *state is a scene without open faces. */
int scene_start(void **state);
int scene_end(void **state);

/* Opens a face, which must succeed; NULL options are those of tests: multicast on loopback. */
struct tssb_face *scene_open(struct scene *scene, int actor, const char *kind, const char *address,
                             const struct tssb_face_options *options);

/* Expects that it does not open, with this status and this text in its error. */
void scene_refuses(struct scene *scene, const char *kind, const char *address,
                   const struct tssb_face_options *options, int status, const char *text);

/* tssb_face_defaults, with multicast on loopback. */
struct tssb_face_options scene_options(void);

/* Turns the loop until *count reaches due; fails after ten seconds. */
void scene_until(struct scene *scene, const size_t *count, size_t due);

/* Turns the loop for so long. */
void scene_run(struct scene *scene, uint64_t ms);

/* Expects the last packet of an actor. */
void expect_last(const struct actor *actor, const void *bytes, size_t size);

#endif
