/* What each node of a run goes through, as inputs of the fuzz target `node`: good seeds, since real
 * sessions reach deep. An observer that writes a file a node.
 *
 * The target has one node with a feed of its own and one that it follows, and authors of its own.
 * So this is a translation: of the first feed that the node follows, entries become entries at the
 * same distance from its front, requests likewise; what is about other feeds is taken over as
 * bytes; and what the target does not know (clocks, blobs) is left out. */
#ifndef SESSION_EXPORT_H
#define SESSION_EXPORT_H

#include "sim/observer.h"
#include "sim/world.h"

struct session_export; /* opaque */

/* Before the run. The folder is made where there is none. Returns 0; or 3 with *error, a line that
 * the caller frees, or NULL for memory that ran out. Close it in any case. */
int session_export_open(struct session_export **sessions, struct world *world, const char *folder,
                        char **error);
void session_export_close(struct session_export *sessions);

struct observer *session_export_observer(struct session_export *sessions);

/* Writes FOLDER/<scenario>-<seed>-<node> for each node that got anything. Returns as above. */
int session_export_write(const struct session_export *sessions, char **error);

#endif
