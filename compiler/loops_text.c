/* The loop IR as text: one instruction a line, loops indented. Values are numbered in the order of printing, so the
 * text does not change with what was built and dropped. */
#include "compiler/loops.h"

struct printer {
    FILE *to;
    const struct loop_func *f;
    int *number; /* by instruction; 0: not printed yet */
    int next;
};

static int num(struct printer *p, int id)
{
    if (!p->number[id]) p->number[id] = ++p->next;
    return p->number[id] - 1;
}

static void place(struct printer *p, const struct loop_ins *i)
{
    const struct loop_ins *at = &p->f->ins.data[i->arg[0]];
    fprintf(p->to, "m%d[", i->mem);
    if (at->op == L_INDEX) fprintf(p->to, "%lld]", (long long)(at->imm + i->imm));
    else if (i->imm) fprintf(p->to, "v%d + %lld]", num(p, i->arg[0]), (long long)i->imm);
    else fprintf(p->to, "v%d]", num(p, i->arg[0]));
}

/* An argument: constants are written out. */
static void value(struct printer *p, int id)
{
    const struct loop_ins *i = &p->f->ins.data[id];
    switch (i->op) {
    case L_INDEX: case L_INT: fprintf(p->to, "%lld", (long long)i->imm); break;
    case L_BOOL: fputs(i->imm ? "true" : "false", p->to); break;
    case L_REAL: fprintf(p->to, p->f->precision == 32 ? "%.9g" : "%.17g", i->real); break;
    default: fprintf(p->to, "v%d", num(p, id));
    }
}

static void list(struct printer *p, const struct loop_ins *i, int from)
{
    for (int k = from; k < i->nargs; k++) {
        fputs(k > from ? ", " : " ", p->to);
        value(p, i->arg[k]);
    }
}

static void block(struct printer *p, int b, int indent);

static void print_loop(struct printer *p, const struct loop_ins *i, int indent)
{
    const struct loop_loop *l = i->loop;
    fprintf(p->to, "%*sfor v%d < ", indent, "", num(p, l->counter));
    value(p, i->arg[0]);
    for (int c = 0; c < l->ncarried; c++) {
        fprintf(p->to, "%s v%d = ", c ? "," : " with", num(p, l->carried[c]));
        value(p, l->init[c]);
    }
    fputs(" {\n", p->to);
    block(p, l->block, indent + 2);
    fprintf(p->to, "%*s}", indent, "");
    for (int c = 0; c < l->ncarried; c++) {
        fputs(c ? ", " : " next ", p->to);
        value(p, l->next[c]);
    }
    if (l->going >= 0) {
        fputs(" while ", p->to);
        value(p, l->going);
    }
    fputc('\n', p->to);
}

static void line(struct printer *p, int id, int indent)
{
    const struct loop_ins *i = &p->f->ins.data[id];
    switch (i->op) {
    case L_INDEX: case L_INT: case L_REAL: case L_BOOL: case L_COUNTER: case L_CARRIED: return;
    case L_LOOP: print_loop(p, i, indent); return;
    default: break;
    }
    fprintf(p->to, "%*s", indent, "");
    if (i->op == L_STORE || i->op == L_SCATTER) {
        place(p, i);
        fputs(i->op == L_STORE ? " =" : " at lanes =", p->to);
        list(p, i, 1);
        fputc('\n', p->to);
        return;
    }
    fprintf(p->to, "v%d: %s = %s", num(p, id), loop_type_text[i->type],
            i->op == L_ELEM || i->op == L_DRAW ? op_info[i->elem].text : loop_op_text[i->op]);
    if (i->op == L_LOAD || i->op == L_GATHER) {
        fputc(' ', p->to);
        place(p, i);
    } else if (i->op == L_PICK) {
        if (p->f->ins.data[i->arg[0]].op == L_LOOP) fprintf(p->to, " loop %lld", (long long)i->imm);
        else fprintf(p->to, " v%d %lld", num(p, i->arg[0]), (long long)i->imm);
    } else {
        list(p, i, 0);
    }
    if (i->op == L_DRAW)
        fprintf(p->to, " site %llu stream %llu", (unsigned long long)i->imm & 0xFFFFFFFFu,
                (unsigned long long)i->imm >> 32);
    fputc('\n', p->to);
}

static void block(struct printer *p, int b, int indent)
{
    const struct loop_block *bl = &p->f->blocks.data[b];
    for (int k = 0; k < bl->ins.n; k++) line(p, bl->ins.data[k], indent);
}

/* `icl emit --stage=loops`. */
void loops_print(FILE *to, const struct loop_func *f)
{
    static const char *const kind[] = {"lanes", "uniform", "input", "output", "sums"};
    struct printer p = {.to = to, .f = f, .number = ARENA_ARRAY(f->arena, int, f->ins.n)};
    fprintf(to, "kernel %s lanes %d precision %d scratch %lld\n", f->name, f->lanes, f->precision,
            (long long)f->scratch);
    for (int m = 0; m < f->mems.n; m++) {
        const struct loop_mem *mem = &f->mems.data[m];
        if (mem->offset < 0 && mem->kind <= MEM_UNIFORM) continue;
        fprintf(to, "  m%d: %s %s[%lld]", m, kind[mem->kind], loop_type_text[mem->type], (long long)mem->elements);
        if (mem->kind <= MEM_UNIFORM) fprintf(to, " at %lld", (long long)mem->offset);
        else fprintf(to, " slot %d", mem->slot);
        if (mem->name) fprintf(to, "  # %s", mem->name);
        fputc('\n', to);
    }
    block(&p, 0, 2);
}
