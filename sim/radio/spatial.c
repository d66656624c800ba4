/* A counting sort of points by their cells. */
#include "spatial.h"

#include <stdlib.h>

#include "core/error.h"

enum { CELLS_A_POINT = 4 };

/* How many cells an extent is divided into. */
static uint64_t divide(uint64_t extent_mm, uint64_t cell_mm) {
    return extent_mm / cell_mm + 1;
}

static struct position bounds(const struct position *positions, uint32_t count,
                              struct position *most) {
    struct position least = positions[0];
    *most = positions[0];
    for (uint32_t i = 1; i < count; i++) {
        const struct position *at = &positions[i];
        least.x_mm = at->x_mm < least.x_mm ? at->x_mm : least.x_mm;
        least.y_mm = at->y_mm < least.y_mm ? at->y_mm : least.y_mm;
        most->x_mm = at->x_mm > most->x_mm ? at->x_mm : most->x_mm;
        most->y_mm = at->y_mm > most->y_mm ? at->y_mm : most->y_mm;
    }
    return least;
}

static uint32_t cell_of(const struct spatial *spatial, struct position at) {
    uint64_t column = (uint64_t)(at.x_mm - spatial->origin.x_mm) / spatial->cell_mm;
    uint64_t row = (uint64_t)(at.y_mm - spatial->origin.y_mm) / spatial->cell_mm;
    return (uint32_t)(row * spatial->columns + column);
}

int spatial_build(struct spatial *spatial, const struct position *positions, uint32_t count,
                  uint64_t cell_mm) {
    spatial_close(spatial);
    if (count == 0)
        return 0;
    struct position most;
    spatial->origin = bounds(positions, count, &most);
    uint64_t width = (uint64_t)(most.x_mm - spatial->origin.x_mm);
    uint64_t height = (uint64_t)(most.y_mm - spatial->origin.y_mm);
    for (spatial->cell_mm = cell_mm ? cell_mm : 1;
         divide(width, spatial->cell_mm) > (uint64_t)CELLS_A_POINT * count ||
         divide(height, spatial->cell_mm) > (uint64_t)CELLS_A_POINT * count ||
         divide(width, spatial->cell_mm) * divide(height, spatial->cell_mm) >
             (uint64_t)CELLS_A_POINT * count;)
        spatial->cell_mm *= 2;
    spatial->columns = (uint32_t)divide(width, spatial->cell_mm);
    spatial->rows = (uint32_t)divide(height, spatial->cell_mm);
    uint32_t cells = spatial->columns * spatial->rows;
    spatial->first = calloc(cells + 1U, sizeof *spatial->first);
    spatial->points = calloc(count, sizeof *spatial->points);
    if (!spatial->first || !spatial->points) {
        spatial_close(spatial);
        return TSSB_E_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++)
        spatial->first[cell_of(spatial, positions[i]) + 1]++;
    for (uint32_t cell = 0; cell < cells; cell++)
        spatial->first[cell + 1] += spatial->first[cell];
    /* Backwards, each cell's start moves down to where it belongs, and points stay in order. */
    for (uint32_t i = count; i-- > 0;)
        spatial->points[--spatial->first[cell_of(spatial, positions[i]) + 1]] = i;
    /* Now each entry is the start of the cell before it. */
    for (uint32_t cell = 0; cell < cells; cell++)
        spatial->first[cell] = spatial->first[cell + 1];
    spatial->first[cells] = count;
    return 0;
}

void spatial_close(struct spatial *spatial) {
    free(spatial->first);
    free(spatial->points);
    *spatial = (struct spatial){0};
}

/* The cells from `least` to `most` that a stretch around a coordinate touches; false for none. */
static bool span(int64_t at, int64_t origin, uint64_t distance_mm, uint64_t cell_mm, uint32_t cells,
                 uint32_t *least, uint32_t *most) {
    int64_t low = at - origin - (int64_t)distance_mm, high = at - origin + (int64_t)distance_mm;
    if (high < 0 || (low > 0 && (uint64_t)low / cell_mm >= cells))
        return false;
    *least = low < 0 ? 0 : (uint32_t)((uint64_t)low / cell_mm);
    uint64_t last = (uint64_t)high / cell_mm;
    *most = last < cells ? (uint32_t)last : cells - 1;
    return true;
}

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

uint32_t spatial_near(const struct spatial *spatial, struct position place, uint64_t distance_mm,
                      uint32_t *found) {
    uint32_t left, right, top, bottom, count = 0;
    if (!spatial->first ||
        !span(place.x_mm, spatial->origin.x_mm, distance_mm, spatial->cell_mm, spatial->columns,
              &left, &right) ||
        !span(place.y_mm, spatial->origin.y_mm, distance_mm, spatial->cell_mm, spatial->rows, &top,
              &bottom))
        return 0;
    for (uint32_t row = top; row <= bottom; row++) {
        uint32_t from = spatial->first[row * spatial->columns + left];
        uint32_t to = spatial->first[row * spatial->columns + right + 1];
        for (uint32_t i = from; i < to; i++)
            found[count++] = spatial->points[i];
    }
    if (count > 1)
        qsort(found, count, sizeof *found, ascending);
    return count;
}
