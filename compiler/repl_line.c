/* Lines from a terminal, through libedit. While a line is edited Ctrl-C is a key like others, which drops the line; at
 * other times it is a signal. The history is kept in $XDG_STATE_HOME/icl/history: each line is appended when it is
 * entered, so sessions side by side keep each other's lines. */
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "compiler/repl_line.h"
#include "lang/str.h"
#include "runtime/output.h"

enum { HISTORY = 2000 };

struct line_reader {
    struct arena arena;
    EditLine *editor;
    History *history;
    const char *file, *prompt; /* file: of the history; NULL: none */
    bool cancelled;
    struct buf line;
    void (*complete)(void *, const char *, struct completion *);
    void *ctx;
};

static struct line_reader *reader_of(EditLine *e)
{
    void *r = NULL;
    el_get(e, EL_CLIENTDATA, &r);
    return r;
}

static char *prompt(EditLine *e)
{
    return (char *)reader_of(e)->prompt;
}

static unsigned char cancel(EditLine *e, int key)
{
    (void)key;
    reader_of(e)->cancelled = true;
    fputs("^C\n", stdout);
    fflush(stdout);
    return CC_NEWLINE;
}

/* The editor's own handler leaves the terminal as it was, and comes back to the line. */
static unsigned char suspend(EditLine *e, int key)
{
    (void)e, (void)key;
    raise(SIGTSTP);
    return CC_REDISPLAY;
}

/* ---- completion ---- */

static void list_words(const struct completion *c)
{
    int widest = 0, width = output_width(stdout);
    for (int i = 0; i < c->words.n; i++) {
        int columns = utf8_columns(c->words.data[i], strlen(c->words.data[i]));
        if (columns > widest) widest = columns;
    }
    int a_row = width / (widest + 2) > 0 ? width / (widest + 2) : 1, rows = (c->words.n + a_row - 1) / a_row;
    putchar('\n');
    for (int row = 0; row < rows; row++) {
        for (int i = row; i < c->words.n; i += rows) {
            const char *w = c->words.data[i];
            printf("%s%*s", w, i + rows < c->words.n ? widest + 2 - utf8_columns(w, strlen(w)) : 0, "");
        }
        putchar('\n');
    }
    fflush(stdout);
}

/* How far all words agree, in bytes, at the end of a character. */
static size_t agreed(const struct completion *c)
{
    const char *first = c->words.data[0];
    size_t n = strlen(first);
    for (int i = 1; i < c->words.n; i++)
        for (size_t k = 0; k < n; k++)
            if (first[k] != c->words.data[i][k]) n = k;
    while (n && (first[n] & 0xc0) == 0x80) n--;
    return n;
}

static unsigned char complete(EditLine *e, int key)
{
    (void)key;
    struct line_reader *r = reader_of(e);
    struct completion c = { 0 };
    const LineInfo *l = el_line(e);
    char *before = arena_strndup(&c.arena, l->buffer, (size_t)(l->cursor - l->buffer));
    size_t n = strlen(before);
    c.from = n;
    r->complete(r->ctx, before, &c);
    unsigned char answer = CC_REFRESH_BEEP;
    if (c.words.n && c.from <= n) {
        size_t common = agreed(&c), have = n - c.from;
        if (common > have && !strncmp(c.words.data[0], before + c.from, have)) {
            char *more = arena_strndup(&c.arena, c.words.data[0] + have, common - have);
            answer = el_insertstr(e, more) ? CC_ERROR : CC_REFRESH;
        } else if (c.words.n > 1) {
            list_words(&c);
            answer = CC_REDISPLAY;
        }
    }
    arena_free(&c.arena);
    return answer;
}

/* ---- history ---- */

/* The history, to append to, while no other session writes. One that another session has just put in its place is
 * opened instead. NULL: it cannot be written. */
static FILE *lock_history(const char *file)
{
    struct stat held, there;
    for (int tries = 0; tries < 100; tries++) {
        FILE *f = fopen(file, "ae");
        if (!f) return NULL;
        (void)flock(fileno(f), LOCK_EX); /* where nothing can be locked, a line is still written at once */
        if (!fstat(fileno(f), &held) && !stat(file, &there) && held.st_dev == there.st_dev &&
            held.st_ino == there.st_ino && !fseek(f, 0, SEEK_END))
            return f;
        fclose(f);
    }
    return NULL;
}

static int count_lines(const char *file)
{
    FILE *f = fopen(file, "re");
    int n = 0;
    for (int c; f && (c = getc(f)) != EOF;) n += c == '\n';
    if (f) fclose(f);
    return n;
}

/* Sessions append to the file; one that starts makes it short again. What is no history is left as it is. */
static void load_history(struct line_reader *r)
{
    HistEvent event;
    struct output_file draft;
    FILE *f = lock_history(r->file);
    bool good = f && (ftell(f) == 0 || history(r->history, &event, H_LOAD, r->file) >= 0);
    if (f && !good) fprintf(stderr, "note: %s is not a history of icl: lines are not kept there\n", r->file);
    if (good && count_lines(r->file) > 2 * HISTORY && !output_open(&r->arena, &draft, r->file)) {
        if (history(r->history, &event, H_SAVE_FP, draft.to) < 0) output_discard(&draft);
        else (void)output_commit(&r->arena, &draft);
    }
    if (!good) r->file = NULL;
    if (f) fclose(f);
}

static void open_history(struct line_reader *r)
{
    HistEvent event;
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    r->history = history_init();
    history(r->history, &event, H_SETSIZE, HISTORY);
    history(r->history, &event, H_SETUNIQUE, 1);
    const char *folder = state && *state == '/' ? arena_printf(&r->arena, "%s/icl", state)
                         : home && *home        ? arena_printf(&r->arena, "%s/.local/state/icl", home)
                                                : NULL;
    if (!folder || output_make_folder(&r->arena, folder, OUTPUT_PRIVATE)) return;
    r->file = arena_printf(&r->arena, "%s/history", folder);
    load_history(r);
}

/* A history of this line alone is what is appended. */
static bool append(FILE *f, const char *line)
{
    HistEvent event;
    History *one = history_init();
    if (!one) return false;
    bool good = history(one, &event, H_SETSIZE, 1) >= 0 && history(one, &event, H_ENTER, line) >= 0 &&
                history(one, &event, H_SAVE_FP, f) >= 0 && !fflush(f);
    history_end(one);
    return good;
}

/* Appends a line that is not the one before. One for which there is no room is not there by half. */
static void remember(struct line_reader *r, const char *line)
{
    HistEvent event;
    if (!line[strspn(line, " \t\n")] || history(r->history, &event, H_ENTER, line) != 1 || !r->file) return;
    FILE *f = lock_history(r->file);
    if (!f) return;
    long end = ftell(f);
    if (!append(f, line) && ftruncate(fileno(f), end)) r->file = NULL;
    fclose(f);
}

/* ---- the reader ---- */

/* Names may have Greek letters: the editor counts columns by the locale's characters. */
static void use_utf8(void)
{
    if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
}

struct line_reader *line_open(void (*ask)(void *, const char *, struct completion *), void *ctx)
{
    struct line_reader *r = calloc(1, sizeof *r);
    if (!r) out_of_memory(sizeof *r);
    r->complete = ask;
    r->ctx = ctx;
    use_utf8();
    open_history(r);
    r->editor = el_init("icl", stdin, stdout, stderr);
    el_set(r->editor, EL_CLIENTDATA, r);
    el_set(r->editor, EL_PROMPT, prompt);
    el_set(r->editor, EL_EDITOR, "emacs");
    el_set(r->editor, EL_SIGNAL, 1);
    el_set(r->editor, EL_HIST, history, r->history);
    el_set(r->editor, EL_ADDFN, "icl-complete", "Completes the word", complete);
    el_set(r->editor, EL_ADDFN, "icl-cancel", "Drops the line", cancel);
    el_set(r->editor, EL_SETTY, "-d", "-isig", NULL);
    el_set(r->editor, EL_ADDFN, "icl-suspend", "Stops the program", suspend);
    el_set(r->editor, EL_BIND, "^Z", "icl-suspend", NULL);
    el_set(r->editor, EL_BIND, "^I", "icl-complete", NULL);
    el_set(r->editor, EL_BIND, "^C", "icl-cancel", NULL);
    el_set(r->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(r->editor, EL_BIND, "^W", "ed-delete-prev-word", NULL);
    el_source(r->editor, NULL);
    return r;
}

enum line_end line_read(struct line_reader *r, const char *text, const char **line)
{
    int n = 0;
    r->prompt = text;
    r->cancelled = false;
    const char *got = el_gets(r->editor, &n);
    if (r->cancelled) return LINE_CANCELLED;
    if (!got || n <= 0) {
        putchar('\n');
        return LINE_END;
    }
    r->line.n = 0;
    buf_add(&r->line, got, (size_t)n);
    remember(r, r->line.text);
    while (r->line.n && strchr("\r\n", r->line.text[r->line.n - 1])) r->line.text[--r->line.n] = 0;
    *line = r->line.text;
    return LINE_GIVEN;
}

void line_close(struct line_reader *r)
{
    el_end(r->editor);
    history_end(r->history);
    buf_free(&r->line);
    arena_free(&r->arena);
    free(r);
}
