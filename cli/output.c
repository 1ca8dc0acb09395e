/* Escaping for terminals, JSON (RFC 8259) and CSV (RFC 4180). */
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fovea/text.h>

void output_plain(const char *text) {
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) putchar(*c < 0x20 || *c == 0x7f ? '?' : *c);
}

void output_json(const char *text) {
  putchar('"');
  for (const unsigned char *c = (const unsigned char *)text; *c;) {
    size_t length = fv_text_sign((const char *)c, 4);
    if (!length)
      fputs("\\ufffd", stdout);
    else if (*c < 0x20 || *c == 0x7f)
      printf("\\u%04x", *c);
    else if (*c == '"' || *c == '\\')
      printf("\\%c", *c);
    else
      fwrite(c, 1, length, stdout);
    c += length ? length : 1;
  }
  putchar('"');
}

void output_csv(const char *text) {
  if (!strpbrk(text, ",\"\r\n")) {
    fputs(text, stdout);
    return;
  }
  putchar('"');
  for (const char *c = text; *c; c++) {
    if (*c == '"') putchar('"');
    putchar(*c);
  }
  putchar('"');
}

char *output_grouped(char text[32], int64_t number) {
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%" PRId64, number), used = 0;
  for (int i = 0; i < length; i++) {
    text[used++] = digits[i];
    int left = length - 1 - i;
    if (left > 0 && left % 3 == 0 && digits[i] != '-') text[used++] = ',';
  }
  text[used] = '\0';
  return text;
}

void output_json_shape(const fv_shape *shape) {
  putchar('[');
  for (int32_t i = 0; i < shape->rank; i++) {
    if (i) fputs(", ", stdout);
    if (shape->dims[i] < 0)
      fputs("null", stdout);
    else
      printf("%" PRId64, shape->dims[i]);
  }
  putchar(']');
}
