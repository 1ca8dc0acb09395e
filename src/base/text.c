/* Text helpers. newlocale once per thread-safe static would be state; instead the C locale is asked for per call. */
#include "base/text.h"

#include <fovea/text.h>

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* strtod and printf follow the program's locale ("0,5" in German). Both directions are done on text that has the
 * locale's own decimal point put in or taken out, which needs no allocation and no global state. */
static const char *decimal_point(void) { return localeconv()->decimal_point; }

static bool read_number(const char **text, double *value) {
  char local[128];
  const char *point = decimal_point();
  size_t length = strspn(*text, "+-0123456789.eE"), used = 0;
  if (length == 0 || length >= 100) return false;
  for (size_t i = 0; i < length; i++) {
    if ((*text)[i] == '.') {
      size_t width = strlen(point);
      if (used + width >= sizeof local) return false;
      memcpy(local + used, point, width);
      used += width;
    } else {
      local[used++] = (*text)[i];
    }
    if (used >= sizeof local - 8) return false;
  }
  local[used] = '\0';
  char *end;
  *value = strtod(local, &end);
  if (end == local || *end || !isfinite(*value)) return false;
  *text += length;
  return true;
}

bool fv__text_to_double(const char *text, double *value) {
  while (isspace((unsigned char)*text)) text++;
  double number;
  if (!read_number(&text, &number)) return false;
  if (*text == '/') {
    text++;
    double divisor;
    if (!read_number(&text, &divisor) || divisor == 0) return false;
    number /= divisor;
  }
  while (isspace((unsigned char)*text)) text++;
  if (*text) return false;
  *value = number;
  return true;
}

void fv__text_from_double(char *text, size_t size, double value) {
  char local[64];
  int whole = 1; /* digits before the point: with fewer, %g would write 10 as 1e+01 */
  for (double left = fabs(value); whole < 17 && left >= 10; left /= 10) whole++;
  for (int digits = whole < 17 ? whole : 1; digits <= 17; digits++) {
    snprintf(local, sizeof local, "%.*g", digits, value);
    if (strtod(local, NULL) == value) break;
  }
  const char *point = decimal_point();
  char *found = strcmp(point, ".") ? strstr(local, point) : NULL;
  if (found) {
    *found = '.';
    memmove(found + 1, found + strlen(point), strlen(found + strlen(point)) + 1);
  }
  snprintf(text, size, "%s", local);
}

void fv__snake_case(char *text, size_t size, const char *class_name) {
  size_t used = 0;
  for (size_t i = 0; class_name[i] && used + 2 < size; i++) {
    unsigned char here = (unsigned char)class_name[i];
    if (i > 0 && isupper(here)) {
      unsigned char before = (unsigned char)class_name[i - 1], after = (unsigned char)class_name[i + 1];
      bool word_starts = islower(after) && before != '_';
      bool word_ended = islower(before) || isdigit(before);
      if (word_starts || (word_ended && islower(before))) text[used++] = '_';
    }
    text[used++] = (char)tolower(here);
  }
  if (size) text[used] = '\0';
}

bool fv__text_ends_with(const char *text, const char *ending) {
  size_t length = strlen(text), tail = strlen(ending);
  return length >= tail && strcmp(text + length - tail, ending) == 0;
}

bool fv__text_equal_ignoring_case(const char *a, const char *b) {
  for (; *a && *b; a++, b++)
    if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
  return *a == *b;
}

bool fv__text_ends_with_ignoring_case(const char *text, const char *ending) {
  size_t length = strlen(text), tail = strlen(ending);
  return length >= tail && fv__text_equal_ignoring_case(text + length - tail, ending);
}

size_t fv_text_sign(const char *text, size_t size) {
  const unsigned char *c = (const unsigned char *)text;
  if (!size) return 0;
  const size_t length = c[0] < 0x80                    ? 1
                        : c[0] >= 0xc2 && c[0] < 0xe0  ? 2
                        : c[0] >= 0xe0 && c[0] < 0xf0  ? 3
                        : c[0] >= 0xf0 && c[0] <= 0xf4 ? 4
                                                       : 0;
  if (length > size) return 0;
  for (size_t i = 1; i < length; i++)
    if ((c[i] & 0xc0) != 0x80) return 0;
  if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f)) return 0;
  if ((c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f)) return 0;
  return length;
}

bool fv__text_is_utf8(const char *bytes, size_t size) {
  for (size_t i = 0, length; i < size; i += length) {
    length = fv_text_sign(bytes + i, size - i);
    if (!length) return false;
  }
  return true;
}
