/* Lines of formatted text whose columns are not settled yet: for fmt*.c only. */
#ifndef ICL_FMT_LINES_H
#define ICL_FMT_LINES_H

#include "lang/source.h"
#include "lang/vec.h"

/* What a statement has that may stand in one column with that of the lines around it. */
enum fmt_mark { MARK_NONE, MARK_DRAW, MARK_PARAM, MARK_OPTION, MARK_ASSIGN };

struct fmt_point {
    bool set;
    uint32_t at; /* its byte in the line's text */
    int gap;     /* the columns before it that the author left blank */
    int column;  /* where it stood */
    int pad;     /* blanks that settling adds before it */
};

struct fmt_line {
    const char *text; /* without indentation */
    uint32_t n;
    bool blank;   /* an empty line stands before it */
    int base;     /* the line that its indentation is counted from; -1: the margin */
    int indent;   /* so many columns more, */
    int anchor;   /* or, when not negative, under that byte of the base */
    int block;    /* the block whose statement starts here; -1: none does */
    enum fmt_mark mark;
    struct fmt_point sign, help, remark; /* `~` or `=`; an option's help; a comment behind the code */
    const char *remark_text;
    int column;   /* settled: its indentation */
};

struct fmt_lines {
    struct fmt_line *data;
    int n, capacity;
};

/* Aligns what stands under each other and appends the text. */
void fmt_settle(struct fmt_lines *lines, struct buf *out);

#endif
