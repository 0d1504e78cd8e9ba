/* `icl fmt`: formats files in place, each written whole or not at all and only when its tree stays the same.
 * `--check` writes nothing and names the files that would change, `--diff` shows how; `-` is standard input to standard
 * output. */
#include "compiler/format.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/fmt.h"
#include "runtime/output.h"

struct format {
    bool check, diff;
    bool changes; /* some file is not as it would be */
};

/* A link stays a link, and a file keeps its mode. NULL, or why not. */
static const char *write_back(struct arena *a, const char *path, const struct buf *text)
{
    struct output_file f;
    struct stat st;
    char *real = realpath(path, NULL);
    const char *why = real && !stat(real, &st) ? output_open(a, &f, real)
                                               : arena_printf(a, "cannot write %s: %s", path, strerror(errno));
    free(real);
    if (why) return why;
    fchmod(fileno(f.to), st.st_mode & 07777);
    fwrite(text->text, 1, text->n, f.to);
    return output_commit(a, &f);
}

/* What is done with the formatted text. NULL, or why it failed. */
static const char *deliver(struct format *how, struct arena *a, const char *path, const struct source *src,
                           const struct buf *text)
{
    bool standard = !strcmp(path, "-"), same = text->n == src->n && !memcmp(text->text, src->text, src->n);
    how->changes |= !same;
    if (how->diff) {
        struct buf out = { 0 };
        fmt_diff(&out, src->path, arena_printf(a, "%s (formatted)", src->path), src->text, text->text);
        fwrite(out.text ? out.text : "", 1, out.n, stdout);
        buf_free(&out);
    } else if (how->check) {
        if (!same) printf("%s\n", src->path);
    } else if (standard) {
        fwrite(text->text, 1, text->n, stdout);
    } else if (!same) {
        return write_back(a, path, text);
    }
    return NULL;
}

static int format_file(struct format *how, const char *path)
{
    struct arena a = { 0 };
    struct diags ds;
    struct buf text = { 0 };
    const char *why = NULL;
    int status = 0;
    diags_init(&ds, &a);
    ds.width = output_width(stderr);
    struct source *src = source_read(&a, path, &why);
    buf_puts(&text, "");
    if (!src) {
        fprintf(stderr, "icl: cannot read `%s`: %s\n", path, why);
        status = 1;
    } else if (!fmt_source(&a, src, &ds, &text)) {
        diags_print(&ds, stderr, output_color(stderr, "auto"));
        status = 1;
    } else if (!fmt_same_program(&a, src, source_new(&a, path, text.text, text.n))) {
        fprintf(stderr, "icl: a fault of the formatter: it would change what `%s` does; it is left as it is\n", path);
        status = 3;
    } else if ((why = deliver(how, &a, path, src, &text))) {
        fprintf(stderr, "icl: %s\n", why);
        status = 1;
    }
    buf_free(&text);
    arena_free(&a);
    return status;
}

int format_command(int argc, char **argv)
{
    struct format how = { 0 };
    int status = 0, files = 0;
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--check")) how.check = true;
        else if (!strcmp(argv[i], "--diff")) how.diff = true;
        else if (!strncmp(argv[i], "--", 2)) {
            fprintf(stderr, "icl: `icl fmt` has no flag `%s`; it has --check and --diff\n", argv[i]);
            return 2;
        } else {
            files++;
        }
    }
    if (!files) {
        fprintf(stderr, "icl: `icl fmt` needs a file (`-`: standard input)\n");
        return 2;
    }
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "--", 2)) continue;
        int s = format_file(&how, argv[i]);
        if (s > status) status = s;
    }
    return status ? status : how.check && how.changes;
}
