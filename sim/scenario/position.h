/* A place in the plane. */
#ifndef POSITION_H
#define POSITION_H

#include <stdint.h>

/* Each coordinate is within 1000 km of 0, so that the square of a distance fits 63 bits. */
struct position {
    int64_t x_mm, y_mm;
};

enum { POSITION_MAX_MM = 1000000000 };

#endif
