/* Runs the passes in the order of their table. A node's number says when it was made; passes keep numbers and keep
 * operands before users, so that texts of two stages can be compared line by line. */
#include "compiler/ir.h"

const char *const ir_pass_text[PASS_COUNT] = {
#define PASS(name, text, function, needs, gives) text,
#include "compiler/pass.def"
#undef PASS
};

static void (*const pass[PASS_COUNT])(struct ir_func *) = {
#define PASS(name, text, function, needs, gives) function,
#include "compiler/pass.def"
#undef PASS
};

#ifdef ICL_VERIFY
enum { ALWAYS = 1 };
#else
enum { ALWAYS = 0 };
#endif

/* Runs the passes on f. Nodes move and go, so hash-consing ends here. NULL, or which pass broke which rule. */
const char *ir_run_passes(struct ir_func *f)
{
    const char *why = NULL;
    f->cse = NULL;
    if (ALWAYS || f->verify) why = ir_verify(f);
    if (why) return arena_printf(f->arena, "before the passes: %s", why);
    for (int p = 0; p < PASS_COUNT && !why; p++) {
        pass[p](f);
        if (ALWAYS || f->verify) why = ir_verify(f);
        if (why) why = arena_printf(f->arena, "after pass %s: %s", ir_pass_text[p], why);
    }
    if (ALWAYS || f->verify || why) return why;
    why = ir_verify(f); /* once is always affordable: a fault stops here instead of becoming a wrong number */
    return why ? arena_printf(f->arena, "after the passes: %s", why) : NULL;
}
