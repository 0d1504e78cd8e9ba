/* The language server: `icl lsp`, a client's messages on standard input, answers on standard output. */
#ifndef ICL_LSP_H
#define ICL_LSP_H

#include <jansson.h>
#include "compiler/inspect.h"
#include "compiler/program.h"

/* Serves until the client says `exit`. Returns the exit status: 0 after a `shutdown`. */
int lsp(void);

/* ---- for lsp*.c ---- */

/* What is known about one state of a text. */
struct analysis {
    struct arena arena;
    struct ev ev;
    struct session session;
    struct diags diags;        /* what is wrong with the text as it is */
    const struct source *src;  /* the text as it is */
    const struct source *read; /* the same, lines that do not parse blanked: what the rest is about */
    const struct ast *file;
    struct inspect inspect;
    bool imports;
};

struct document {
    struct document *next;
    char *uri, *path;
    struct buf text;
    struct buf good;  /* the last state without syntax errors */
    json_int_t version;
    bool told;        /* the client has the messages about this state */
    struct analysis *known; /* NULL: not analysed yet */
};

struct lsp {
    struct document *documents;
};

/* ---- lsp_document.c ---- */
struct document *document_find(struct lsp *l, const json_t *params); /* of params.textDocument; NULL: not open */
struct document *document_open(struct lsp *l, const char *uri, const char *text, json_int_t version);
void document_close(struct lsp *l, struct document *d);
/* The parameters of didChange, one change after the other; the text is analysed again when somebody asks. */
void document_change(struct lsp *l, struct document *d, const json_t *changes);
/* What is known of the text as it is; made at the first question. */
struct analysis *document_known(struct lsp *l, struct document *d);
json_t *document_messages(struct lsp *l, struct document *d); /* the parameters of publishDiagnostics */
/* Bytes to and from lines and UTF-16 columns, both from 0. */
uint32_t document_offset(const struct analysis *a, const json_t *position);
json_t *range_json(const struct source *src, uint32_t from, uint32_t to);
json_t *location_json(struct lsp *l, struct span s); /* library texts are written to a file first */

/* ---- lsp_ask.c: what stands at a place ---- */
/* Answers a request: its result, NULL for null; or *why it cannot be done. */
typedef json_t *lsp_request(struct lsp *l, struct document *d, const json_t *params, const char **why);
lsp_request lsp_hover, lsp_definition, lsp_references, lsp_highlight, lsp_rename, lsp_prepare_rename;

/* ---- lsp_offer.c: what could stand there ---- */
lsp_request lsp_completion, lsp_signature, lsp_symbols, lsp_format, lsp_actions;

/* The nodes that hold a byte, outermost first; returns how many. */
enum { DEEPEST_PATH = 256 };
int nodes_at(const struct ast *file, uint32_t offset, const struct ast **path);
/* The definition that the innermost call around the end of a path calls; NULL: none. */
const struct def *called_definition(const struct ast *const *path, int n);
/* The value of a name or expression as it stands at a byte; NULL: not known. */
const struct value *value_at(struct analysis *a, uint32_t offset, const char *text);

#endif
