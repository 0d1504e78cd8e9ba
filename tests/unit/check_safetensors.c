/* safetensors files: what is written is read back; headers of other writers; headers that are wrong or damaged. */
#include <check.h>

#include <stdlib.h>
#include <string.h>
#include "runtime/safetensors.h"

static struct arena arena;

static void set_up(void)
{
    arena = (struct arena){ 0 };
}

static void tear_down(void)
{
    arena_free(&arena);
}

/* A file of this header and 16 bytes of data: 1, 2, 3, 4 in binary32. */
static const char *read_header(const char *header, struct safetensors *out)
{
    static const float data[4] = { 1, 2, 3, 4 };
    uint64_t length = strlen(header);
    char *bytes = malloc(8 + length + sizeof data); /* of this size exactly: reading beyond it is seen */
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    memcpy(bytes + 8 + length, data, sizeof data);
    const char *kept = arena_copy(&arena, bytes, 8 + length + sizeof data);
    const char *why = safetensors_read(&arena, bytes, 8 + length + sizeof data, out);
    free(bytes);
    return why ? why : safetensors_read(&arena, kept, 8 + length + sizeof data, out);
}

START_TEST(what_is_written_is_read)
{
    const int64_t dims[2] = { 2, 3 };
    const double data[6] = { 1, -2.5, 0.1, 1e300, -0.0, 7 };
    for (int wide = 0; wide < 2; wide++) {
        struct safetensors_draft d = { .wide = wide };
        safetensors_note(&d, "step", "12");
        safetensors_note(&d, "said", "\"a\\b\"\n\x01 λ");
        safetensors_add(&d, "layer[0].W", 2, dims, data);
        safetensors_add(&d, "β", 0, NULL, &data[5]);
        struct buf file = safetensors_finish(&d);
        struct safetensors got;
        uint64_t length;
        memcpy(&length, file.text, 8);
        ck_assert_uint_eq(length % 8, 0);
        ck_assert_ptr_null(safetensors_read(&arena, file.text, file.n, &got));
        ck_assert_int_eq(got.notes.n, 2);
        ck_assert_str_eq(got.notes.data[1].name, "said");
        ck_assert_str_eq(got.notes.data[1].text, "\"a\\b\"\n\x01 λ");
        ck_assert_int_eq(got.tensors.n, 2);
        const struct safetensor *t = got.tensors.data;
        ck_assert_str_eq(t[0].name, "layer[0].W");
        ck_assert_int_eq(t[0].rank, 2);
        ck_assert_int_eq(t[0].dims[1], 3);
        for (int i = 0; i < 6; i++)
            ck_assert(safetensor_element(&t[0], i) == (wide ? data[i] : (double)(float)data[i]));
        ck_assert_str_eq(t[1].name, "β");
        ck_assert_int_eq(t[1].elements, 1);
        ck_assert(safetensor_element(&t[1], 0) == 7);
        buf_free(&file);
    }
}
END_TEST

START_TEST(nothing_is_a_file_too)
{
    struct safetensors_draft d = { 0 };
    struct buf file = safetensors_finish(&d);
    struct safetensors got;
    ck_assert_ptr_null(safetensors_read(&arena, file.text, file.n, &got));
    ck_assert_int_eq(got.tensors.n + got.notes.n, 0);
    buf_free(&file);
}
END_TEST

START_TEST(headers_of_other_writers)
{
    struct safetensors got;
    static const char spaced[] =
        " {\n \"\\u00e9\\ud83d\\ude00\" : { \"shape\" : [ 2 , 1 ], \"more\": [{\"x\": null}, -1.5e3, true],"
        " \"data_offsets\":[8,16],\"dtype\":\"F32\" } , \"__metadata__\": {\"format\":\"pt\"} }  ";
    ck_assert_ptr_null(read_header(spaced, &got));
    ck_assert_int_eq(got.tensors.n, 1);
    ck_assert_str_eq(got.tensors.data[0].name, "\u00e9\U0001f600");
    ck_assert_int_eq(got.tensors.data[0].elements, 2);
    ck_assert(safetensor_element(&got.tensors.data[0], 1) == 4);
    ck_assert_str_eq(got.notes.data[0].text, "pt");
    ck_assert_ptr_null(read_header("{\"none\":{\"dtype\":\"F64\",\"shape\":[3,0],\"data_offsets\":[4,4]}}", &got));
    ck_assert_int_eq(got.tensors.data[0].elements, 0);
}
END_TEST

#define PLACE(dtype, shape, place) "{\"a\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" place "}}"
#define NOT_JSON "its header is not JSON"
#define NOT_OURS "its header is not that of a safetensors file"

static const struct {
    const char *header, *why;
} wrong[] = {
    { "", NOT_JSON },
    { "{", NOT_JSON },
    { "[]", NOT_JSON },
    { "{}}", NOT_JSON },
    { "{\"a", NOT_JSON },
    { "{\"a\"}", NOT_JSON },
    { "{\"a\":}", NOT_JSON },
    { "{\"a\":{},}", NOT_JSON },
    { "{\"a\\u12\":1}", NOT_JSON },
    { "{\"\\ud800\":1}", NOT_JSON },
    { "{\"a\nb\":1}", NOT_JSON },
    { "{\"\xff\":1}", NOT_JSON },
    { "{\"a\":01}", NOT_JSON },
    { "{\"a\":1.}", NOT_JSON },
    { "{\"a\":1e}", NOT_JSON },
    { "{\"a\":tru}", NOT_JSON },
    { "{\"a\":[1,2}", NOT_JSON },
    { "{\"a\":1}", NOT_OURS },
    { "{\"a\":{}}", NOT_OURS },
    { "{\"__metadata__\":[]}", NOT_OURS },
    { "{\"__metadata__\":{\"step\":3}}", NOT_OURS },
    { PLACE("1", "[4]", "[0,16]"), NOT_OURS },
    { PLACE("\"F32\"", "4", "[0,16]"), NOT_OURS },
    { PLACE("\"F32\"", "[4]", "[0]"), NOT_OURS },
    { PLACE("\"F32\"", "[4]", "[0,16,16]"), NOT_OURS },
    { PLACE("\"F32\"", "[4]", "[0,20]"), NOT_OURS },
    { PLACE("\"F32\"", "[4]", "[16,0]"), NOT_OURS },
    { PLACE("\"F32\"", "[4]", "[4,20]"), NOT_OURS },
    { PLACE("\"F32\"", "[-4]", "[0,16]"), NOT_OURS },
    { PLACE("\"F32\"", "[4.0]", "[0,16]"), NOT_OURS },
    { PLACE("\"F32\"", "[\"4\"]", "[0,16]"), NOT_OURS },
    { PLACE("\"F32\"", "[1,1,1,1,1,1,1,1,4]", "[0,16]"), NOT_OURS },
    { PLACE("\"F32\"", "[99999999999999999999]", "[0,16]"), NOT_OURS },
    { PLACE("\"F32\"", "[65536,65536,65536,65536]", "[0,0]"), NOT_OURS },
    { PLACE("\"BF16\"", "[4]", "[0,8]"), "it holds BF16 tensors; F32 and F64 can be read" },
};

START_TEST(what_is_wrong_is_said)
{
    struct safetensors got;
    const char *why = read_header(wrong[_i].header, &got);
    ck_assert_msg(why && !strcmp(why, wrong[_i].why), "%s: %s", wrong[_i].header, why ? why : "taken");
}
END_TEST

START_TEST(nests_that_are_too_deep)
{
    struct buf header = { 0 };
    struct safetensors got;
    buf_puts(&header, "{\"a\":{\"b\":");
    for (int i = 0; i < 100000; i++) buf_putc(&header, '[');
    ck_assert_str_eq(read_header(header.text, &got), NOT_JSON);
    buf_free(&header);
}
END_TEST

/* A good file with one byte changed, or cut off, is read or refused; nothing beyond it is touched. */
START_TEST(damage_is_survived)
{
    static const char header[] =
        "{\"__metadata__\":{\"step\":\"1\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}";
    struct safetensors got;
    char changed[sizeof header];
    for (size_t at = 0; at < sizeof header - 1; at++) {
        memcpy(changed, header, sizeof header);
        for (const char *c = "\"\\{}[],:x0-\x80"; *c; c++) {
            changed[at] = *c;
            const char *why = read_header(changed, &got);
            for (int i = 0; !why && i < got.tensors.n; i++)
                for (int64_t k = 0; k < got.tensors.data[i].elements; k++) safetensor_element(&got.tensors.data[i], k);
        }
        changed[at] = 0;
        ck_assert_ptr_nonnull(read_header(changed, &got));
    }
    ck_assert_str_eq(safetensors_read(&arena, "1234567", 7, &got), "it is too short for a safetensors file");
    ck_assert_str_eq(safetensors_read(&arena, "\x40\0\0\0\0\0\0\0{}", 10, &got),
                     "it is too short for a safetensors file");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, nothing_is_a_file_too);
    tcase_add_test(tests, headers_of_other_writers);
    tcase_add_loop_test(tests, what_is_wrong_is_said, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, nests_that_are_too_deep);
    tcase_add_test(tests, damage_is_survived);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
