/* Faces as the command line names them. */
#ifndef FACE_SPEC_H
#define FACE_SPEC_H

#include "core/posix/face.h"
#include "command.h"

enum { FACE_SPEC_SIZE = 320, FACE_SPECS_MAX = 32 };

/* One face; the texts are inside. */
struct face_spec {
    const char *kind, *address;
    struct tssb_face_options options;
    char text[FACE_SPEC_SIZE];
};

struct face_specs {
    struct face_spec items[FACE_SPECS_MAX];
    size_t count;
};

/* Adds the face of "ADDRESS[,NAME=VALUE]...", or, where kind is NULL, of "KIND:ADDRESS...":
 *     mc:224.1.1.1/5000,if=eth0        kiss:/dev/ttyUSB0,pace=500ms,baud=9600
 *     udp:192.168.4.1/5001             listen:5001,answers=20000,queue=64
 * Refuses one that is there already. Returns 0 or EXIT_WRONG, having complained. */
int face_specs_add(struct face_specs *specs, const struct command *command, const char *kind,
                   const char *text);

/* Sets an option, as after the comma, of all faces that have none of their own. Returns the same.
 */
int face_specs_default(struct face_specs *specs, const struct command *command, const char *name,
                       const char *value);

/* "500ms", "5 s", or 0. False where the text is anything else. */
bool face_spec_duration(const char *text, uint64_t *ns);

#endif
