/* Writing JSON, front to back.
 *
 *   fv__writer *json = ...;
 *   fv__writer_begin(json, NULL, '{');
 *   fv__writer_text(json, "name", "vgg16");
 *   fv__writer_begin(json, "out", '[');
 *   fv__writer_whole(json, NULL, 224);
 *   fv__writer_end(json);
 *   fv__writer_end(json);
 *
 * Commas and escapes come by themselves; text that is not UTF-8 gets U+FFFD for each byte that is none; numbers that
 * are not finite become null. Memory that runs out is remembered and found at the end: `failed`.
 */
#ifndef FOVEA_SERVE_WRITER_H
#define FOVEA_SERVE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fovea/shape.h>

enum { FV__WRITER_DEPTH = 16 };

typedef struct fv__writer {
  char *text; /* ends in NUL once anything was written; free() it */
  size_t size, room;
  char closing[FV__WRITER_DEPTH];
  int depth;
  bool comma, failed;
} fv__writer;

/* `key` is NULL inside of '[' and for the outermost value. `bracket`: '{' or '['. */
void fv__writer_begin(fv__writer *json, const char *key, char bracket);
void fv__writer_end(fv__writer *json);
void fv__writer_text(fv__writer *json, const char *key, const char *text); /* NULL: null */
void fv__writer_whole(fv__writer *json, const char *key, int64_t number);
void fv__writer_number(fv__writer *json, const char *key, double number); /* seven digits, as float32 has them */
void fv__writer_bool(fv__writer *json, const char *key, bool truth);
void fv__writer_null(fv__writer *json, const char *key);
void fv__writer_shape(fv__writer *json, const char *key, const fv_shape *shape); /* without the batch; null: unknown */
void fv__writer_raw(fv__writer *json, const char *key, const char *text);        /* JSON that is there already */

#endif
