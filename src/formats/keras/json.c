/* JSON texts of model files. */
#include <stdlib.h>
#include <string.h>

#include "formats/keras/keras.h"

/* A value takes up to 250 bytes in memory and as few as three in a text, which deflates a thousandfold: the number of
 * values is bounded too. A network of 16000 layers fits. */
enum { DEPTH_MAX = 64, SIZE_MAX_BYTES = 8 << 20, VALUES_MAX = 400000 };

/* jansson parses nested values by recursion and knows no NaN: one pass before it checks depth and number and writes
 * null for the numbers that JSON lacks. Characters of code 0, which stand in the code of Lambda layers, end a text.
 * `out` has room for size + size / 3 + 1 bytes (NaN grows by one). */
static fv_status prepare(char *out, size_t *out_size, const char *text, size_t size) {
  static const char *const words[] = {"NaN", "-Infinity", "Infinity"};
  size_t used = 0;
  int depth = 0, values = 0;
  bool in_string = false;
  for (size_t i = 0; i < size; i++) {
    char c = text[i];
    if (in_string) {
      if (c == '\\' && i + 1 < size)
        out[used++] = c, c = text[++i];
      else if (c == '"')
        in_string = false;
      out[used++] = c;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') depth++;
    if (c == '}' || c == ']') depth--;
    values += c == '{' ? 2 : c == '[' || c == ','; /* an object takes as much as two others */
    if (values > VALUES_MAX) return fail(FV_ERROR_FORMAT, "JSON of more than %d values", VALUES_MAX);
    if (depth > DEPTH_MAX) return fail(FV_ERROR_FORMAT, "JSON nested deeper than %d", DEPTH_MAX);
    size_t length = 0;
    for (int w = 0; w < 3 && !length; w++)
      if (size - i >= strlen(words[w]) && !memcmp(text + i, words[w], strlen(words[w]))) length = strlen(words[w]);
    if (length) {
      memcpy(out + used, "null", 4);
      used += 4;
      i += length - 1;
    } else {
      out[used++] = c;
    }
  }
  *out_size = used;
  return FV_OK;
}

fv_status fv__json_read(json_t **root, const char *text, size_t size) {
  *root = NULL;
  if (size > SIZE_MAX_BYTES) return fail(FV_ERROR_MEMORY, "JSON of %zu bytes, the limit is %d", size, SIZE_MAX_BYTES);
  char *prepared = malloc(size + size / 3 + 1);
  if (!prepared) return fail(FV_ERROR_MEMORY, "no memory for JSON");
  size_t prepared_size = 0;
  fv_status status = prepare(prepared, &prepared_size, text, size);
  if (!status) {
    json_error_t error;
    *root = json_loadb(prepared, prepared_size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    bool no_memory = !*root && (error.text[0] == '\0' || json_error_code(&error) == json_error_out_of_memory);
    if (no_memory)
      status = fail(FV_ERROR_MEMORY, "no memory for JSON");
    else if (!*root)
      status = fail(FV_ERROR_FORMAT, "broken JSON in line %d: %s", error.line, error.text);
  }
  free(prepared);
  return status;
}

int fv__keras_major_version(const char *version) {
  int major = 0;
  if (!version) return 1;
  for (; *version >= '0' && *version <= '9' && major < 1000; version++) major = 10 * major + (*version - '0');
  return major > 0 ? major : 1;
}
