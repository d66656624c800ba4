/* Where nodes are and how they move, as a scenario says it. mobility.h makes positions of it. */
#ifndef MOVEMENT_H
#define MOVEMENT_H

#include <stdint.h>

#include "ns2_trace.h"
#include "position.h"

/* Evenly from low to high, both included; always the same where they are equal. */
struct interval {
    uint64_t low, high;
};

enum position_kind {
    POSITION_NONE, /* the scenario does not say */
    POSITION_LIST,
    POSITION_GRID,
    POSITION_UNIFORM, /* evenly within a rectangle */
    POSITION_DISC,    /* evenly within a disc */
};

/* Where the nodes of a group are when the world begins. */
struct position_rule {
    enum position_kind kind;
    struct position origin; /* grid: of the first; uniform: the corner; disc: the centre */
    struct position size;   /* uniform */
    uint64_t length_mm;     /* grid: between neighbours; disc: the radius */
    uint32_t width;         /* grid: nodes a row */
    struct position *list;  /* list: of each node of the group, or one for all of them */
    uint32_t list_count;
};

struct waypoint {
    uint64_t at_ns;
    struct position position;
};

struct stop {
    uint64_t stay_ns;
    struct position position;
};

enum move_kind { MOVE_NONE, MOVE_WAYPOINTS, MOVE_RANDOM_WAYPOINT, MOVE_VISIT };

/* How the nodes of a group move from there. */
struct move_rule {
    enum move_kind kind;
    struct waypoint *waypoints;   /* ascending */
    struct stop *stops;           /* visit: at least two, none where the one before it is */
    uint32_t count;               /* of either */
    struct position origin, size; /* random waypoint: the area */
    struct interval speed_mm_s;   /* not 0 */
    struct interval pause_ns;     /* random waypoint */
};

/* A trace that some nodes follow. */
struct mobility_trace {
    const char *path;    /* NULL: there is none */
    uint32_t attachment; /* index of the file */
    uint32_t *nodes;     /* node_(i) is nodes[i] */
    uint32_t *index_of;  /* of each node of the scenario, its i; UINT32_MAX: not in the trace */
    struct ns2_trace movements;
};

#endif
