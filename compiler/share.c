/* A run shared by several processes, as the script level sees it: each walks the whole script, one reads and writes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "compiler/ahead.h"
#include "compiler/script.h"
#include "runtime/clock.h"
#include "runtime/ranks.h"

bool ev_first(const struct ev *ev)
{
    return ranks_first(ev->session->ranks);
}

void ev_rank_lost(struct ev *ev, const struct ast *at)
{
    char text[strlen(ranks_trouble(ev->session->ranks)) + 1], *line = strcpy(text, ranks_trouble(ev->session->ranks));
    char *more = strchr(line, '\n');
    if (more) *more++ = 0;
    ev->session->failed = true;
    struct diag *m = ev_error(ev, E_PROCESSES, at, "%s", line);
    for (; more && *more; more = line) {
        line = strchr(more, '\n');
        if (line) *line++ = 0;
        diag_note(m, "%s", more);
    }
}

const char *ev_agree(struct ev *ev, const char *why)
{
    struct buf said = { 0 };
    if (!ev->session->ranks) return why;
    if (why) buf_puts(&said, why);
    bool good = ranks_tell(ev->session->ranks, &said);
    const char *common = !good ? ranks_trouble(ev->session->ranks) : said.n ? arena_strdup(ev->arena, said.text) : NULL;
    buf_free(&said);
    return common;
}

int64_t ev_milliseconds(const struct ev *ev)
{
    return ev->session->ranks ? ranks_clock(ev->session->ranks) : clock_milliseconds();
}

static const char *read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    char block[65536];
    size_t n;
    if (!f) return strerror(errno);
    while ((n = fread(block, 1, sizeof block, f)) > 0) buf_add(out, block, n);
    const char *why = ferror(f) ? strerror(errno) : NULL;
    fclose(f);
    return why;
}

const char *ev_read_file(struct ev *ev, const char *path, struct buf *out)
{
    if (ahead_alone(ev)) {
        ahead_refuse(ev);
        return "it is read when all processes do";
    }
    const char *why = ev_agree(ev, ev_first(ev) ? read_file(path, out) : NULL);
    if (why || ranks_tell(ev->session->ranks, out)) return why;
    return ranks_trouble(ev->session->ranks);
}

bool ev_share_out(struct ev *ev, uint64_t digest)
{
    struct session *s = ev->session;
    if (!s->ranks) return true;
    if (ranks_same(s->ranks, digest) && (s->threads = ranks_settle(s->ranks, s->threads))) return true;
    if (*ranks_trouble(s->ranks)) ev_rank_lost(ev, NULL);
    else ev_error(ev, E_PROCESSES, NULL, "the processes of this run differ: in the script they read, in options or "
                                         "flags, or in the build of icl");
    s->failed = s->usage = true;
    return false;
}
