/* What a shell can complete a command line with. */
#ifndef ICL_SHELL_H
#define ICL_SHELL_H

#include "compiler/command.h"

/* `icl --complete WORD...`: the words after `icl` up to the cursor, the last one being typed (it may be empty). Writes
 * candidates for it, one a line, each with a tab and what it is; `:files` (scripts), `:folders` and `:paths` (any
 * file) ask the shell for its own. */
int shell_complete(const struct command *commands, int n, int argc, char **argv);

#endif
