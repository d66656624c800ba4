/* For a whole number of degrees of freedom the distribution is a finite sum (Abramowitz and Stegun:
 * "Handbook of Mathematical Functions", 26.7.3 and 26.7.4). It is inverted by bisection. */
#include "student.h"

#include <math.h>
#include <stdbool.h>

static const double pi = 3.14159265358979323846;

double student_within(double t, uint32_t freedom) {
    double theta = atan(t / sqrt(freedom)), cosine = cos(theta), square = cosine * cosine;
    bool odd = freedom % 2;
    double term = odd ? cosine : 1, sum = 0;
    for (uint32_t i = odd ? 3 : 2; i <= freedom; i += 2) {
        sum += term;
        term *= square * (i - 1) / i;
    }
    return odd ? 2 / pi * (theta + sin(theta) * sum) : sin(theta) * sum;
}

double student_bound(double beyond, uint32_t freedom) {
    enum { HALVINGS = 100 };
    double low = 0, high = 1;
    while (student_within(high, freedom) < 1 - beyond && high < 1e15)
        high *= 2;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (student_within(middle, freedom) < 1 - beyond)
            low = middle;
        else
            high = middle;
    }
    return high;
}
