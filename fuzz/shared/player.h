/* Plays sessions to one node with a feed of its own and one that it follows, and checks after each
 * step what must hold whatever comes: a replica is a prefix of what its author signed, on the
 * branch it saw first; nothing else is stored or sent; answers and tables stay within their bounds.
 */
#ifndef FUZZ_PLAYER_H
#define FUZZ_PLAYER_H

#include "session.h"

/* Makes the node that the head chooses. One node at a time. */
void player_start(const uint8_t head[SESSION_HEAD]);

void player_step(const struct session_step *step);

/* Reads back all that the node holds, and checks that it gives back all memory. */
void player_end(void);

#endif
