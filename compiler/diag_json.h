/* Messages as JSON: for `icl check --json` and the language server. */
#ifndef ICL_DIAG_JSON_H
#define ICL_DIAG_JSON_H

#include <jansson.h>
#include "lang/diag.h"

/* {"file", "start", "end"}: ends are {"line", "column", "utf16", "byte"}: line and display column from 1, UTF-16 column
 * and byte of the file from 0. null: no place. */
json_t *span_json(struct span s);
json_t *text_value(const char *text); /* a JSON string; what is not UTF-8 becomes `?`, a tab a blank */
json_t *diag_json(const struct diag *m);
/* Writes all messages, sorted, one object a line, and empties the queue. */
void diags_write_json(struct diags *ds, FILE *to);

#endif
