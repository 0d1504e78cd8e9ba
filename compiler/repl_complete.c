/* Completion in a session: commands here, the language in complete.c. */
#include "compiler/repl_complete.h"
#include <string.h>
#include "compiler/complete.h"

/* A piece of the text, walked without data, in silence. */
static const struct value *value_of(struct completer *c, const char *text)
{
    struct repl *r = c->ctx;
    struct diags *ds = r->ev->diags;
    ds->muted++;
    const struct value *v = repl_peek(r, text);
    ds->muted--;
    diags_clear(ds);
    return v;
}

/* ---- commands ---- */

static void offer_commands(struct completer *c, const char *colon)
{
    for (int i = 0; i < repl_command_count; i++) complete_offer(c, colon, repl_commands[i].name, "");
}

static void command(struct completer *c, size_t colon)
{
    const struct repl_command *of = NULL;
    size_t end = colon + 1;
    while (end < c->n && complete_word_char(c->text[end])) end++;
    if (end == c->n) {
        c->from = colon;
        offer_commands(c, ":");
        return;
    }
    for (int i = 0; i < repl_command_count; i++)
        if (!strncmp(repl_commands[i].name, c->text + colon + 1, end - colon - 1) &&
            !repl_commands[i].name[end - colon - 1])
            of = &repl_commands[i];
    size_t argument = end + strspn(c->text + end, " \t");
    if (of && of->argument == ARG_EXPR) {
        complete_expression(c);
        return;
    }
    c->from = argument;
    if (!of) return;
    switch (of->argument) {
    case ARG_FILE: complete_files(c, argument); break;
    case ARG_HELP: offer_commands(c, ""); complete_names(c); break;
    case ARG_NAME: complete_names(c); break;
    case ARG_ENGINE: complete_list(c, (const char *const[]){ "interp", "jit" }, 2); break;
    default: break;
    }
}

void repl_complete(struct repl *r, const char *text, struct completion *out)
{
    struct completer c = { .ev = r->ev, .ctx = r, .value_of = value_of, .out = out, .text = text, .n = strlen(text) };
    size_t first = strspn(text, " \t\n");
    c.from = c.n;
    if (text[first] == ':') command(&c, first);
    else complete_expression(&c);
    out->from = c.from;
    complete_sort(out);
}
