/* What values are, in words. */
#ifndef ICL_DESCRIBE_H
#define ICL_DESCRIBE_H

#include "compiler/script.h"

const char *describe_head(struct arena *a, const struct ast *def); /* what stands before a definition's body */
const char *describe_function(struct arena *a, const struct fn *fn);
void describe_doc(struct buf *out, const struct value *v); /* of a definition or builtin; nothing for others */
void describe_sizes(struct arena *a, struct buf *out, const struct value *v); /* where its sizes come from; Markdown */

#endif
