/* Student's t distribution, for intervals in reports: floating point, which no simulation sees. */
#ifndef STUDENT_H
#define STUDENT_H

#include <stdint.h>

/* How likely |T| is at most t, with so many degrees of freedom (1 or more). */
double student_within(double t, uint32_t freedom);

/* The t for which that is 1 - beyond; beyond: above 0, below 1. */
double student_bound(double beyond, uint32_t freedom);

#endif
