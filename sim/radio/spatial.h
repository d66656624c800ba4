/* Which points are near a place: a grid of square cells over all of them, so that a look costs what
 * is near and not what there is. */
#ifndef SPATIAL_H
#define SPATIAL_H

#include "sim/mobility.h"

struct spatial {
    struct position origin; /* the least coordinates of all points */
    uint64_t cell_mm;
    uint32_t columns, rows;
    uint32_t *first; /* of each cell's points in `points`; one more at the end */
    uint32_t *points;
};

/* A zeroed index is an empty one; building again replaces what it held. cell_mm: about as far as
 * looks will reach; larger cells are taken where there would be many more cells than points.
 * Returns 0 or TSSB_E_MEMORY. */
int spatial_build(struct spatial *spatial, const struct position *positions, uint32_t count,
                  uint64_t cell_mm);
void spatial_close(struct spatial *spatial);

/* The points in all cells that lie within the distance of the place, and so all points that do and
 * some that do not; ascending. found: room for all points. Returns how many. */
uint32_t spatial_near(const struct spatial *spatial, struct position place, uint64_t distance_mm,
                      uint32_t *found);

#endif
