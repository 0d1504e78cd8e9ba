/* A measured mean with its uncertainty: what risk, compare and probe give, and what tables and figures show. */
#ifndef ICL_ESTIMATE_H
#define ICL_ESTIMATE_H

#include <stdint.h>

struct estimate {
    double mean;
    double se;            /* standard error of the mean */
    int64_t trials;       /* prompts */
    int64_t nonfinite;    /* of these, prompts whose prediction was not finite; they are left out of the mean */
    double largest_share; /* the largest share of the sum that one prompt carries, 0 to 1 */
};

#endif
