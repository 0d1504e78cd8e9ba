/* `icl bench FILE`: how fast the statements of a script are that take time, measured until the figure stands. */
#ifndef ICL_BENCH_H
#define ICL_BENCH_H

#include "compiler/program.h"

/* Walks the script, printing and writing nothing, and notes each kernel that measures and each training; then times
 * them, call by call, and reports. False: an error was queued, or it was interrupted. */
bool bench_program(struct ev *ev, struct program *p);

/* Some work of a call, that can be done again and again in any amount. */
struct bench_work {
    const struct ast *at;  /* the call */
    const char *unit;      /* "prompts", "steps" */
    int64_t total;         /* what the script asks for */
    bool open;             /* it asks for what a precision needs: `total` is only a weight */
    int64_t least;         /* a smaller amount says little */
    int64_t tokens;        /* of a step; 0: there are none */
    int others;            /* calls that the same kernel answers */
    int kernels;           /* compiled for it, */
    double compiling;      /*   in these seconds of processor time */
    bool (*run)(void *ctx, int64_t amount); /* false: it cannot go on */
    void (*end)(void *ctx);                 /* gives back what it holds; NULL: nothing */
    void *ctx;
};

struct bench_entry {
    const struct ast *at; /* the call */
    VEC(struct bench_work) works;
    VEC(int64_t) amounts; /* of a round */
    int rounds;           /* of a pass: short work is done several times */
};
struct bench {
    VEC(struct bench_entry) entries;
    int others;
};

/* ---- bench_note.c: what the parts of the evaluator tell while session->bench ---- */
enum { BENCH_FEW = 256 }; /* prompts that figures are of during the walk */
void bench_note(struct ev *ev, const struct bench_work *w);
struct kernel_counts;
struct kernel_counts bench_counts(struct ev *ev); /* before and after what may compile */
void bench_compiled(struct ev *ev, const struct kernel_counts *before, struct bench_work *w);
/* The kernel that is asked for next answers so many other calls, too. */
void bench_with(struct ev *ev, int others);

bool bench_busy(double load); /* too much other work to trust figures */

/* ---- bench_report.c ---- */

/* What came out of a call; seconds are those of all that the script asks of it. */
struct bench_result {
    const struct ast *at;
    const char *call, *unit;
    int64_t total, tokens;
    bool open;
    int others, kernels, runs;
    bool settled;              /* the median is known as well as it was to be */
    double compiling;
    double median, low, high;  /* seconds; the interval holds the median with 95 % confidence */
    double q1, q3;             /* half of the runs lie between these */
};
enum { BENCH_RUNS = 6 }; /* with fewer the interval holds the median with less confidence */
/* `load` of the machine when it began, in processors. */
bool bench_report(struct ev *ev, struct bench_result *r, int n, double load);

#endif
