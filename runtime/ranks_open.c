/* How a process learns that it is one of several: from the environment that launchers give, before anything of MPI is
 * loaded. So one program serves all, and a process alone starts as fast as ever. */
#include "runtime/ranks.h"

#include <stdlib.h>
#include <string.h>
#include "runtime/plugin.h"
#include "runtime/ranks_link.h"

static int env_number(const char *const *name, int otherwise)
{
    for (; *name; name++) {
        const char *v = getenv(*name);
        if (v && *v >= '0' && *v <= '9') return atoi(v);
    }
    return otherwise;
}

/* How many processes the launcher says there are; 0: it does not say how many; 1: no launcher. */
static int launched(void)
{
    const char *off = getenv("ICL_RANKS");
    if (off && !strcmp(off, "off")) return 1;
    int said = env_number((const char *[]){"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", NULL}, 0);
    return said ? said : getenv("PMIX_RANK") ? 0 : 1;
}

static int launched_as(void)
{
    return env_number((const char *[]){"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID", NULL}, 0);
}

/* What a process says that cannot join: one of them speaks for all. */
static void refuse(struct buf *to, int size, const char *why)
{
    buf_printf(to, "started %d times side by side, but these processes cannot share out the run:\n"
                   "     %s\n     ICL_RANKS=off in the environment lets each do all of it on its own", size, why);
    if (launched_as()) to->text[to->n = 0] = 0;
}

/* Joins the others. */
struct ranks *ranks_open(const volatile sig_atomic_t *interrupt, struct buf *why)
{
    int said = launched();
    if (said == 1) return NULL;
    struct arena arena = {0};
    const char *no = NULL;
    struct ranks_link link = {.size = 0};
    void *symbol = plugin_symbol(&arena, "icl-mpi.so", "icl_ranks_open", PLUGIN_OF_LINK, &no);
    icl_ranks_open_fn *open;
    memcpy(&open, &symbol, sizeof open);
    if (symbol) no = open(&link);
    else if (said && no && !plugin_path(&arena, "icl-mpi.so"))
        no = arena_printf(&arena, "%s; `configure --with-mpi` builds it", no);
    bool other = !no && said && link.size != said;
    if (other) no = "MPI found itself alone: this launcher is not of the MPI that icl-mpi.so was built with";
    struct ranks *r = no || link.size == 1 ? NULL : ranks_new(&link, interrupt);
    if (no && said) refuse(why, said, no);
    if (link.size && !r) link.close();
    arena_free(&arena);
    return r;
}

