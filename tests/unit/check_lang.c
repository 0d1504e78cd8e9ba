/* Unit tests of lang/: memory, names, text, positions, messages, reading, and names of scripts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lang/diag.h"
#include "lang/names.h"
#include "lang/parse.h"
#include "lang/vec.h"

static struct arena arena;
static struct interner *names;
static struct diags ds;

static void setup(void) {
    names = interner_new(&arena);
    diags_init(&ds, &arena);
}

static void teardown(void) {
    arena_free(&arena);
}

static struct source *text_source(const char *text) {
    return source_new(&arena, "t.icl", text, strlen(text));
}

static struct ast *parse(const char *text, bool *incomplete) {
    return parse_source(&arena, names, text_source(text), &ds, incomplete);
}

/* The queue as text, and the queue is empty. */
static char *printed(bool color) {
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    diags_print(&ds, f, color);
    fclose(f);
    char *copy = arena_strdup(&arena, text);
    free(text);
    return copy;
}

static char *tree(const struct ast *node) {
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    ast_print(f, node);
    fclose(f);
    char *copy = arena_strdup(&arena, text);
    free(text);
    return copy;
}

/* --- memory, names, text --- */

START_TEST(arena_gives_zeroed_aligned_memory) {
    for (size_t n = 0; n < 3000; n += 37) {
        unsigned char *p = arena_alloc(&arena, n);
        ck_assert_uint_eq((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++) ck_assert_int_eq(p[i], 0);
        memset(p, 0xff, n);
    }
    char *large = arena_alloc(&arena, 10 << 20);
    large[(10 << 20) - 1] = 1;
    ck_assert_str_eq(arena_printf(&arena, "%s-%d", "a", 7), "a-7");
    ck_assert_str_eq(arena_strndup(&arena, "abcdef", 3), "abc");
}
END_TEST

/* Sizes that overflow when they are rounded up: the process says so and ends. */
START_TEST(arena_refuses_what_cannot_be) {
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 40, SIZE_MAX - (1 << 20), SIZE_MAX / 2};
    arena_alloc(&arena, sizes[_i]);
}
END_TEST

START_TEST(equal_names_are_one_pointer) {
    str first = intern(names, "name");
    for (int i = 0; i < 5000; i++) {
        char *text = arena_printf(&arena, "n%d", i);
        str s = intern(names, text);
        ck_assert_ptr_ne(s, text);
        ck_assert_ptr_eq(s, intern_n(names, arena_printf(&arena, "%sx", text), strlen(text)));
    }
    ck_assert_ptr_eq(first, intern(names, "name"));
    ck_assert_ptr_ne(first, intern(names, "names"));
}
END_TEST

START_TEST(buffers_grow) {
    struct buf b = {0};
    for (int i = 0; i < 1000; i++) buf_printf(&b, "%d,", i % 10);
    ck_assert_uint_eq(b.n, 2000);
    ck_assert_int_eq(b.text[2000], 0);
    buf_free(&b);
    ck_assert_ptr_null(b.text);
}
END_TEST

START_TEST(columns_and_utf8) {
    ck_assert_int_eq(utf8_columns("abc", 3), 3);
    ck_assert_int_eq(utf8_columns("σx\xcc\x83", 5), 2);     /* a combining tilde takes none */
    ck_assert_int_eq(utf8_columns("\xe6\xbc\xa2", 3), 2);   /* a wide character takes two */
    ck_assert_uint_eq(utf8_check("ok σ", 5), 5);
    ck_assert_uint_eq(utf8_check("a\xff", 2), 1);
    ck_assert_uint_eq(utf8_check("a\xc0\x80", 3), 1);         /* overlong */
    ck_assert_uint_eq(utf8_check("\xed\xa0\x80", 3), 0);      /* half of a pair */
    ck_assert_uint_eq(utf8_check("ab\xe6\xbc", 4), 2);        /* cut short */
    ck_assert_uint_eq(utf8_check("\xf4\x90\x80\x80", 4), 0);  /* beyond the last */
}
END_TEST

START_TEST(edit_distances) {
    ck_assert_int_eq(edit_distance("", ""), 0);
    ck_assert_int_eq(edit_distance("abc", ""), 3);
    ck_assert_int_eq(edit_distance("least_sqares", "least_squares"), 1);
    ck_assert_int_eq(edit_distance("ab", "ba"), 1);
    ck_assert_int_eq(edit_distance("kitten", "sitting"), 3);
    struct nearest n;
    nearest_init(&n, "ridje");
    nearest_offer(&n, "zeros");
    ck_assert_ptr_null(n.best);
    nearest_offer(&n, "ridges");
    nearest_offer(&n, "ridge");
    nearest_offer(&n, "rider");
    ck_assert_str_eq(n.best, "ridge");
}
END_TEST

START_TEST(lines_and_columns) {
    struct source *s = text_source("\xef\xbb\xbf" "ab\n\tσx\n\nend");
    ck_assert_int_eq(s->lines, 4);
    ck_assert_int_eq(source_line(s, 0), 1);
    ck_assert_int_eq(source_line(s, 2), 1);
    ck_assert_int_eq(source_line(s, 3), 2);
    ck_assert_int_eq(source_column(s, 3), 1);
    ck_assert_int_eq(source_column(s, 4), 5); /* behind a tab */
    ck_assert_int_eq(source_column(s, 6), 6); /* behind a letter of two bytes */
    ck_assert_int_eq(source_line(s, (uint32_t)s->n), 4);
    struct span a = {s, 3, 5}, b = {s, 1, 4}, none = {0};
    ck_assert_uint_eq(span_join(a, b).from, 1);
    ck_assert_uint_eq(span_join(a, b).to, 5);
    ck_assert_uint_eq(span_join(none, b).to, 4);
    const char *why = NULL;
    ck_assert_ptr_null(source_read(&arena, "/nonexistent/file.icl", &why));
    ck_assert_ptr_nonnull(why);
}
END_TEST

/* --- messages --- */

static struct span find(const struct source *s, const char *text) {
    const char *at = strstr(s->text, text);
    ck_assert_ptr_nonnull(at);
    return (struct span){s, (uint32_t)(at - s->text), (uint32_t)(at - s->text + (long)strlen(text))};
}

static struct span part(struct span s, uint32_t from, uint32_t to) {
    return (struct span){s.src, s.from + from, s.from + to};
}

START_TEST(a_message_in_full) {
    struct source *s = text_source("option n: int = 40\noption d: int = 20\n\tw = solve(A, X @ y)\n");
    struct span product = find(s, "X @ y");
    struct diag *m = diag_new(&ds, E_MATMUL_INNER, part(product, 2, 3), "matrix product: inner sizes %s", "differ");
    diag_label(m, part(product, 0, 1), "X : real[n, d]\td = 20");
    diag_label(m, part(product, 4, 5), "y : real[n]\tn = 40");
    diag_context(m, find(s, "option d"));
    diag_help(m, "did you mean `X.T @ y`?");
    diag_note(m, "`@` pairs axes");
    ck_assert_int_eq(ds.errors, 1);
    ck_assert_str_eq(printed(false),
                     "error[E0203]: matrix product: inner sizes differ\n"
                     "  --> t.icl:3:20\n"
                     "   2 | option d: int = 20\n"
                     "   3 |     w = solve(A, X @ y)\n"
                     "     |                  ^ ^ ^ y : real[n]      n = 40\n"
                     "     |                  |\n"
                     "     |                  X : real[n, d]         d = 20\n"
                     "     = `@` pairs axes\n"
                     "     = did you mean `X.T @ y`?\n");
    ck_assert_int_eq(ds.errors, 0);
}
END_TEST

START_TEST(messages_are_sorted_and_said_once) {
    struct source *s = text_source("one\ntwo\n");
    diag_new(&ds, E_VALUE, find(s, "two"), "second");
    diag_new(&ds, E_VALUE, find(s, "one"), "first");
    diag_new(&ds, E_VALUE, find(s, "two"), "again");
    diag_new(&ds, W_HIDES, find(s, "two"), "a warning");
    ck_assert_int_eq(ds.errors, 2);
    ck_assert_int_eq(ds.warnings, 1);
    ck_assert_str_eq(printed(false),
                     "error[E0402]: first\n  --> t.icl:1:1\n   1 | one\n     | ^^^\n"
                     "error[E0402]: second\n  --> t.icl:2:1\n   2 | two\n     | ^^^\n"
                     "warning[W0003]: a warning\n  --> t.icl:2:1\n   2 | two\n     | ^^^\n"
                     "2 errors and 1 warning in t.icl\n");
    ds.muted = 1;
    diag_new(&ds, E_VALUE, find(s, "one"), "muted");
    ck_assert_int_eq(ds.errors, 1);
    ck_assert_int_eq(ds.n, 0);
}
END_TEST

START_TEST(library_text_comes_after_the_call) {
    struct source *lib = source_new(&arena, "<std>/ridge.icl", "a @ b\n", 6);
    struct source *s = text_source("print ridge(x)\n");
    struct diag *m = diag_new(&ds, E_MATMUL_INNER, part(find(lib, "a"), 2, 3), "sizes differ");
    diag_call(m, find(lib, "b"), "inner");
    diag_call(m, find(s, "ridge(x)"), "ridge");
    ck_assert_str_eq(printed(false),
                     "error[E0203]: sizes differ\n"
                     "  --> t.icl:1:7\n"
                     "   1 | print ridge(x)\n"
                     "     |       ^^^^^^^^ in `ridge`, called here\n"
                     "  ::: <std>/ridge.icl:1:3\n"
                     "   1 | a @ b\n"
                     "     |   ^\n"
                     "     = in `inner`, called at <std>/ridge.icl:1:5\n");
}
END_TEST

START_TEST(marks_beside_and_inside_each_other) {
    struct source *s = text_source("漢字 @ xyz + f(\n  1)\n");
    struct diag *m = diag_new(&ds, E_SHAPE, find(s, "漢字 @ xyz"), "outer");
    diag_label(m, find(s, "漢字"), "left");
    diag_label(m, find(s, "xyz"), "right");
    diag_label(m, find(s, "f(\n  1)"), "call");
    ck_assert_str_eq(printed(false),
                     "error[E0201]: outer\n  --> t.icl:1:1\n"
                     "   1 | 漢字 @ xyz + f(\n"
                     "     | ^^^^~~~^^^   ^^ call\n"
                     "     | |      |\n"
                     "     | |      right\n"
                     "     | left\n");
}
END_TEST

START_TEST(colour_is_optional) {
    struct source *s = text_source("one\n");
    diag_new(&ds, E_VALUE, find(s, "one"), "first");
    char *text = printed(true);
    ck_assert_ptr_nonnull(strstr(text, "\033[1;31merror[E0402]\033[0m"));
    diag_new(&ds, E_VALUE, find(s, "one"), "first");
    ck_assert_ptr_null(strchr(printed(false), '\033'));
}
END_TEST

START_TEST(every_code_has_a_page) {
    for (int i = 0; i < DIAG_COUNT; i++) {
        const char *page = diag_code_page(diag_code_text((enum diag_code)i));
        ck_assert_ptr_nonnull(page);
        ck_assert_int_gt((int)strlen(page), 20);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(diag_code_text((enum diag_code)i), diag_code_text((enum diag_code)k));
    }
    ck_assert_ptr_null(diag_code_page("E9999"));
    ck_assert_ptr_nonnull(diag_code_page("e0203"));
}
END_TEST

/* --- reading --- */

START_TEST(positions_of_nodes) {
    struct ast *f = parse("y = X.T @ (w)\nprint \"a {σ + 1}\"\n", NULL);
    const char *text = f->span.src->text;
    const struct ast *product = f->kid[0]->kid[1];
    ck_assert_int_eq(product->kind, A_BINARY);
    ck_assert_int_eq(product->op, AO_MATMUL);
    ck_assert_int_eq(text[product->name_span.from], '@');
    ck_assert_int_eq(product->span.to - product->span.from, 9); /* with the parentheses */
    const struct ast *sum = f->kid[1]->kid[0]->kid[1];
    ck_assert_int_eq(sum->kind, A_BINARY);
    ck_assert_str_eq(arena_strndup(&arena, text + sum->span.from, sum->span.to - sum->span.from), "σ + 1");
    ck_assert_str_eq(sum->kid[0]->name, "σ");
    ck_assert_ptr_eq(sum->kid[0]->name, intern(names, "σ"));
}
END_TEST

static const struct {
    const char *text;
    bool incomplete;
} lines[] = {
    {"x = 3\n", false},       {"x = f(1,\n", true},  {"x = f(1\n", true},           {"x = 3 +\n", true},
    {"task t(n: int) {", true}, {"task t(n: int)", true}, {"x = [1, 2]", false},     {"repeat 3 { x = 1\n", true},
    {"x = )", false},         {"", false},           {"x = 3 3\n", false},          {"print \"abc\n", false},
    {"plot t {\n", true},     {"a = p then\n", true}, {"algorithm a given X[n, d]\n", true}, {"m = k with {\n", true},
};

START_TEST(incomplete_text_is_told_apart) {
    bool incomplete;
    parse(lines[_i].text, &incomplete);
    ck_assert_msg(incomplete == lines[_i].incomplete, "%s", lines[_i].text);
}
END_TEST

START_TEST(what_is_right_survives_what_is_wrong) {
    struct ast *f = parse("a = 1\nb = = 2\nrepeat 3 3 { c = 1 }\nd = 2\n}\ne = (1\nf = 3\n", NULL);
    ck_assert_int_eq(ds.errors, 4);
    ck_assert_str_eq(tree(f), "file\n  assign\n    name a\n    integer 1\n  broken\n    name b\n  broken\n    name c\n"
                              "  assign\n    name d\n    integer 2\n"
                              "  assign\n    name e\n    integer 1\n  assign\n    name f\n    integer 3\n");
}
END_TEST

static const char *const deep[] = {"(", "[", "{", "-", "not ", "a ** ", "x -> ", "\"{", "f(", "1 if 1 else ",
                                   "sweep i in ", "a then ", "1 + ", "x.T.", "if x { ", "y with { a = ", "a = "};

START_TEST(deep_nesting_is_an_error) {
    struct buf b = {0};
    buf_puts(&b, "y = ");
    for (int i = 0; i < 100000; i++) buf_puts(&b, deep[_i]);
    buf_puts(&b, "1\n");
    struct ast *f = parse_source(&arena, names, source_new(&arena, "t", b.text, b.n), &ds, NULL);
    ck_assert_int_gt(ds.errors, 0);
    ck_assert_int_le(f->depth, AST_DEEPEST + 400);
    buf_free(&b);
}
END_TEST

START_TEST(any_bytes_can_be_read) {
    static const char *const piece[] = {"{",     "}",      "(",     ")",       "[",    "]",           "\"",  "\n",
                                        "if ",   "else ",  "x",     " = ",     "1",    ",",           "task t", "with ",
                                        "\"a {", "}\"",    "sweep i in ", "->", "##",  "plot ",       ":",   ";"};
    uint32_t random = (uint32_t)_i * 2654435761u + 1;
    struct buf b = {0};
    for (int i = 0; i < 200; i++) {
        random = random * 1664525u + 1013904223u;
        buf_puts(&b, piece[(random >> 16) % (sizeof piece / sizeof *piece)]);
    }
    struct ast *f = parse_source(&arena, names, source_new(&arena, "t", b.text, b.n), &ds, NULL);
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(f->kind, A_FILE);
    ck_assert_int_gt((int)strlen(printed(false)), 0);
    buf_free(&b);
}
END_TEST

/* --- names --- */

static bool known(void *data, str name, bool *script_only) {
    (void)data;
    *script_only = !strcmp(name, "risk");
    return *script_only || !strcmp(name, "solve") || !strcmp(name, "normal");
}

static bool distribution(void *data, str name) {
    (void)data;
    return !strcmp(name, "normal");
}

static void each(void *data, void (*visit)(void *to, const char *name), void *to) {
    (void)data;
    visit(to, "risk");
    visit(to, "solve");
    visit(to, "normal");
}

static const struct {
    const char *text;
    const char *first; /* in the first message; NULL: there is none */
} scripts[] = {
    {"x = 1\nprint x\n", NULL},
    {"print x\nx = 1\n", "`x` has no value yet"},
    {"fn f(a) { return a + later }\nlater = 1\nprint f(1)\n", NULL},
    {"print rsk(1)\n", "did you mean `risk`?"},
    {"print np.solve(1)\n", "did you mean `solve`?"},
    {"algorithm a(k) given X[n, d], y[n], q[d] { predict q }\n", "nothing reads the hyper-parameter `k` of `a`"},
    {"algorithm a given X[n, d], y[n], q[d] { predict risk(X) }\n", "`risk` belongs to the script"},
    {"algorithm a given X[n, d], y[n], q[d] { repeat 3 until g < 1 { g = y }\n predict q }\n", NULL},
    {"algorithm a given X[n, d], y[n], q[d] { repeat 3 { g = y }\n predict g }\n", "unknown name `g`"},
    {"t = 1\nprint t[column == 3].other\n", NULL},
    {"t = 1\nplot t { x = column, y = other }\n", NULL},
    {"m = 1\nn = m with tapped[m].head = it\n", NULL},
    {"m = 1\nn = m with tapped[unseen].head = 0\n", "unknown name `unseen`"},
    {"f = (a, b) -> a + b\nprint [i + j for i in 0:3, j in i:4]\n", NULL},
    {"fn f(x: real[n]) -> real[n] { return x }\n", NULL},
    {"task t(n: int) { prompt n, n }\ntask t(m: int) { prompt m, m }\n", "`t` is defined twice"},
    {"solve = 3\n", "`solve` hides"},
    {"y ~ normal(0, 1)\n", "drawn outside a task"},
    {"normal = 3\nprint normal\n", NULL},
};

START_TEST(names_of_scripts) {
    struct ast *f = parse(scripts[_i].text, NULL);
    ck_assert_int_eq(ds.errors, 0);
    struct names_outer outer = {.known = known, .distribution = distribution, .each = each};
    names_check(&ds, f, &outer, NAMES_SCRIPT);
    int n = ds.n;
    char *text = printed(false);
    if (!scripts[_i].first)
        ck_assert_msg(n == 0, "%s", text);
    else
        ck_assert_msg(strstr(text, scripts[_i].first) != NULL, "%s", text);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("lang");
    TCase *c = tcase_create("lang");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, arena_gives_zeroed_aligned_memory);
    for (int i = 0; i < 4; i++) tcase_add_loop_exit_test(c, arena_refuses_what_cannot_be, 1, i, i + 1);
    tcase_add_test(c, equal_names_are_one_pointer);
    tcase_add_test(c, buffers_grow);
    tcase_add_test(c, columns_and_utf8);
    tcase_add_test(c, edit_distances);
    tcase_add_test(c, lines_and_columns);
    tcase_add_test(c, a_message_in_full);
    tcase_add_test(c, messages_are_sorted_and_said_once);
    tcase_add_test(c, library_text_comes_after_the_call);
    tcase_add_test(c, marks_beside_and_inside_each_other);
    tcase_add_test(c, colour_is_optional);
    tcase_add_test(c, every_code_has_a_page);
    tcase_add_test(c, positions_of_nodes);
    tcase_add_loop_test(c, incomplete_text_is_told_apart, 0, (int)(sizeof lines / sizeof *lines));
    tcase_add_test(c, what_is_right_survives_what_is_wrong);
    tcase_add_loop_test(c, deep_nesting_is_an_error, 0, (int)(sizeof deep / sizeof *deep));
    tcase_add_loop_test(c, any_bytes_can_be_read, 0, 50);
    tcase_add_loop_test(c, names_of_scripts, 0, (int)(sizeof scripts / sizeof *scripts));
    suite_add_tcase(s, c);
    return s;
}

int main(void) {
    SRunner *r = srunner_create(suite());
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
