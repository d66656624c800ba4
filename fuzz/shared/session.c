/* Steps out of bytes. */
#include "session.h"

bool session_next(struct fuzz_input *input, struct session_step *step) {
    uint8_t head[STEP_HEAD];
    if (input->left == 0)
        return false;
    fuzz_fill(input, head, sizeof head);
    *step = (struct session_step){head[0] % STEP_OPS, head[1], head[2], head[3], head[4],
                                  input->at};
    if (step->more_size > input->left)
        step->more_size = (uint8_t)input->left;
    input->at += step->more_size;
    input->left -= step->more_size;
    return true;
}
