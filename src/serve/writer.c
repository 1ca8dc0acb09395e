/* Writing JSON (RFC 8259). */
#include "serve/writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/text.h>

static void put(fv__writer *json, const char *bytes, size_t size) {
  if (json->failed) return;
  if (json->size + size + 1 > json->room) {
    const size_t room = 2 * (json->size + size) + 256;
    char *more = realloc(json->text, room);
    if (!more) {
      json->failed = true;
      return;
    }
    json->text = more;
    json->room = room;
  }
  memcpy(json->text + json->size, bytes, size);
  json->size += size;
  json->text[json->size] = '\0';
}

static void put_escaped(fv__writer *json, const char *text) {
  put(json, "\"", 1);
  const char *plain = text; /* what needs no escape is copied in one piece */
  while (*text) {
    const size_t sign = fv_text_sign(text, 4);
    const unsigned char c = (unsigned char)*text;
    if (sign && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
      text += sign;
      continue;
    }
    put(json, plain, (size_t)(text - plain));
    char escape[8];
    const int length =
        sign ? snprintf(escape, sizeof escape, "\\u%04x", c) : snprintf(escape, sizeof escape, "\xef\xbf\xbd");
    put(json, escape, (size_t)length);
    plain = text += sign ? sign : 1;
  }
  put(json, plain, (size_t)(text - plain));
  put(json, "\"", 1);
}

static void begin_value(fv__writer *json, const char *key) {
  if (json->comma) put(json, ",", 1);
  json->comma = true;
  if (!key) return;
  put_escaped(json, key);
  put(json, ":", 1);
}

void fv__writer_begin(fv__writer *json, const char *key, char bracket) {
  begin_value(json, key);
  put(json, &bracket, 1);
  if (json->depth == FV__WRITER_DEPTH) {
    json->failed = true;
    return;
  }
  json->closing[json->depth++] = bracket == '{' ? '}' : ']';
  json->comma = false;
}

void fv__writer_end(fv__writer *json) {
  if (!json->depth) return;
  put(json, &json->closing[--json->depth], 1);
  json->comma = true;
}

void fv__writer_text(fv__writer *json, const char *key, const char *text) {
  if (!text) {
    fv__writer_null(json, key);
    return;
  }
  begin_value(json, key);
  put_escaped(json, text);
}

void fv__writer_raw(fv__writer *json, const char *key, const char *text) {
  begin_value(json, key);
  put(json, text, strlen(text));
}

void fv__writer_whole(fv__writer *json, const char *key, int64_t number) {
  char text[32];
  snprintf(text, sizeof text, "%" PRId64, number);
  fv__writer_raw(json, key, text);
}

void fv__writer_number(fv__writer *json, const char *key, double number) {
  char text[40];
  const bool is_whole = fabs(number) < 1e9 && number == floor(number);
  snprintf(text, sizeof text, !isfinite(number) ? "null" : is_whole ? "%.0f" : "%.7g", number);
  for (char *c = text; isfinite(number) && *c; c++) /* whatever the program's locale writes for the point */
    if (!strchr("+-0123456789e", *c)) *c = '.';
  fv__writer_raw(json, key, text);
}

void fv__writer_bool(fv__writer *json, const char *key, bool truth) {
  fv__writer_raw(json, key, truth ? "true" : "false");
}

void fv__writer_null(fv__writer *json, const char *key) { fv__writer_raw(json, key, "null"); }

void fv__writer_shape(fv__writer *json, const char *key, const fv_shape *shape) {
  fv__writer_begin(json, key, '[');
  for (int32_t i = 1; i < shape->rank; i++) {
    if (shape->dims[i] < 0)
      fv__writer_null(json, NULL);
    else
      fv__writer_whole(json, NULL, shape->dims[i]);
  }
  fv__writer_end(json);
}
