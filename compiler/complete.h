/* What could stand at a place in a script: for the session and for editors. */
#ifndef ICL_COMPLETE_H
#define ICL_COMPLETE_H

#include "compiler/script.h"

/* What could stand at the end of a text: whole words, which replace the text from `from` on. */
struct completion {
    struct arena arena;
    size_t from;
    VEC(const char *) words; /* sorted, each once */
};

/* The text before the cursor, and who knows about it. */
struct completer {
    struct ev *ev;    /* whose script, library and builtins are offered */
    void *ctx;
    /* The value or type of an expression of the text; NULL: not known. */
    const struct value *(*value_of)(struct completer *c, const char *text);
    void (*locals)(struct completer *c); /* offers names that are no script's, or NULL */
    struct completion *out;
    const char *text;
    size_t n, from;   /* its length; where the word at its end starts */
    VEC(size_t) open; /* brackets and braces not closed, innermost last */
    long quote;       /* the string that the cursor is in; -1: none */
};

const char *complete_keyword(int i); /* NULL: there are no more */

void complete_expression(struct completer *c); /* all that could stand there; sort afterwards */
void complete_sort(struct completion *out);
/* A word that fits what is written so far, with what stands around it; n of a list; all names in scope. */
void complete_offer(struct completer *c, const char *before, const char *name, const char *after);
void complete_list(struct completer *c, const char *const *list, int n);
void complete_names(struct completer *c);
void complete_files(struct completer *c, size_t from);
bool complete_word_char(char c);
void complete_scan(struct completer *c); /* finds the open brackets and the open string */
const char *complete_name_before(struct completer *c, size_t at); /* the name that ends at `at` */

#endif
