/* A reader of a results folder never sees half a file: everything is written under a temporary name beside its place,
 * synced to disk and renamed over it. A name is relative to the working directory; what decides about folders (`--out`)
 * is the caller's. */
#include "runtime/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *refusal(struct arena *a, const char *path, int why) {
    return arena_printf(a, "cannot write %s: %s", path, strerror(why));
}

/* Opens a draft of `path`. */
const char *output_open(struct arena *a, struct output_file *f, const char *path) {
    *f = (struct output_file){.path = arena_strdup(a, path), .draft = arena_printf(a, "%s.XXXXXX", path)};
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) return refusal(a, path, EISDIR);
    int fd = mkostemp(f->draft, O_CLOEXEC);
    if (fd < 0) return refusal(a, path, errno);
    /* mkostemp makes private files; a result is as readable as the user's other files. */
    mode_t mask = umask(0);
    umask(mask);
    fchmod(fd, 0666 & ~mask);
    f->to = fdopen(fd, "wb");
    if (!f->to) {
        int why = errno;
        close(fd);
        unlink(f->draft);
        return refusal(a, path, why);
    }
    return NULL;
}

/* Removes the draft. */
void output_discard(struct output_file *f) {
    if (!f->to) return;
    fclose(f->to);
    f->to = NULL;
    unlink(f->draft);
}

/* Moves the draft to its place. */
const char *output_commit(struct arena *a, struct output_file *f) {
    int why = 0;
    if (fflush(f->to) != 0 || ferror(f->to) || fsync(fileno(f->to)) != 0) why = errno ? errno : EIO;
    if (fclose(f->to) != 0 && !why) why = errno;
    f->to = NULL;
    if (!why && rename(f->draft, f->path) != 0) why = errno;
    if (!why) return NULL;
    unlink(f->draft);
    return refusal(a, f->path, why);
}

/* Writes a whole file. */
const char *output_write(struct arena *a, const char *path, const void *data, size_t n) {
    struct output_file f;
    const char *why = output_open(a, &f, path);
    if (why) return why;
    fwrite(data, 1, n, f.to);
    return output_commit(a, &f);
}

/* Makes a folder and those above it. */
const char *output_make_folder(struct arena *a, const char *path, mode_t mode) {
    char *part = arena_strdup(a, path);
    struct stat st;
    for (char *p = part + 1; *part; p++) {
        if (*p && *p != '/') continue;
        char was = *p;
        *p = 0;
        bool made = mkdir(part, mode) == 0;
        int why = errno;
        if (!made && (stat(part, &st) != 0 || !S_ISDIR(st.st_mode)))
            return arena_printf(a, "cannot make the folder %s: %s", part,
                                why == EEXIST ? "a file of that name is there" : strerror(why));
        *p = was;
        if (!was) break;
    }
    return NULL;
}

/* Makes the folder that a file is to be in. */
const char *output_make_place(struct arena *a, const char *path) {
    const char *slash = strrchr(path, '/'), *why = NULL;
    const char *folder = !slash ? "." : slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) return refusal(a, path, EISDIR);
    if (path[0] != '/') why = output_make_folder(a, folder, OUTPUT_FOLDER);
    return !why && access(folder, W_OK | X_OK) != 0 ? refusal(a, path, errno) : why;
}

/* Columns of the terminal that `to` is; 0: it is none. */
int output_width(FILE *to) {
    struct winsize size;
    int fd = fileno(to);
    if (fd < 0 || !isatty(fd)) return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

/* The end of a name after its last dot. */
const char *output_extension(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    return dot ? dot + 1 : "";
}

/* See output.h; NO_COLOR: https://no-color.org. */
bool output_color(FILE *to, const char *how)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (!strcmp(how, "always") || !strcmp(how, "never")) return *how == 'a';
    return isatty(fileno(to)) && !(no_color && *no_color) && terminal && strcmp(terminal, "dumb");
}
