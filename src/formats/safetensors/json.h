/* JSON read from its first byte to its last, without a tree: values are taken or passed over, one after another.
 *
 * Strict as RFC 8259: no NaN, no comments, no commas before an end. Nothing recurses. The text is in UTF-8, which
 * whoever calls has made sure of, and is changed: texts are unescaped where they stand.
 */
#ifndef FOVEA_FORMATS_SAFETENSORS_JSON_H
#define FOVEA_FORMATS_SAFETENSORS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fovea/error.h>

enum { FV__JSON_DEPTH_MAX = 127 };

typedef struct fv__json {
  char *at, *end;
  const char *start; /* for messages */
} fv__json;

/* Takes this character after white space; false when another is next. */
bool fv__json_take(fv__json *json, char wanted);

/* The same, or FV_ERROR_FORMAT. */
fv_status fv__json_expect(fv__json *json, char wanted) FV_CHECK;

/* Takes the word null; false when something else is next. */
bool fv__json_take_null(fv__json *json);

/* Takes a text, ended by NUL where it stands. Characters of code 0 are refused. */
fv_status fv__json_text(fv__json *json, char **text) FV_CHECK;

/* Takes a whole number from 0 to 2^63 - 1, written without sign, point and exponent. */
fv_status fv__json_number(fv__json *json, int64_t *number) FV_CHECK;

/* Passes over any value that stands `depth` containers deep. */
fv_status fv__json_skip(fv__json *json, int depth) FV_CHECK;

/* After an item: true when another follows, which `close` ends the container otherwise. */
fv_status fv__json_more(fv__json *json, bool *more, char close) FV_CHECK;

/* FV_ERROR_FORMAT unless nothing but white space is left. */
fv_status fv__json_finish(fv__json *json) FV_CHECK;

/* FV_ERROR_FORMAT, saying where. */
fv_status fv__json_broken(const fv__json *json, const char *expected) FV_CHECK;

#endif
