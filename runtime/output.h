/* Files that are written whole or not at all: to a temporary name in the same folder, synced, renamed. */
#ifndef ICL_OUTPUT_H
#define ICL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include "lang/arena.h"

struct output_file {
    FILE *to;     /* NULL: could not be opened */
    char *path;
    char *draft;  /* the temporary name */
};

/* Opens a draft of `path`. NULL, or why not (text in arena a): "cannot write x.csv: No such file or directory". */
const char *output_open(struct arena *a, struct output_file *f, const char *path);
/* Moves the draft to its place. NULL or why not; the draft is gone then. */
const char *output_commit(struct arena *a, struct output_file *f);
/* Removes the draft. */
void output_discard(struct output_file *f);
/* Writes a whole file. NULL or why not. */
const char *output_write(struct arena *a, const char *path, const void *data, size_t n);
/* Makes a folder and those above it, for all users whom the process lets have it or for this one. NULL, or why not. */
enum { OUTPUT_FOLDER = 0777, OUTPUT_PRIVATE = 0700 };
const char *output_make_folder(struct arena *a, const char *path, mode_t mode);
/* Makes the folder that a file is to be in, when its name is relative; NULL: the file can be made there, or why not. */
const char *output_make_place(struct arena *a, const char *path);
/* Columns of the terminal that `to` is; 0: it is none. */
int output_width(FILE *to);
/* Is there colour on `to`? how: auto (a terminal that is not `dumb`, and NO_COLOR is not set), always, never. */
bool output_color(FILE *to, const char *how);
/* The end of a name after its last dot, "" without one. */
const char *output_extension(const char *path);

#endif
