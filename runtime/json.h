/* Reading JSON: a text becomes a tree in an arena. (Writing is buf_printf and json_string, see table.h.) */
#ifndef ICL_JSON_H
#define ICL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include "lang/arena.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };
struct json {
    enum json_kind kind;
    double number;
    const char *text;        /* JSON_STRING, UTF-8; bytes from an escaped 0 on are lost */
    const char *key;         /* as a member of an object */
    struct json *first, *next; /* elements or members, in order; the next of the list this one stands in */
    int n;                   /* how many */
};

/* NULL: not one JSON value with nothing but space around it, or nested more than 64 deep. */
const struct json *json_read(struct arena *a, const char *text, size_t n);
/* A member of an object, an element of an array; NULL: there is none. Of NULL there is none. */
const struct json *json_member(const struct json *j, const char *key);
const struct json *json_element(const struct json *j, int i);
const char *json_text(const struct json *j);                  /* NULL: not a string */
double json_number(const struct json *j, double otherwise);

#endif
