/* A session at a terminal: the program under test behind a pseudo-terminal, keys typed, what it shows waited for.
 * ICL names the program. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "lang/str.h"

static char folder[] = "/tmp/icl-terminal-XXXXXX";

struct terminal {
    pid_t pid;
    int fd;
    struct buf shown;
    size_t seen; /* what has been waited for */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void start(struct terminal *t)
{
    struct winsize size = { .ws_row = 40, .ws_col = 100 };
    memset(t, 0, sizeof *t);
    t->pid = forkpty(&t->fd, NULL, NULL, &size);
    ck_assert_int_ge(t->pid, 0);
    if (t->pid) return;
    const char *program = getenv("ICL");
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("XDG_STATE_HOME", folder, 1);
    setenv("XDG_CACHE_HOME", folder, 1);
    setenv("HOME", folder, 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* the editor keeps the names of its functions */
    if (chdir(folder) == 0) execl(program, program, (char *)NULL);
    _exit(127);
}

/* Waits until the text is shown behind what was seen before. */
static void sees(struct terminal *t, const char *text)
{
    double end = now() + 60;
    for (;;) {
        const char *at = t->shown.text ? strstr(t->shown.text + t->seen, text) : NULL;
        if (at) {
            t->seen = (size_t)(at - t->shown.text) + strlen(text);
            return;
        }
        char piece[4096];
        struct pollfd p = { t->fd, POLLIN, 0 };
        ssize_t n = poll(&p, 1, 100) > 0 ? read(t->fd, piece, sizeof piece) : 0;
        if (n > 0) buf_add(&t->shown, piece, (size_t)n);
        bool gone = n < 0 && errno != EINTR;
        if (gone || now() > end)
            ck_abort_msg("`%s` does not come after `%.400s`", text, t->shown.text ? t->shown.text + t->seen : "");
    }
}

/* Waits for a prompt, and until the terminal takes keys one by one: it does so just behind the prompt. */
static void prompt(struct terminal *t, const char *text)
{
    struct termios mode;
    sees(t, text);
    for (double end = now() + 60; now() < end; usleep(1000))
        if (!tcgetattr(t->fd, &mode) && !(mode.c_lflag & ICANON)) return;
    ck_abort_msg("the terminal stays as it was behind `%s`", text);
}

static void type(struct terminal *t, const char *keys)
{
    ck_assert_int_eq(write(t->fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Types a line at the prompt and waits for an answer and the next prompt. */
static void asks(struct terminal *t, const char *line, const char *answer)
{
    type(t, line);
    type(t, "\r");
    sees(t, answer);
    prompt(t, "icl> ");
}

static int leaves(struct terminal *t, const char *keys)
{
    int status = -1;
    type(t, keys);
    for (double end = now() + 60; now() < end; usleep(10000)) {
        char piece[4096];
        struct pollfd p = { t->fd, POLLIN, 0 };
        if (poll(&p, 1, 0) > 0 && read(t->fd, piece, sizeof piece) < 0) { /* the other side is closed */ }
        if (waitpid(t->pid, &status, WNOHANG) == t->pid) break;
    }
    close(t->fd);
    buf_free(&t->shown);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What `icl check` of a wrong script shows on a terminal of some width, with one more variable in the environment. */
static void shown_by_check(struct buf *out, unsigned short columns, const char *variable, const char *value)
{
    struct winsize size = { .ws_row = 40, .ws_col = columns };
    struct terminal t = { 0 };
    char path[64];
    snprintf(path, sizeof path, "%s/wrong.icl", folder);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs("X = ones(2, 3)\nprint \"a text of more columns than a narrow terminal has\", X @ ones(2), 1\n", f);
    fclose(f);
    t.pid = forkpty(&t.fd, NULL, NULL, &size);
    ck_assert_int_ge(t.pid, 0);
    if (t.pid == 0) {
        const char *program = getenv("ICL");
        unsetenv("NO_COLOR");
        setenv("TERM", "xterm", 1);
        setenv(variable, value, 1);
        execl(program, program, "check", path, (char *)NULL);
        _exit(127);
    }
    char piece[4096];
    for (ssize_t n; (n = read(t.fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR);)
        if (n > 0) buf_add(out, piece, (size_t)n);
    waitpid(t.pid, NULL, 0);
    close(t.fd);
}

START_TEST(messages)
{
    struct buf plain = { 0 }, dumb = { 0 }, none = { 0 }, narrow = { 0 };
    shown_by_check(&plain, 100, "LC_ALL", "C.UTF-8");
    ck_assert_ptr_nonnull(strstr(plain.text, "\033[1;31merror[E0203]"));
    ck_assert_ptr_nonnull(strstr(plain.text, "`@` pairs the last axis of X (3) with the first axis of ones(2) (2)"));
    shown_by_check(&dumb, 100, "TERM", "dumb");
    ck_assert_ptr_nonnull(strstr(dumb.text, "error[E0203]"));
    ck_assert_ptr_null(strchr(dumb.text, '\033'));
    shown_by_check(&none, 100, "NO_COLOR", "1");
    ck_assert_ptr_null(strchr(none.text, '\033'));
    shown_by_check(&narrow, 44, "NO_COLOR", "1");
    ck_assert_ptr_nonnull(strstr(narrow.text, "= `@` pairs the last axis of X (3)"));
    ck_assert_ptr_null(strstr(narrow.text, "X (3) with the first axis"));
    ck_assert_ptr_nonnull(strstr(narrow.text, " ... "));
    ck_assert_ptr_nonnull(strstr(narrow.text, "X @ ones(2), 1\r\n")); /* the line, from where it matters */
    const char *script = strstr(narrow.text, " 2 | ");
    ck_assert_ptr_nonnull(script);
    ck_assert_int_lt(utf8_columns(script, strcspn(script, "\r")), 44 - 2);
    for (const char *line = strstr(narrow.text, "  = "), *end; line && (end = strstr(line, "\r\n")); line = end + 2)
        ck_assert_int_le(utf8_columns(line, (size_t)(end - line)), 44);
    buf_free(&plain);
    buf_free(&dumb);
    buf_free(&none);
    buf_free(&narrow);
}
END_TEST

START_TEST(prompts_and_results)
{
    struct terminal t;
    start(&t);
    sees(&t, ":help lists commands");
    prompt(&t, "icl> ");
    asks(&t, "1 + 1", "2 : int");
    asks(&t, "eye(2)", "real[2, 2]\r\n[[1, 0],");
    type(&t, "[1,\r");
    prompt(&t, "...> ");
    asks(&t, "2]", "[1, 2] : int[2]");
    asks(&t, "σ = 0.5; σ * 2", "1 : real");
    asks(&t, "nothing", "unknown name `nothing`");
    asks(&t, "_", "1 : real");
    asks(&t, "[10 ** 6 + i for i in 0:20, j in 0:20]", "...,"); /* rows that are wider than the terminal */
    asks(&t, "zeros(2, 3)", "[[0, 0, 0],\r\n [0, 0, 0]]");
    ck_assert_int_eq(leaves(&t, "\x04"), 0);
}
END_TEST

START_TEST(completion)
{
    struct terminal t;
    char path[200];
    snprintf(path, sizeof path, "%s/first_script.icl", folder);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs("loaded = 40 + 2\n"
          "architecture little given X[n, d], y[n], q[d] { predict linear(linear([q], 3), 1)[0, 0] + 0.0 * sum(y) }\n"
          "model = init(little, linear(4, d = 2), seed = 1)\n", f);
    fclose(f);
    start(&t);
    prompt(&t, "icl> ");
    asks(&t, "logsp\t(0, 1, 2)", "[1, 10] : real[2]");
    asks(&t, "pair_of_two = { alpha: 3, beta: 4 }", "");
    asks(&t, "pair_\t.al\t * 10", "30 : int");
    asks(&t, "gd(2, 0.5, rela\ttrue)", "relative = true) : algorithm");
    asks(&t, ":ty\t 1.5", "real");
    asks(&t, ":load fir\t", "st_script.icl");
    asks(&t, "loaded", "42 : int");
    asks(&t, "model.\t1].W.shape", "[3, 1] : list of 2");
    type(&t, "log\t");
    sees(&t, "log1p");
    sees(&t, "logspace");
    asks(&t, "(1.0)", "0 : real");
    type(&t, "plot t {\r");
    prompt(&t, "...> ");
    type(&t, "\x03");
    prompt(&t, "icl> ");
    ck_assert_int_eq(leaves(&t, ":quit\r"), 0);
}
END_TEST

START_TEST(history)
{
    struct terminal t;
    const char *up = "\033[A";
    start(&t);
    prompt(&t, "icl> ");
    asks(&t, "6 * 7", "42 : int");
    asks(&t, "1 + 2", "3 : int");
    type(&t, up);
    type(&t, up);
    asks(&t, "0", "420 : int");
    ck_assert_int_eq(leaves(&t, "\x04"), 0);
    start(&t);
    prompt(&t, "icl> ");
    type(&t, up);
    asks(&t, "0", "4200 : int");
    type(&t, "\x12");
    type(&t, "1 +");
    asks(&t, "", "3 : int");
    ck_assert_int_eq(leaves(&t, "\x04"), 0);
}
END_TEST

/* Two sessions side by side, and one after them. */
START_TEST(histories)
{
    struct terminal a, b, c;
    char path[100];
    snprintf(path, sizeof path, "%s/icl/history", folder);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs("_HiStOrY_V2_\n", f);
    for (int i = 0; i < 5000; i++) fprintf(f, "7000\\040+\\040%d\n", i);
    fclose(f);
    start(&a);
    prompt(&a, "icl> ");
    start(&b);
    prompt(&b, "icl> ");
    asks(&a, "100 + 11", "111 : int");
    asks(&b, "200 + 22", "222 : int");
    asks(&a, "300 + 33", "333 : int");
    ck_assert_int_eq(leaves(&b, "\x04"), 0);
    ck_assert_int_eq(leaves(&a, "\x04"), 0);
    start(&c);
    prompt(&c, "icl> ");
    for (int i = 0; i < 3; i++) type(&c, "\033[A");
    asks(&c, "0", "210 : int"); /* 100 + 110: the other session's line is between */
    asks(&c, "\x12""7000 + 49\r", "11999 : int");
    ck_assert_int_eq(leaves(&c, "\x04"), 0);
    f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    int lines = 0;
    for (int ch; (ch = getc(f)) != EOF;) lines += ch == '\n';
    fclose(f);
    ck_assert_int_lt(lines, 2100);

    f = fopen(path, "w"); /* not icl's */
    ck_assert_ptr_nonnull(f);
    fputs("my notes\n", f);
    fclose(f);
    start(&a);
    sees(&a, "is not a history of icl");
    prompt(&a, "icl> ");
    asks(&a, "1 + 1", "2 : int");
    ck_assert_int_eq(leaves(&a, "\x04"), 0);
    char text[20] = "";
    f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, f));
    ck_assert_str_eq(text, "my notes\n");
    fclose(f);
    ck_assert_int_eq(remove(path), 0);
}
END_TEST

START_TEST(interrupts)
{
    struct terminal t;
    start(&t);
    prompt(&t, "icl> ");
    type(&t, "1 + 999999");
    sees(&t, "999999");
    type(&t, "\x03");
    sees(&t, "^C");
    prompt(&t, "icl> ");
    asks(&t, "2 + 3", "5 : int");
    type(&t, "f(1,\r");
    prompt(&t, "...> ");
    type(&t, "\x03");
    prompt(&t, "icl> ");
    asks(&t, "kept = 3 * 3; kept", "9 : int");
    type(&t, "kept = 1; risk(ols, linear(100, d = 50), trials = 2000000000)\r");
    usleep(1500000);
    type(&t, "\x03");
    sees(&t, "interrupted");
    prompt(&t, "icl> ");
    asks(&t, "kept", "9 : int");
    asks(&t, "risk(zero, linear(4, d = 2), trials = 10)", "estimate, 10 prompts");
    type(&t, "kept = train(encoder(layers = 2, width = 32), linear(20, d = 8), steps = 100000000, batch = 16)\r");
    usleep(1500000);
    type(&t, "\x03");
    sees(&t, "interrupted");
    prompt(&t, "icl> ");
    asks(&t, "kept", "9 : int");
    type(&t, "repeat 1000000000 { kept += 1 }\r");
    usleep(500000);
    type(&t, "\x03");
    sees(&t, "interrupted");
    prompt(&t, "icl> ");
    asks(&t, "kept", "9 : int");
    ck_assert_int_eq(leaves(&t, "\x04"), 0);
}
END_TEST

START_TEST(plots)
{
    struct terminal t;
    start(&t);
    prompt(&t, "icl> ");
    asks(&t, "t = sweep n in 4:8 { record square = n * n }", "");
    type(&t, "plot t { x = n, y = square, title = \"parabola\" }\r");
    sees(&t, "parabola");
    prompt(&t, "icl> ");
    ck_assert_int_eq(leaves(&t, "\x04"), 0);
}
END_TEST

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command)) fprintf(stderr, "# %s is left\n", folder);
}

/* Some containers have no pseudo-terminals. */
static bool terminals_exist(void)
{
    int one, other;
    if (openpty(&one, &other, NULL, NULL, NULL) != 0) return false;
    close(one);
    close(other);
    return true;
}

int main(void)
{
    if (!terminals_exist()) {
        puts("1..0 # SKIP no pseudo-terminals here");
        return 0;
    }
    if (!getenv("ICL") || !mkdtemp(folder)) return 99;
    Suite *s = suite_create("terminal");
    TCase *c = tcase_create("session");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, prompts_and_results);
    tcase_add_test(c, messages);
    tcase_add_test(c, completion);
    tcase_add_test(c, history);
    tcase_add_test(c, histories);
    tcase_add_test(c, interrupts);
    tcase_add_test(c, plots);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    remove_folder();
    return failed != 0;
}
