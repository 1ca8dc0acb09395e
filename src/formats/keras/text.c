/* JSON, built and written as text. jansson's own writer prints 0.1 with 17 digits, and its versions differ; a file's
 * bytes may not depend on that. Texts are escaped by jansson, in ASCII, as Python does. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/keras/write.h"

json_t *fv__keras_with(json_t *object, const char *key, json_t *value) {
  if (object && !json_object_set_new(object, key, value)) return object;
  if (!object) json_decref(value); /* else it is gone already */
  json_decref(object);
  return NULL;
}

json_t *fv__keras_append(json_t *array, json_t *value) {
  if (array && !json_array_append_new(array, value)) return array;
  if (!array) json_decref(value);
  json_decref(array);
  return NULL;
}

json_t *fv__keras_parse(const char *text) {
  json_t *first = json_loads(text, JSON_DECODE_ANY, NULL), *second = json_loads(text, JSON_DECODE_ANY, NULL);
  bool agree = json_equal(first, second); /* false for NULL */
  json_decref(second);
  if (agree) return first;
  json_decref(first);
  return NULL;
}

static void put(FILE *out, const json_t *value, bool *broken);

static void put_text(FILE *out, const json_t *value, bool *broken) {
  char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
  if (text)
    fputs(text, out);
  else
    *broken = true;
  free(text);
}

/* A number with a fraction stays one: 1.0, not 1. */
static void put_real(FILE *out, double value) {
  char text[64];
  fv__text_from_double(text, sizeof text, value);
  fputs(text, out);
  if (!strpbrk(text, ".e")) fputs(".0", out);
}

static void put_object(FILE *out, const json_t *object, bool *broken) {
  const char *key, *comma = "";
  json_t *value;
  fputc('{', out);
  json_object_foreach((json_t *)object, key, value) {
    json_t *name = json_string(key);
    fputs(comma, out);
    put_text(out, name, broken);
    fputs(": ", out);
    put(out, value, broken);
    json_decref(name);
    comma = ", ";
  }
  fputc('}', out);
}

static void put_array(FILE *out, const json_t *array, bool *broken) {
  fputc('[', out);
  for (size_t i = 0; i < json_array_size(array); i++) {
    if (i) fputs(", ", out);
    put(out, json_array_get(array, i), broken);
  }
  fputc(']', out);
}

/* The depth is that of configurations, which their reader bounds. */
static void put(FILE *out, const json_t *value, bool *broken) {
  switch (json_typeof(value)) {
  case JSON_OBJECT: put_object(out, value, broken); break;
  case JSON_ARRAY: put_array(out, value, broken); break;
  case JSON_STRING: put_text(out, value, broken); break;
  case JSON_INTEGER: fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value)); break;
  case JSON_REAL: put_real(out, json_real_value(value)); break;
  case JSON_TRUE: fputs("true", out); break;
  case JSON_FALSE: fputs("false", out); break;
  case JSON_NULL: fputs("null", out); break;
  }
}

fv_status fv__keras_json_text(char **text, const json_t *json) {
  size_t size;
  bool broken = !json;
  *text = NULL;
  FILE *out = json ? open_memstream(text, &size) : NULL;
  if (out) {
    put(out, json, &broken);
    broken |= ferror(out) != 0;
    broken |= fclose(out) != 0;
  }
  if (out && !broken && *text) return FV_OK; /* a stream in memory may lose it without a word */
  free(*text);
  *text = NULL;
  return fail(FV_ERROR_MEMORY, "no memory for JSON");
}
