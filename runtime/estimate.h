/* A measured mean with its uncertainty: what risk, compare and probe give, and what tables and figures show. */
#ifndef ICL_ESTIMATE_H
#define ICL_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

struct estimate {
    double mean;
    double se;            /* standard error of the mean */
    int64_t trials;       /* prompts */
    int64_t nonfinite;    /* of these, prompts whose prediction was not finite; they are left out of the mean */
    double largest_share; /* the largest share of the sum that one prompt carries, 0 to 1 */
    double skewness;      /* of the prompts' values: their third central moment over the second's power of 3/2 */
};

/* Does one prompt carry so much of the sum that mean and standard error say little? */
static inline bool estimate_heavy(const struct estimate *e) {
    return e->largest_share > 0.1 && e->trials >= 100;
}

#endif
