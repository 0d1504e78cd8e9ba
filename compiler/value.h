/* Values of the evaluator. One walk over the tree serves both levels of the language: at script level a tensor holds
 * data; in kernel code it is a node of the IR that is being built; in a walk without data (the static check) it has
 * only its type and, for integers, its size. Values are immutable and live in the session's arena. */
#ifndef ICL_VALUE_H
#define ICL_VALUE_H

#include "compiler/interp.h"
#include "compiler/ir.h"
#include "lang/ast.h"

enum value_kind {
    V_NONE,      /* the value of a statement */
    V_ERROR,     /* an error was reported; silences what follows from it */
    V_ANY,       /* walk without data: a value that only the run will know */
    V_TENSOR,    /* scalars too */
    V_TUPLE, V_LIST,
    V_RECORD,
    V_RANGE,     /* item[0]:item[1]:item[2] */
    V_STRING,
    V_FN,        /* a function of the script, a builtin, a lambda, a gradient */
    V_INSTANCE,  /* a task, algorithm, preprocess ... with its hyper-parameters */
    V_CHAIN,     /* preprocesses then a predictor */
    V_MODEL,     /* an architecture with its parameters */
    V_FEATURES,  /* a preprocess: a model's tapped vectors in place of the inputs */
    V_DIST,      /* a distribution with its parameters */
    V_TABLE, V_ESTIMATE,
    V_CANDIDATES /* `name in list`: a hyper-parameter that `tune` chooses */
};

struct def;
struct model;
struct features;
struct table;
struct measured;

enum fn_kind { FN_DEF, FN_BUILTIN, FN_LAMBDA, FN_GRAD, FN_VALUE_AND_GRAD, FN_HESSIAN };
struct fn {
    enum fn_kind kind;
    const struct def *def;         /* FN_DEF */
    const struct builtin *builtin; /* FN_BUILTIN */
    const struct ast *lambda;      /* FN_LAMBDA, with */
    struct scope *scope;           /*   its names */
    const struct fn *of;           /* FN_GRAD ..: the function differentiated, */
    int wrt;                       /*   and by which argument */
};

/* How `tune` chose. */
struct tuning {
    const struct value *task;
    uint64_t seed;
    const struct ast *at;
};

struct instance {
    const struct def *def;
    struct value **hyper; /* def->nhypers values; V_CANDIDATES where tune chooses */
    const bool *tuned;    /* which of them tune chose; NULL: none */
    const struct tuning *tuning;
};

struct value {
    enum value_kind kind;
    union {
        struct { /* V_TENSOR */
            enum dtype dtype;
            int rank;
            bool known;           /* `data` is there */
            bool literal;         /* made of literals and sizes alone: baked into kernels */
            dim dims[IR_MAX_RANK];
            dim size;             /* a scalar integer as a size; a quotient of integers too; else NULL */
            const dim *entry;     /* a list of integers that are sizes, [n, d]: each of them; else NULL */
            struct ir_node *node; /* kernel code */
            double se;            /* a real of the script made of estimates: its standard error; else 0 */
            struct tensor data;
            union {
                double r0;
                int64_t i0;
            }; /* storage of a scalar */
        };
        struct { /* V_TUPLE V_LIST V_RECORD V_RANGE V_CHAIN; V_CANDIDATES: item[0] is the list */
            int n;
            struct value **item;
            str *key; /* V_RECORD */
        };
        struct { /* V_DIST */
            const struct dist *dist;
            struct value **param;
            const struct ast **param_at;
            int nparams;
        };
        const char *text; /* V_STRING; NULL: not known */
        const struct fn *fn;
        const struct instance *instance;
        const struct model *model;
        const struct features *features;
        struct { /* V_TABLE */
            struct table *table;
            bool open; /* walk without data: columns are known, rows are not */
        };
        struct measured *measured; /* V_ESTIMATE; NULL in a walk without data */
    };
};

extern struct value value_none, value_error, value_any;

struct value *value_new(struct arena *a, enum value_kind kind); /* all else is zero */
struct value *value_list(struct arena *a, enum value_kind kind, int n, struct value **item); /* copies the pointers */
struct value *value_string(struct arena *a, const char *text); /* the text is not copied; NULL: not known yet */
struct value *value_fn(struct arena *a, struct fn fn);
/* Host scalars. `literal` as in struct value. */
struct value *value_real(struct arena *a, double v, bool literal);
struct value *value_bool(struct arena *a, bool v);
struct value *value_int(struct arena *a, dim size); /* of a size, whose value need not be known */
struct value *value_host(struct arena *a, struct size_table *sizes, struct tensor data); /* takes the data as it is */

bool value_is_scalar(const struct value *v, enum dtype t); /* one element, of that type */
bool value_poisoned(const struct value *v); /* V_ERROR or V_ANY: an operation gives it back */
/* "real[n, d]", "int", "list of 3", "predictor", ... */
const char *value_type(struct arena *a, const struct value *v);
const char *shape_text(struct arena *a, int rank, const dim *dims); /* "[n, d]", "" for a scalar */
/* As `print` and "{...}" show it. */
void value_print(struct buf *out, const struct value *v, int precision);
void value_print_brief(struct buf *out, const struct value *v, int precision); /* large tensors by their corners */
void value_print_corners(struct buf *out, const struct value *v, int precision); /* a tensor, in a few lines */
void value_json(struct buf *out, const struct value *v, int precision);
/* Structural equality of known values (hyper-parameters, table cells). */
bool value_same(const struct value *a, const struct value *b);
/* A predictor's or task's name: `correlate then gd`; with hyper-parameters when `full`. */
void value_name(struct buf *out, const struct value *v, bool full, int precision);
/* A predictor's name with the hyper-parameters in which it differs from others of the same name. */
void value_name_apart(struct buf *out, const struct value *v, const struct value *const *other, int n, int precision);

#endif
