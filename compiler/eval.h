/* The evaluator: walks checked trees on both levels of the language (see value.h), and, without data, is the check
 * of types, shapes and levels itself. A definition is first walked on its own with symbolic sizes; a script is walked
 * without data before anything runs, so that every use is checked at its sizes; then it is run. */
#ifndef ICL_EVAL_H
#define ICL_EVAL_H

#include "compiler/value.h"
#include "lang/diag.h"

struct binding {
    str name;
    struct value *value;
    struct span where;
    bool state;        /* a loop's: keeps its type and shape */
    bool own;          /* kernel code: assigned in this body, not a signature's */
};
struct scope {
    struct scope *up;
    bool body;         /* a definition's body starts here: assignments do not reach further up */
    bool script;       /* the script's top level, or the library's */
    bool columns;      /* a table's columns */
    VEC(struct binding) names;
};

struct def {
    enum def_kind kind;
    str name;
    const struct ast *ast;
    struct scope *scope; /* where it was defined */
    int nhypers;
    struct ast **hyper;  /* A_HYPER */
    struct ast *given, *knowing, *type, *body;
    bool library;
    bool checked, failed; /* its own walk with symbolic sizes */
};

/* One kernel being built: an IR function, the region that code goes to, and what is captured from outside. */
struct capture {
    const struct value *value;
    struct ir_node *input;
};
struct drawn {
    const struct ast *draw;
    const struct ir_node *node;
};
struct kernel {
    struct ir_func *f;
    struct ir_region *region;
    VEC(struct capture) captures; /* by slot */
    VEC(uint32_t) sites;          /* draw sites in use */
    const char *site_path;        /* prefix of draw names in nested definitions */
    struct value *pass;           /* the number of the pass of all loops around that draw; NULL: none does */
    int64_t passes;               /* so many there are at most */
    const struct ast *drawing;    /* the draw being made */
    VEC(struct drawn) drawn;      /* what it is made of */
};

/* How a body ended. */
struct frame {
    const struct def *def;   /* NULL: a lambda, a block of the script */
    bool ended;
    bool may_end;            /* one of two branches that were both walked ended */
    struct value *result;    /* return, predict, yield (a tuple) */
    struct value *x, *y, *truth;
    struct scope *scope;     /* the body's names, for `knowing` */
};

/* Calls in progress, innermost first: messages say how they were reached. */
struct call {
    struct call *up;
    struct span where;
    const char *what;
    bool library; /* the code being walked is the library's */
};

struct session;
struct arch;
struct intervention_list;
struct optimizer;
struct ev {
    struct arena *arena;
    struct interner *names;
    struct size_table *sizes;
    struct diags *diags;
    struct session *session; /* seed, precision, engine, output ... */
    struct scope *std, *script;
    struct scope *parts; /* the library's layers and optimizers: `linear` is a task and a layer, `momentum` an
                          * algorithm and an optimizer; in an architecture, and as `optimizer =`, parts come first */
    bool parts_first;
    struct kernel *k;        /* kernel code is being built */
    bool dry;                /* walk without data */
    bool symbolic;           /* a definition walked on its own, */
    const struct ast *latents; /* its `knowing`: the types of these are the task's */
    bool rehearsal;          /* a walk without data that goes wherever the run may go: see rehearse.h */
    bool damaged;            /* errors in names are reported; the walk goes on around them */
    struct call *calls;
    const struct ast *at;    /* the expression being evaluated: the place of what has none of its own */
    int depth;
    int precision;
    struct optimizer *optimizer; /* an optimizer is being walked */
    struct arch *arch;       /* an architecture is being walked */
    struct intervention_list *with; /* a `with { }` is being read */
    struct value *it;        /* `it` of a with */
    bool computing;          /* in a loop that only computes: see eval_pass.c */
    struct sweep *sweep;     /* the sweep whose body is being walked */
    struct watch *watch;     /* `icl replay`: gets the names of kernel code as they get their values; or NULL */
    struct inspect *inspect; /* keeps what the walk finds out about a file; NULL: nobody asks */
    int unsure;              /* how many clauses were met so far whose values only the run knows */
};

/* ---- eval_expr.c, eval_index.c, eval_stmt.c ---- */
struct value *ev_expr(struct ev *ev, struct scope *s, const struct ast *e);
struct value *ev_index(struct ev *ev, struct scope *s, const struct ast *e);
void ev_block(struct ev *ev, struct scope *s, const struct ast *block, struct frame *fr);
void ev_statement(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr);
void ev_repeat(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr); /* eval_loop.c */
void ev_for(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr);
struct value *ev_field(struct ev *ev, struct scope *s, const struct ast *e);
void ev_silence(struct ev *ev, struct scope *s,
                const struct ast *block); /* after an error: what it assigns is not known */
/* Calls `each` for every combination of the clauses' values (for, sweep, script builders); the names are bound in a
 * scope below s. Stops early on false. */
bool ev_clauses(struct ev *ev, struct scope *s, struct ast *const *clause, int n,
                bool (*each)(struct ev *, struct scope *, void *), void *data);
/* The same for a `for` of one clause at script level, whose passes free what they leave behind. */
void ev_loop_clause(struct ev *ev, struct scope *s, const struct ast *loop,
                    bool (*each)(struct ev *, struct scope *, void *), void *data);
/* Before that: are the combinations not too many, as far as can be told without work? False: reported, for `what`. */
bool ev_clauses_fit(struct ev *ev, struct scope *s, struct ast *const *clause, int n, const char *what,
                    const struct ast *at);
/* The values a clause runs over, as a list; *unknown when only the run knows. */
struct value **ev_elements(struct ev *ev, struct value *v, const struct ast *where, int *n, bool *unknown);

struct name_list {
    str *data;
    int n, capacity;
};
void ev_assigned(struct ev *ev, const struct ast *e, struct name_list *names); /* names assigned somewhere in a block */
/* What an assignment of s changes; NULL: it makes a new name. */
struct binding *ev_assignable(struct scope *s, str name);

/* Passes of a loop at script level, whose garbage is freed: begin, next before every pass, end. They do nothing where
 * the loop does more than compute: see eval_pass.c. */
struct passes {
    bool on, inner;              /* inner: of passes that are on */
    struct scope *scope;
    struct name_list names;      /* what the loop assigns */
    struct arena room, *around;
    struct size_table *sizes;
    struct size_mark mark;
    size_t kept;
};
void ev_passes_begin(struct ev *ev, struct scope *s, const struct ast *loop, struct passes *p);
void ev_passes_next(struct passes *p);
void ev_passes_end(struct ev *ev, struct passes *p);

struct scope *scope_new(struct ev *ev, struct scope *up);
struct binding *scope_find(struct scope *s, str name);
struct binding *scope_bind(struct ev *ev, struct scope *s, str name, struct value *v, struct span where);

/* ---- eval_call.c ---- */
struct value *ev_call(struct ev *ev, struct scope *s, const struct ast *e);
struct value *ev_apply(struct ev *ev, const struct fn *fn, struct value **arg, int n, const struct ast *where);
bool ev_enter(struct ev *ev, struct call *c, struct span where, const char *what, bool library); /* false: too deep */
void ev_leave(struct ev *ev, struct call *c);
/* Matches arguments against a signature text such as "x, axis = none, ...". */
struct args {
    int n;
    struct value **v;  /* by parameter; NULL: not given */
    const struct ast **at;
    int nrest;         /* of `...` */
    struct value **rest;
    const struct ast **rest_at;
    const struct ast *call;
};

/* ---- eval_def.c ---- */
void ev_define(struct ev *ev, struct scope *s, const struct ast *def, bool library);
void ev_check_def(struct ev *ev, struct def *d); /* walks it on its own with symbolic sizes */
/* Tasks, algorithms ...: an instance from a call's arguments; a bare name stands for it with its defaults. */
struct value *ev_instance(struct ev *ev, struct scope *s, const struct def *d, const struct ast *call);
struct value *ev_call_def(struct ev *ev, const struct def *d, struct value **arg, int n, const struct ast *where);
/* One prompt of a task inside the current kernel. False: an error was reported. */
bool ev_prompt(struct ev *ev, const struct instance *task, struct frame *fr, const struct ast *where);
/* The prediction for context X, y and query q; `latents` are the task's names for `knowing`. */
struct value *ev_predict(struct ev *ev, const struct value *predictor, struct value *X, struct value *y,
                         struct value *q, struct scope *latents, const struct ast *where);
/* The value of a body called with its hyper-parameters and inputs. `latents`: names for `knowing`, or NULL. */
struct value *ev_body_frame(struct ev *ev, const struct def *d, struct value **hyper, struct value **in, int n,
                            const struct ast *where, struct frame *fr);
struct value *ev_body(struct ev *ev, const struct def *d, struct value **hyper, struct value **in, int n,
                      struct scope *latents, const struct ast *where);
bool value_is_predictor(const struct value *v);
bool value_is_task(const struct value *v);
struct kernel *ev_kernel_begin(struct ev *ev, const char *name); /* returns the kernel that was current */
bool ev_passes(struct ev *ev, struct kernel *k, const struct ast *at); /* false: a fault of the tool was reported */
void ev_kernel_end(struct ev *ev, struct kernel *previous);

/* ---- tensor.c: operations on tensor values, on every level; each reports its own errors at `at` ---- */
struct value *t_apply(struct ev *ev, struct ir_node *proto, struct value *const *in, int n);
struct ir_node *t_node(struct ev *ev, struct value *v);              /* as a node of the current kernel */
struct value *t_of_node(struct ev *ev, struct ir_node *n);
/* Element by element; operands are broadcast to one shape. t_select: a where c is true, else b. */
struct value *t_elem1(struct ev *ev, enum ir_op op, struct value *a, const struct ast *at);
struct value *t_elem2(struct ev *ev, enum ir_op op, struct value *a, struct value *b, const struct ast *at);
struct value *t_select(struct ev *ev, struct value *c, struct value *a, struct value *b, const struct ast *at);
struct value *t_cast(struct ev *ev, struct value *a, enum dtype t);  /* bool, int -> real; bool -> int */
struct value *t_broadcast(struct ev *ev, struct value *a, int rank, const dim *dims);
bool t_stretches(const struct value *v, int rank, const dim *dims); /* does v broadcast to a shape that stays so? */
struct value *t_zeros_like(struct ev *ev, const struct value *like, int axis, dim count); /* `count` along the axis */
struct value *t_reshape(struct ev *ev, struct value *a, int rank, const dim *dims);
struct value *t_transpose(struct ev *ev, struct value *a, const int *perm); /* axis i is a's axis perm[i] */
struct value *t_swap(struct ev *ev, struct value *a); /* the last two axes */
struct value *t_slice(struct ev *ev, struct value *a, int axis, dim start, dim count, int64_t step);
struct value *t_at(struct ev *ev, struct value *a, int axis, dim index); /* the axis goes */
struct value *t_gather(struct ev *ev, struct value *a, struct value *index, int axis);
/* n >= 1 items end to end along an axis they have, or side by side along a new one. */
struct value *t_concat(struct ev *ev, struct value **item, int n, int axis, const struct ast *at);
struct value *t_stack(struct ev *ev, struct value **item, int n, int axis, const struct ast *at);
struct value *t_reduce(struct ev *ev, enum ir_op op, struct value *a, int axis); /* axis < 0: over all elements */
struct value *t_matmul(struct ev *ev, struct value *a, struct value *b, const struct ast *at);
struct value *t_unary_op(struct ev *ev, enum ir_op op, struct value *a,
                         int axis); /* CUMSUM SORT ARGSORT CHOLESKY ... */
/* x with a @ x = b: a [.., n, n], b [.., n, m] -> [.., n, m]; leading axes are broadcast. t_trisolve: l is triangular,
 * and may be taken transposed. */
struct value *t_solve(struct ev *ev, struct value *a, struct value *b, const struct ast *at);
struct value *t_trisolve(struct ev *ev, struct value *l, struct value *b, bool upper, bool transposed);
struct value *t_pow(struct ev *ev, struct value *a, struct value *b, const struct ast *at);
struct value *t_const(struct ev *ev, double v); /* a literal: takes the precision of what it meets */
struct value *t_full(struct ev *ev, struct value *v, int rank, const dim *dims); /* every element is v, a scalar */
struct value *t_iota(struct ev *ev, int rank, const dim *dims, int axis); /* int: each element's place on the axis */
struct value *t_eye(struct ev *ev, dim n); /* real [n, n] */
/* Uniform in (0, 1) or standard normal: of the words of a site and a stream. */
struct value *t_draw(struct ev *ev, enum ir_op op, uint32_t site, uint32_t stream, int rank, const dim *dims);
int t_join_leading(const struct value *a, const struct value *b, dim *out);
struct value *t_matrix_op(struct ev *ev, struct ir_node p, struct value *a, struct value *b);
/* Broadcasts a and b to one shape, promoting int to real; false: reported. */
bool t_match(struct ev *ev, struct value **a, struct value **b, const struct ast *at);

/* ---- messages ---- */
struct diag *ev_error(struct ev *ev, enum diag_code code, const struct ast *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Labels the expression with its type and says where its sizes come from. */
void ev_show(struct ev *ev, struct diag *m, const struct ast *at, const struct value *v);
void ev_show_axis(struct ev *ev, struct diag *m, const struct ast *at, const struct value *v,
                  int axis); /* origins of one axis */
/* The same of an input `name` of what is called at `at`, where no expression of its own stands. */
void ev_show_input(struct ev *ev, struct diag *m, const struct ast *at, const char *name, const struct value *v,
                   int axis);
void ev_show_size(struct ev *ev, struct diag *m, const struct ast *at,
                  dim d); /* labels a size with its number and origin */
const char *ev_size_text(struct ev *ev, dim d);                                /* "n + 1 = 5", "5", "n" */
const char *ev_type_known(struct ev *ev, const struct value *v); /* a tensor's type with its sizes as numbers */
void ev_size_pair(struct ev *ev, dim a, dim b, const char **a_text, const char **b_text); /* texts that differ */
void ev_help_size(struct ev *ev, struct diag *m, dim a, dim b); /* a signature's name where another size is meant */
const char *ev_text(struct ev *ev, const struct ast *at); /* the expression as the user wrote it, on one line */

/* ---- what the parts ask of each other ---- */
dim ev_size(struct ev *ev, struct value *v, const struct ast *at); /* an integer as a size; NULL: reported */
bool ev_known_int(const struct value *v, int64_t *out);
bool ev_known_real(const struct value *v, double *out); /* ints too */
bool ev_known_bool(const struct value *v, bool *out);

#endif
