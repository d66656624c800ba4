/* The run as a packet capture for Wireshark: an observer that writes pcapng. Each face of a node is
 * an interface, "nodeA/0", declared when it is first used; times are those of the simulation.
 *
 * A packet is there once for each face that it leaves by (outbound), and once for each receiver: as
 * inbound where it reached the receiver, and without a direction where the network kept it away.
 * Its comment is the trace's line of it, with its fate. What a node sends on receiving a packet
 * stands after that packet. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <signal.h>

#include "sim/observer.h"
#include "sim/world.h"

struct capture;

/* Writes FOLDER/<scenario name>-<seed>.pcapng, over an older one; makes the folder where there is
 * none. The world outlives the capture. version: of tssb. *stop is set to 1 where writing fails, to
 * end the run early. Returns 0; or 3 with *error, a line for the user that the caller frees, NULL
 * where memory ran out. */
int capture_open(struct capture **capture, const char *folder, const struct world *world,
                 const char *version, volatile sig_atomic_t *stop, char **error);

/* What world_watch is to be told; owned by the capture. */
struct observer *capture_observer(struct capture *capture);

/* Whether something could not be written; capture_finish says what. The rest is not captured. */
bool capture_failed(const struct capture *capture);

/* Writes what is left. Returns as capture_open does. */
int capture_finish(struct capture *capture, char **error);

/* NULL is allowed. */
void capture_close(struct capture *capture);

#endif
