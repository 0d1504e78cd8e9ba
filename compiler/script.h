/* The script level: builtins, distributions, measuring, tables, and the session that a run has. */
#ifndef ICL_SCRIPT_H
#define ICL_SCRIPT_H

#include <signal.h>
#include "compiler/eval.h"
#include "runtime/estimate.h"
#include "runtime/table.h"

/* ---- builtin.def, dist.def ---- */
enum builtin_level { LEVEL_BOTH, LEVEL_SCRIPT };
struct builtin {
    const char *name;
    const char *signature; /* "x, axis = none": names and which are optional; `...` any number */
    enum builtin_level level;
    struct value *(*call)(struct ev *, struct scope *, const struct builtin *, struct args *);
    enum ir_op op;
    const char *doc;
};
extern const struct builtin builtins[];
extern const int builtin_count;
const struct builtin *builtin_find(const char *name);
struct value *builtin_call(struct ev *ev, struct scope *s, const struct builtin *b, const struct ast *call);
struct value *builtin_apply(struct ev *ev, const struct builtin *b, struct args *a); /* values by position */
/* What the function of a builtin is given: s, where it is called; b, its row; a, the arguments. */
#define SCRIPT_BUILTIN(name) struct value *name(struct ev *ev, struct scope *s, const struct builtin *b, struct args *a)
#define BUILTIN(name, signature, level, function, op, doc) SCRIPT_BUILTIN(function);
#include "compiler/builtin.def"
#undef BUILTIN

struct dist {
    const char *name;
    const char *signature;
    int event; /* axes of one event */
    struct value *(*draw)(struct ev *, const struct value *dist, uint32_t site, int rank, const dim *dims,
                          const struct ast *);
    const char *doc;
};
extern const struct dist dists[];
extern const int dist_count;
const struct dist *dist_find(const char *name);
struct value *ev_dist(struct ev *ev, struct scope *s, const struct ast *e); /* the right side of `~` */
struct value *ev_draw(struct ev *ev, struct scope *s, const struct ast *e);

/* ---- measured.c, promise.c: estimates are promises, kept together when one of them is looked at ---- */
struct measured {
    struct request *request; /* NULL: done */
    struct estimate of;
};
void measured_print(struct buf *out, const struct measured *m); /* "0.0647 ± 0.0012", and a caution */
void measured_json(struct buf *out, const struct measured *m);
struct value *measured_field(struct ev *ev, struct value *v, str name); /* .mean, .se ..; NULL: there is none */
struct value *ev_number(struct ev *ev, struct value *v); /* estimates become their mean; others stay */
bool value_ready(const struct value *v);                 /* false: a walk without data does not know it */
struct value *ev_ready(struct ev *ev, struct value *v);  /* keeps the promises inside v */
void ev_settle(struct ev *ev);                           /* keeps all promises; a replay keeps none that nobody needs */
void ev_settle_old(struct ev *ev); /* after a while, those that a sweep's next cells will hardly join */

/* What predictor a of a request answers to one prompt, and its squared error, to the bits that the request's own kernel
 * has on every engine. False: reported. */
struct asked;
bool measured_prompt(struct ev *ev, const struct asked *r, uint64_t prompt, struct tensor *prediction,
                     struct tensor *error);

/* The number of rows of a task's prompts, the query's included. False: reported, or not known. */
bool prompt_rows(struct ev *ev, const struct instance *task, const struct ast *at, int64_t *rows);

/* ---- sweep.c ---- */
struct value *ev_sweep(struct ev *ev, struct scope *s, const struct ast *e); /* a table, a row a cell */
void ev_record(struct ev *ev, struct scope *s, const struct ast *e);

/* ---- tables.c ---- */
struct value *table_filter(struct ev *ev, struct scope *s, struct value *t, const struct ast *e);
struct value *table_column(struct ev *ev, struct value *t, const struct ast *e);
struct cell ev_cell(struct ev *ev, struct value *v); /* as a table holds it */
/* The statements `print`, `save`, `plot` and `heatmap`. */
void ev_print(struct ev *ev, struct scope *s, const struct ast *e);
void ev_save(struct ev *ev, struct scope *s, const struct ast *e);
const char *ev_out_path(struct ev *ev, const char *name); /* a relative name is under --out */
void ev_plot(struct ev *ev, struct scope *s, const struct ast *e);

/* ---- small things ---- */
bool ev_stopped(const struct ev *ev); /* interrupted, or failed at run time */
bool ev_arguments(struct ev *ev, struct scope *s, const struct def *d, const struct ast *call, struct value **out,
                  bool tunable);
bool ev_called_with_prompt(const struct def *d, const struct ast *call);
struct value *ev_fit_hyper(struct ev *ev, const struct def *d, const struct ast *h, struct value *v,
                           const struct ast *at);
struct value *ev_then(struct ev *ev, struct value *a, struct value *b, const struct ast *e);
struct value *ev_instance_value(struct ev *ev, struct value *v,
                                const struct ast *at); /* a bare name stands for its defaults */
struct value *ev_stands_for(struct ev *ev, struct value *v,
                            const struct ast *at); /* a bare name: its instance with defaults */
struct value *ev_predictor(struct ev *ev, struct value *v,
                           const struct ast *at); /* a bare name stands for its defaults */
struct value *ev_architecture_value(struct ev *ev, struct value *v, const struct ast *at);
struct value *ev_task(struct ev *ev, struct value *v, const struct ast *at);
struct value *ev_build(struct ev *ev, struct scope *s, const struct ast *e);
struct value *ev_range_tensor(struct ev *ev, struct value *range);
/* What a clause of kernel code runs over: a range, or the elements of a tensor along its first axis. */
struct series {
    dim from, count;
    int64_t step;
    struct value *of; /* NULL: a range */
};
bool ev_series(struct ev *ev, struct value *over, const struct ast *at, struct series *out); /* false: reported */
struct value *ev_series_value(struct ev *ev, const struct series *s, struct value *index, const struct ast *at);
bool ev_never_negative(struct ev *ev, const struct value *v);
struct value *t_unknown(struct ev *ev, enum dtype t, int rank, const dim *dims);
struct value *t_unknown_data(struct ev *ev, enum dtype t, int rank, const dim *dims);

/* ---- a run ---- */
enum engine { ENGINE_JIT, ENGINE_INTERP };
enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };
struct option_value {
    const char *name, *text;
    bool bare; /* without a value: true */
};
struct embedded_file {
    const char *path, *text; /* path NULL: the end of a list */
    size_t n;
};
struct session {
    uint64_t seed;
    enum engine engine;
    enum format format;
    int threads;
    const char *out;      /* folder of the files written */
    int progress;         /* enum progress_mode */
    bool color;
    struct pool *pool;
    struct ranks *ranks;  /* that share out the run; NULL: this process alone */
    struct ahead *ahead;  /* figures of a sweep that ranks have shared out by cell: see ahead.h */
    struct kernel_store *kernels;
    struct kernel_store *(*new_kernels)(struct arena *); /* where code comes from, asked on first need */
    struct option_value *options;
    int noptions;
    volatile sig_atomic_t *stop;
    VEC(struct request *) requests;
    struct keeper *keeper; /* NULL: nothing is kept */
    int64_t settled;      /* when promises were kept last: milliseconds */
    size_t max_memory;    /* bytes a run may use; 0: what memory_default says */
    bool fresh;           /* nothing of earlier runs is looked for */
    bool failed;          /* stop: an error at run time */
    bool fault;           /* of icl itself */
    bool usage;           /* of the command line */
    /* `icl emit`: is shown every kernel that a walk without data finds; `icl gradcheck`: every definition's value */
    void (*show_kernel)(struct ev *, struct ir_func *);
    void *viewer;         /* show_kernel's own */
    const char *stage;    /* of `icl emit` */
    bool measure;         /* of `icl explain` */
    bool quiet;           /* nothing is printed, written or asserted: the script is walked for what it measures */
    struct replay *replay; /* `icl replay`: is told what is measured; figures stay promises unless they are needed */
    struct bench *bench;  /* `icl bench`: is told of work; figures are of few prompts */
    double bench_seconds, bench_within; /*   at most so long a call, until known to so many percent; 0: not said */
    const char *bench_save, *bench_compare; /*   files; NULL: none */
    int64_t prompt, task; /*   which prompt is shown, of which task, */
    const char *only;     /*   answered by whom; NULL: all */
    /* `icl build` and what it builds */
    const struct embedded_file *embedded; /* a built program's files; NULL: files are read */
    const struct embedded_file *open_files; /* of an editor: read before files; NULL: none */
    int unforeseen;       /* kernels that a built program has no code for */
    bool singly;          /* each request has a kernel of its own */
    struct arena aside;   /* the kernel that the static check walked last: see measured.c */
};

void session_close(struct ev *ev); /* threads, kernels */

/* ---- share.c: a run that several processes share ---- */
bool ev_first(const struct ev *ev); /* the one that prints and writes files */
/* What came of something that only the first does: NULL, or why it failed. The same text for all. */
const char *ev_agree(struct ev *ev, const char *why);
/* A file as the first one reads it. NULL, or why it cannot be read. */
const char *ev_read_file(struct ev *ev, const char *path, struct buf *out);
/* The clock, for decisions that all are to make alike. */
int64_t ev_milliseconds(const struct ev *ev);
/* Reports that another process has left the run. */
void ev_rank_lost(struct ev *ev, const struct ast *at);
/* Are all at the start of the same run, which `digest` tells? Settles the number of threads. False: reported. */
bool ev_share_out(struct ev *ev, uint64_t digest);

#endif
