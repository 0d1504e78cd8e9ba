/* Random numbers, the thread pool, measuring and the object loader. */
#include <check.h>
#include <elf.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "runtime/icl_rt.h"
#include "runtime/measure.h"
#include "runtime/memory.h"
#include "runtime/object.h"
#include "runtime/pool.h"

/* ---- memory ---- */

START_TEST(sizes_of_memory)
{
    static const struct {
        const char *text;
        size_t bytes;
    } good[] = { { "4096", 4096 }, { "1k", 1024 }, { "800M", 800ull << 20 }, { "1.5G", 3ull << 29 },
                 { "2GiB", 2ull << 30 }, { "2gb", 2ull << 30 }, { ".5K", 512 } };
    static const char *const bad[] = { "", "G", "-1G", "1Q", "1Gx", "nan", "inf", "0", "1e300", "2 G", "2 ", "2K " };
    size_t bytes;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(memory_parse(good[i].text, &bytes) && bytes == good[i].bytes, "%s", good[i].text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert_msg(!memory_parse(bad[i], &bytes), "%s", bad[i]);
    ck_assert(memory_default() > 0 && memory_left(0) <= memory_default() && memory_left(1) == 0);
}
END_TEST

/* ---- random numbers ---- */

START_TEST(philox_known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        icl_philox(known[i].counter, known[i].key, out);
        ck_assert_mem_eq(out, known[i].out, sizeof out);
    }
}
END_TEST

START_TEST(draws_are_keyed)
{
    uint32_t a[4], b[4], direct[4], counter[4] = {0x89abcdef, 7, 0x01234567, 9};
    uint32_t key[2] = {0x55667788, 3u ^ 0x11223344u * 0x9E3779B9u};
    icl_draw_words(UINT64_C(0x1122334455667788), 3, 9, UINT64_C(0x0123456789abcdef), 7, a);
    icl_philox(counter, key, direct);
    ck_assert_mem_eq(a, direct, sizeof a);
    icl_draw_words(UINT64_C(0x1122334455667788), 4, 9, UINT64_C(0x0123456789abcdef), 7, b);
    ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

/* ---- the pool ---- */

struct tally {
    _Atomic int seen[1000];
    _Atomic int bad;
    int threads;
    volatile sig_atomic_t stop;
    int stop_at;
};

static void tally_task(void *ctx, int64_t index, int thread)
{
    struct tally *t = ctx;
    if (thread < 0 || thread >= t->threads) atomic_fetch_add(&t->bad, 1);
    atomic_fetch_add(&t->seen[index], 1);
    if (index == t->stop_at) __atomic_store_n(&t->stop, 1, __ATOMIC_RELAXED);
    while (t->stop_at >= 0 && index > t->stop_at && !__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) continue;
}

START_TEST(pool_runs_each_once)
{
    struct pool *p = pool_new(_i, NULL);
    struct tally *t = calloc(1, sizeof *t);
    t->threads = pool_threads(p);
    t->stop_at = -1;
    ck_assert_int_eq(t->threads, _i);
    for (int run = 1; run <= 50; run++) {
        ck_assert(pool_run(p, tally_task, t, 1000));
        for (int i = 0; i < 1000; i++) ck_assert_int_eq(atomic_load(&t->seen[i]), run);
        struct timespec pause = {0, run % 10 == 0 ? 2000000 : 0}; /* long enough for workers to fall asleep */
        nanosleep(&pause, NULL);
    }
    ck_assert(pool_run(p, tally_task, t, 0));
    ck_assert_int_eq(atomic_load(&t->bad), 0);
    pool_free(p);
    free(t);
}
END_TEST

START_TEST(pool_stops)
{
    struct tally *t = calloc(1, sizeof *t);
    struct pool *p = pool_new(2, &t->stop);
    t->threads = 2;
    t->stop_at = 10;
    ck_assert(!pool_run(p, tally_task, t, 1000));
    ck_assert_int_eq(atomic_load(&t->seen[999]), 0);
    t->stop = 0;
    t->stop_at = -1;
    ck_assert(pool_run(p, tally_task, t, 1000));
    pool_free(p);
    free(t);
    ck_assert_int_ge(pool_default_threads(), 1);
}
END_TEST

/* ---- measuring ---- */

/* three outputs: a skewed number, the same plus a little, and a tensor [3] of integers; some not finite */
static double sample(int64_t prompt, int output)
{
    uint32_t w[4];
    icl_draw_words(5, 1, 0, (uint64_t)prompt, 0, w);
    double x = w[0] * 0x1p-32, y = w[1] * 0x1p-32;
    if (prompt % 997 == 3) return NAN;
    if (prompt % 1999 == 4) return INFINITY;
    return output == 0 ? x * x * x : x * x * x + 0.01 * y;
}

static void fill(const struct icl_kernel_args *a, int lanes, int precision)
{
    for (int64_t b = 0; b < a->blocks; b++)
        for (int l = 0; l < lanes; l++) {
            int64_t prompt = a->first + b * lanes + l;
            for (int k = 0; k < 2; k++)
                if (precision == 32) ((float *)a->out[k])[b * lanes + l] = (float)sample(prompt, k);
                else ((double *)a->out[k])[b * lanes + l] = (float)sample(prompt, k);
            for (int e = 0; e < 3; e++) ((int64_t *)a->out[2])[(b * 3 + e) * lanes + l] = prompt * 10 + e;
        }
}

static void kernel_4(const struct icl_kernel_args *a) { fill(a, 4, 64); }
static void kernel_16(const struct icl_kernel_args *a) { fill(a, 16, 32); }

static bool answer_1(void *ctx, const struct icl_kernel_args *a, int thread)
{
    (void)thread;
    fill(a, 1, 64);
    return a->first < *(int64_t *)ctx;
}

static const struct measure_output outputs[3] = {{1, false}, {1, false}, {3, true}};
static const struct measure_series series[3] = {{0, -1}, {1, -1}, {1, 0}};
static int64_t never = INT64_MAX;

static struct measure measure_with(struct pool *p, int lanes, int64_t trials)
{
    icl_kernel_fn *run = lanes == 4 ? kernel_4 : lanes == 16 ? kernel_16 : NULL;
    struct measure m = {.kernel = {run, lanes, lanes == 16 ? 32 : 64, 100},
                        .answer = answer_1, .ctx = &never, .seed = 5, .trials = trials, .outputs = 3, .output = outputs,
                        .pool = p};
    return m;
}

START_TEST(estimates_are_the_same_everywhere)
{
    static const int64_t trials[] = {1, 2, 31, 33, 4096, 70001, 300000};
    for (int t = 0; t < 7; t++) {
        struct estimate first[3];
        for (int threads = 1; threads <= 3; threads++) {
            struct pool *p = pool_new(threads, NULL);
            for (int lanes = 1; lanes <= 16; lanes *= 4) {
                struct measure m = measure_with(p, lanes, trials[t]);
                struct estimate e[3];
                memset(e, 0, sizeof e);
                ck_assert_int_eq(measure_estimates(&m, series, 3, e), MEASURE_DONE);
                if (threads == 1 && lanes == 1) memcpy(first, e, sizeof e);
                ck_assert_mem_eq(first, e, sizeof e);
            }
            pool_free(p);
        }
        for (int s = 0; s < 3; s++) {
            long double sum = 0, squares = 0, cubes = 0;
            int64_t n = 0, bad = 0;
            for (int pass = 0; pass < 2; pass++)
                for (int64_t i = 0; i < trials[t]; i++) {
                    double v = (float)sample(i, s > 0), w = s == 2 ? (float)sample(i, 0) : 0;
                    if (!isfinite(v) || !isfinite(w)) bad += pass;
                    else if (pass == 0) sum += v - w, n++;
                    else squares += powl(v - w - sum / n, 2), cubes += powl(v - w - sum / n, 3);
                }
            ck_assert_int_eq(first[s].trials, trials[t]);
            ck_assert_int_eq(first[s].nonfinite, bad);
            ck_assert_double_eq_tol(first[s].mean, (double)(sum / n), 1e-14);
            if (n > 1) ck_assert_double_eq_tol(first[s].se, (double)sqrtl(squares / (n - 1) / n), 1e-14);
            else ck_assert(isnan(first[s].se));
            if (n > 1) ck_assert_double_eq_tol(first[s].skewness, (double)(cubes / n / powl(squares / n, 1.5L)), 1e-11);
            else ck_assert(first[s].skewness == 0);
        }
    }
}
END_TEST

START_TEST(estimates_stop_when_precise)
{
    struct pool *one = pool_new(1, NULL), *two = pool_new(2, NULL);
    struct measure m = measure_with(one, 16, 1000000);
    struct estimate a, b, all;
    m.se = 0.0011;
    ck_assert_int_eq(measure_estimates(&m, series, 1, &a), MEASURE_DONE);
    ck_assert_double_le(a.se, m.se);
    ck_assert_int_lt(a.trials, 120000);
    m.pool = two;
    m.kernel.run = kernel_4;
    m.kernel.lanes = 4;
    m.kernel.precision = 64;
    ck_assert_int_eq(measure_estimates(&m, series, 1, &b), MEASURE_DONE);
    ck_assert_mem_eq(&a, &b, sizeof a);
    m.se = 0;
    m.trials = a.trials; /* one round gives the same tree as several */
    ck_assert_int_eq(measure_estimates(&m, series, 1, &all), MEASURE_DONE);
    ck_assert_mem_eq(&a, &all, sizeof a);
    pool_free(one);
    pool_free(two);
}
END_TEST

START_TEST(one_prompt_carries_the_sum)
{
    int64_t half = INT64_MAX;
    struct pool *p = pool_new(1, NULL);
    struct measure m = measure_with(p, 1, 2);
    m.ctx = &half;
    struct estimate e;
    ck_assert_int_eq(measure_estimates(&m, series, 1, &e), MEASURE_DONE);
    double a = (float)sample(0, 0), b = (float)sample(1, 0);
    ck_assert_double_eq_tol(e.largest_share, fmax(a, b) / (a + b), 1e-15);
    pool_free(p);
}
END_TEST

struct told {
    int64_t last;
    int calls;
};

static void tell(void *ctx, int64_t done, int64_t total)
{
    struct told *t = ctx;
    ck_assert_int_ge(done, t->last);
    ck_assert_int_le(done, total);
    t->last = done;
    t->calls++;
}

static bool slow_answer(void *ctx, const struct icl_kernel_args *a, int thread)
{
    struct timespec pause = {0, 5000000};
    nanosleep(&pause, NULL);
    return answer_1(ctx, a, thread);
}

START_TEST(failure_stop_and_progress)
{
    volatile sig_atomic_t stop = 0;
    struct pool *p = pool_new(2, &stop);
    struct measure m = measure_with(p, 1, 100000);
    int64_t limit = 50000;
    struct estimate e;
    struct told told = {0};
    m.ctx = &limit;
    ck_assert_int_eq(measure_estimates(&m, series, 1, &e), MEASURE_FAILED);
    int64_t *ints = malloc(sizeof *ints * 3 * 100000);
    void *to[3] = {NULL, NULL, ints};
    ck_assert_int_eq(measure_collect(&m, to), MEASURE_FAILED);
    m.ctx = &never;
    stop = 1;
    ck_assert_int_eq(measure_estimates(&m, series, 1, &e), MEASURE_STOPPED);
    ck_assert_int_eq(measure_collect(&m, to), MEASURE_STOPPED);
    stop = 0;
    m.trials = 3200;
    m.answer = slow_answer;
    m.progress = tell;
    m.progress_ctx = &told;
    ck_assert_int_eq(measure_estimates(&m, series, 1, &e), MEASURE_DONE);
    ck_assert_int_ge(told.calls, 1);
    ck_assert_int_le(told.calls, 12);
    pool_free(p);
    free(ints);
}
END_TEST

START_TEST(collect_puts_prompts_first)
{
    struct pool *p = pool_new(2, NULL);
    for (int lanes = 1; lanes <= 16; lanes *= 4)
        for (int64_t trials = 1; trials < 6000; trials = trials * 3 + 1) {
            struct measure m = measure_with(p, lanes, trials);
            double *real = malloc(sizeof *real * (size_t)trials);
            int64_t *ints = malloc(sizeof *ints * 3 * (size_t)trials);
            void *to[3] = {NULL, real, ints};
            ck_assert_int_eq(measure_collect(&m, to), MEASURE_DONE);
            for (int64_t i = 0; i < trials; i++) {
                float want = (float)sample(i, 1);
                ck_assert(real[i] == want || (isnan(want) && isnan(real[i])));
                for (int e = 0; e < 3; e++) ck_assert_int_eq(ints[3 * i + e], i * 10 + e);
            }
            free(real);
            free(ints);
        }
    pool_free(p);
}
END_TEST

/* ---- objects ---- */

/* A relocatable object put together by hand: .text, .rodata, and relocations of .text. */
struct image {
    Elf64_Ehdr header;
    Elf64_Shdr section[7];
    Elf64_Sym symbol[5];
    Elf64_Rela rela[8];
    unsigned char text[128];
    uint64_t constant[4];
    char names[64], section_names[64];
};
enum { S_TEXT = 1, S_CONST, S_RELA, S_SYMBOLS, S_NAMES, S_SECTION_NAMES };
enum { Y_FUNCTION = 1, Y_CONST, Y_OUTSIDE, Y_SECOND };

static uint64_t offset_in(const struct image *m, const void *p)
{
    return (uint64_t)((const char *)p - (const char *)m);
}

static void place(struct image *m, int i, unsigned type, uint64_t flags, const void *at, uint64_t size, uint64_t entry)
{
    m->section[i] = (Elf64_Shdr){.sh_type = type, .sh_flags = flags, .sh_offset = offset_in(m, at), .sh_size = size,
                                 .sh_addralign = 16, .sh_entsize = entry};
}

static struct image image_new(unsigned machine)
{
    struct image m = {.header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                                 .e_type = ET_REL, .e_machine = (Elf64_Half)machine, .e_version = EV_CURRENT,
                                 .e_shoff = offsetof(struct image, section), .e_ehsize = sizeof(Elf64_Ehdr),
                                 .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 7, .e_shstrndx = S_SECTION_NAMES},
                      .constant = {41, 1, 2, 3}};
    place(&m, S_TEXT, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, m.text, sizeof m.text, 0);
    place(&m, S_CONST, SHT_PROGBITS, SHF_ALLOC, m.constant, sizeof m.constant, 0);
    place(&m, S_RELA, SHT_RELA, 0, m.rela, 0, sizeof(Elf64_Rela));
    place(&m, S_SYMBOLS, SHT_SYMTAB, 0, m.symbol, sizeof m.symbol, sizeof(Elf64_Sym));
    place(&m, S_NAMES, SHT_STRTAB, 0, m.names, sizeof m.names, 0);
    place(&m, S_SECTION_NAMES, SHT_STRTAB, 0, m.section_names, sizeof m.section_names, 0);
    m.section[S_RELA].sh_link = S_SYMBOLS;
    m.section[S_RELA].sh_info = S_TEXT;
    m.section[S_SYMBOLS].sh_link = S_NAMES;
    memcpy(m.names, "\0function\0constant\0outside\0second", 33);
    unsigned char global = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), local = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT);
    m.symbol[Y_FUNCTION] = (Elf64_Sym){.st_name = 1, .st_info = global, .st_shndx = S_TEXT};
    m.symbol[Y_CONST] = (Elf64_Sym){.st_name = 10, .st_info = local, .st_shndx = S_CONST};
    m.symbol[Y_OUTSIDE] = (Elf64_Sym){.st_name = 19, .st_info = global};
    m.symbol[Y_SECOND] = (Elf64_Sym){.st_name = 27, .st_info = global, .st_shndx = S_TEXT, .st_value = 64};
    return m;
}

static void relocate(struct image *m, uint64_t at, int symbol, unsigned type, int64_t addend)
{
    uint64_t n = m->section[S_RELA].sh_size / sizeof(Elf64_Rela);
    m->rela[n] = (Elf64_Rela){at, ELF64_R_INFO((uint64_t)symbol, type), addend};
    m->section[S_RELA].sh_size += sizeof(Elf64_Rela);
}

static int64_t outside(int64_t x)
{
    return x * 100;
}

static const struct object_symbol externs[] = {{"other", NULL}, {"outside", (void *)(uintptr_t)outside}};

/* function: mov rdi, [rip + constant]; add rdi, [rip + constant + 8]; sub rsp, 8; call second; call outside; add rsp,
 * 8; ret second: lea rdi, [rdi + 1]; ret, found through a table entry: mov rax, [rip + second@GOT]; call rax */
static struct image image_x86(void)
{
    struct image m = image_new(EM_X86_64);
    static const unsigned char code[] = {0x48, 0x8b, 0x3d, 0, 0, 0, 0, 0x48, 0x03, 0x3d, 0, 0, 0, 0, 0x48, 0x83,
                                         0xec, 8, 0x48, 0x8b, 0x05, 0, 0, 0, 0, 0xff, 0xd0, 0xe8, 0, 0,
                                         0, 0, 0xe8, 0, 0, 0, 0, 0x48, 0x83, 0xc4, 8, 0xc3};
    static const unsigned char second[] = {0x48, 0x8d, 0x7f, 1, 0xc3};
    memcpy(m.text, code, sizeof code);
    memcpy(m.text + 64, second, sizeof second);
    relocate(&m, 3, Y_CONST, R_X86_64_PC32, -4);
    relocate(&m, 10, Y_CONST, R_X86_64_PC32, 4);
    relocate(&m, 21, Y_SECOND, R_X86_64_REX_GOTPCRELX, -4);
    relocate(&m, 28, Y_SECOND, R_X86_64_PLT32, -4);
    relocate(&m, 33, Y_OUTSIDE, R_X86_64_PLT32, -4);
    relocate(&m, 96, Y_CONST, R_X86_64_64, 16);
    return m;
}

#if defined(__x86_64__)
START_TEST(object_runs)
{
    struct image m = image_x86();
    const char *why = NULL;
    struct object *o = object_load(&m, sizeof m, externs, 2, &why);
    ck_assert_msg(o != NULL, "%s", why);
    int64_t (*f)(void) = (int64_t(*)(void))(uintptr_t)object_symbol(o, "function");
    ck_assert(f != NULL);
    ck_assert_int_eq(f(), (41 + 1 + 2) * 100);
    const char *text = (const char *)object_symbol(o, "function");
    const uint64_t *constant;
    memcpy(&constant, text + 96, sizeof constant);
    ck_assert_uint_eq(constant[0], 2);
    ck_assert_ptr_eq((const char *)object_symbol(o, "second"), text + 64);
    ck_assert_ptr_null(object_symbol(o, "constant"));
    ck_assert_ptr_null(object_symbol(o, "outside"));
    object_free(o);
}
END_TEST
#endif

static void refused(const struct image *m, size_t n, const char *want)
{
    const char *why = NULL;
    struct object *o = object_load_for(EM_X86_64, m, n, externs, 2, &why);
    ck_assert_msg(o == NULL && why && strstr(why, want), "%s, not %s", why ? why : "loaded", want);
}

START_TEST(object_refuses)
{
    struct image good = image_x86(), m;
    refused(&good, 10, "too short");
    refused(&good, sizeof(Elf64_Ehdr) + 20, "cut off");
    const char *why = NULL;
    ck_assert_ptr_null(object_load_for(EM_AARCH64, &good, sizeof good, externs, 2, &why));
    ck_assert_ptr_null(object_load_for(EM_X86_64, &good, sizeof good, externs, 1, &why));
    ck_assert_str_eq(why, "a symbol that nobody defines");
    m = good, m.rela[0].r_offset = 126, refused(&m, sizeof m, "beyond its section");
    m = good, m.rela[0].r_offset = ~UINT64_C(0), refused(&m, sizeof m, "not there");
    m = good, m.rela[0].r_info = ELF64_R_INFO(99, R_X86_64_PC32), refused(&m, sizeof m, "not there");
    m = good, m.rela[0].r_info = ELF64_R_INFO(Y_CONST, 200), refused(&m, sizeof m, "unknown relocation");
    m = good, m.rela[0].r_addend = INT64_C(1) << 40, refused(&m, sizeof m, "out of reach");
    m = good, m.symbol[Y_CONST].st_value = 1000, refused(&m, sizeof m, "beyond its section");
    m = good, m.symbol[Y_CONST].st_shndx = 50, refused(&m, sizeof m, "not there");
    m = good, m.symbol[Y_CONST].st_name = 5000, refused(&m, sizeof m, "without a name");
    m = good, m.names[63] = 'x', refused(&m, sizeof m, "table of names");
    m = good, m.section[S_TEXT].sh_addralign = 24, refused(&m, sizeof m, "alignment");
    m = good, m.section[S_TEXT].sh_flags |= SHF_WRITE, refused(&m, sizeof m, "may be written");
    m = good, m.section[S_TEXT].sh_size = UINT64_MAX, refused(&m, sizeof m, "cut off");
}
END_TEST

/* A file with changed bytes loads or is refused, but does no harm; each load is taken down again. */
START_TEST(object_survives_damage)
{
    struct image good = image_x86();
    uint32_t key[2] = {7, 7}, counter[4] = {0}, w[4];
    int loaded = 0;
    for (int i = 0; i < 40000; i++) {
        struct image m = good;
        unsigned char *bytes = (unsigned char *)&m;
        counter[0] = (uint32_t)i;
        icl_philox(counter, key, w);
        size_t structure = offsetof(struct image, text), n = sizeof m;
        for (unsigned k = 0; k <= w[3] % 3; k++)
            bytes[w[k] % (i % 4 ? structure : sizeof m)] = (unsigned char)(w[k] >> 24);
        if (i % 5 == 0) n = w[2] % sizeof m;
        unsigned char *exact = malloc(n ? n : 1); /* so that a checker sees reads beyond the end */
        memcpy(exact, bytes, n);
        const char *why = NULL;
        struct object *o = object_load_for(EM_X86_64, exact, n, externs, 2, &why);
        ck_assert((o == NULL) == (why != NULL));
        loaded += o != NULL;
        object_free(o);
        free(exact);
    }
    ck_assert_int_gt(loaded, 100);
    ck_assert_int_lt(loaded, 39000);
}
END_TEST

static uint32_t word_at(const char *text, int at)
{
    uint32_t w;
    memcpy(&w, text + at, 4);
    return w;
}

/* What an Arm instruction pair or branch at `at` refers to, decoded from its bits. */
static uint64_t arm_page(const char *text, int at)
{
    uint32_t w = word_at(text, at);
    int64_t pages = (int64_t)((uint64_t)((w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3)) << 43) >> 43;
    return (((uint64_t)(uintptr_t)text + (uint64_t)at) & ~UINT64_C(0xfff)) + ((uint64_t)pages << 12);
}

static uint64_t arm_branch(const char *text, int at)
{
    int64_t words = (int64_t)((uint64_t)(word_at(text, at) & 0x3ffffff) << 38) >> 38;
    return (uint64_t)(uintptr_t)text + (uint64_t)at + (uint64_t)words * 4;
}

START_TEST(object_for_arm)
{
    struct image m = image_new(EM_AARCH64);
    static const uint32_t code[] = {0x90000000, 0x91000000, 0xfd400000, 0x3dc00000, 0x94000000, 0x94000000, 0x90000000,
                                    0xf9400000};
    memcpy(m.text, code, sizeof code);
    relocate(&m, 0, Y_CONST, R_AARCH64_ADR_PREL_PG_HI21, 8);
    relocate(&m, 4, Y_CONST, R_AARCH64_ADD_ABS_LO12_NC, 8);
    relocate(&m, 8, Y_CONST, R_AARCH64_LDST64_ABS_LO12_NC, 8);
    relocate(&m, 12, Y_CONST, R_AARCH64_LDST128_ABS_LO12_NC, 16);
    relocate(&m, 16, Y_SECOND, R_AARCH64_CALL26, 0);
    relocate(&m, 20, Y_OUTSIDE, R_AARCH64_CALL26, 0);
    relocate(&m, 24, Y_OUTSIDE, R_AARCH64_ADR_GOT_PAGE, 0);
    relocate(&m, 28, Y_OUTSIDE, R_AARCH64_LD64_GOT_LO12_NC, 0);
    const char *why = NULL;
    struct object *o = object_load_for(EM_AARCH64, &m, sizeof m, externs, 2, &why);
    ck_assert_msg(o != NULL, "%s", why);
    const char *text = object_symbol(o, "function");
    const uint64_t *constant = (const uint64_t *)(uintptr_t)(arm_page(text, 0) + (word_at(text, 4) >> 10 & 0xfff));
    ck_assert_uint_eq(constant[0], 1);
    uint64_t low = (uint64_t)(uintptr_t)constant & 0xfff;
    ck_assert_uint_eq((word_at(text, 8) >> 10 & 0xfff) * 8, low);
    ck_assert_uint_eq((word_at(text, 12) >> 10 & 0xfff) * 16, low + 8);
    ck_assert_uint_eq(arm_branch(text, 16), (uint64_t)(uintptr_t)text + 64);
    const char *stub = (const char *)(uintptr_t)arm_branch(text, 20);
    uint64_t target, entry;
    memcpy(&target, stub + 8, 8);
    ck_assert_uint_eq(word_at(stub, 0), 0x58000050);
    ck_assert_uint_eq(word_at(stub, 4), 0xd61f0200);
    ck_assert_uint_eq(target, (uint64_t)(uintptr_t)outside);
    memcpy(&entry, (const char *)(uintptr_t)(arm_page(text, 24) + (word_at(text, 28) >> 10 & 0xfff) * 8), 8);
    ck_assert_uint_eq(entry, (uint64_t)(uintptr_t)outside);
    object_free(o);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("runtime");
    TCase *c = tcase_create("base");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, sizes_of_memory);
    tcase_add_test(c, philox_known_answers);
    tcase_add_test(c, draws_are_keyed);
    tcase_add_loop_test(c, pool_runs_each_once, 1, 5);
    tcase_add_test(c, pool_stops);
    tcase_add_test(c, estimates_are_the_same_everywhere);
    tcase_add_test(c, estimates_stop_when_precise);
    tcase_add_test(c, one_prompt_carries_the_sum);
    tcase_add_test(c, failure_stop_and_progress);
    tcase_add_test(c, collect_puts_prompts_first);
#if defined(__x86_64__)
    tcase_add_test(c, object_runs);
#endif
    tcase_add_test(c, object_refuses);
    tcase_add_test(c, object_survives_damage);
    tcase_add_test(c, object_for_arm);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
