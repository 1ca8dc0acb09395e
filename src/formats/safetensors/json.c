/* A JSON reader without memory of its own. */
#include "formats/safetensors/json.h"

#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "base/text.h"

enum { NUMBER_BYTES_MAX = 1000 };

fv_status fv__json_broken(const fv__json *json, const char *expected) {
  return fail(FV_ERROR_FORMAT, "broken JSON at byte %lld: expected %s", (long long)(json->at - json->start), expected);
}

static void skip_space(fv__json *json) {
  while (json->at < json->end && (*json->at == ' ' || *json->at == '\n' || *json->at == '\t' || *json->at == '\r'))
    json->at++;
}

/* The next character after white space, NUL at the end. */
static char peek(fv__json *json) {
  skip_space(json);
  return json->at < json->end ? *json->at : '\0';
}

bool fv__json_take(fv__json *json, char wanted) {
  if (peek(json) != wanted || json->at == json->end) return false;
  json->at++;
  return true;
}

fv_status fv__json_expect(fv__json *json, char wanted) {
  const char expected[] = {'\'', wanted, '\'', '\0'};
  return fv__json_take(json, wanted) ? FV_OK : fv__json_broken(json, expected);
}

static bool take_word(fv__json *json, const char *word) {
  const size_t length = strlen(word);
  skip_space(json);
  if ((size_t)(json->end - json->at) < length || memcmp(json->at, word, length)) return false;
  json->at += length;
  return true;
}

bool fv__json_take_null(fv__json *json) { return take_word(json, "null"); }

/* Texts. */

/* The four digits of \u. */
static bool take_code(fv__json *json, uint32_t *code) {
  *code = 0;
  if (json->end - json->at < 4) return false;
  for (int i = 0; i < 4; i++, json->at++) {
    const char c = *json->at;
    uint32_t digit;
    if (c >= '0' && c <= '9')
      digit = (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = (uint32_t)(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
      digit = (uint32_t)(c - 'A') + 10;
    else
      return false;
    *code = *code << 4 | digit;
  }
  return true;
}

/* UTF-8 of a code, at most three quarters of the escape's length. */
static char *put_code(char *out, uint32_t code) {
  const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const uint32_t first[] = {0, 0xc0, 0xe0, 0xf0};
  *out++ = (char)(first[more] | code >> (6 * more));
  for (int i = more - 1; i >= 0; i--) *out++ = (char)(0x80 | (code >> (6 * i) & 0x3f));
  return out;
}

/* What \u begins, a pair of surrogates perhaps; `at` stands behind the u. */
static fv_status take_escaped_code(fv__json *json, char **out) {
  uint32_t code, low;
  if (!take_code(json, &code)) return fv__json_broken(json, "four hexadecimal digits");
  if (code == 0) return fail(FV_ERROR_UNSUPPORTED, "a text with a character of code 0");
  if (code >= 0xdc00 && code < 0xe000) return fv__json_broken(json, "the first half of a pair before the second");
  if (code >= 0xd800 && code < 0xdc00) {
    if (json->end - json->at < 6 || json->at[0] != '\\' || json->at[1] != 'u')
      return fv__json_broken(json, "the second half of a pair");
    json->at += 2;
    if (!take_code(json, &low) || low < 0xdc00 || low >= 0xe000)
      return fv__json_broken(json, "the second half of a pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  *out = put_code(*out, code);
  return FV_OK;
}

static fv_status take_escape(fv__json *json, char **out) {
  static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  if (json->at == json->end) return fv__json_broken(json, "an escape");
  const char c = *json->at++;
  if (c == 'u') return take_escaped_code(json, out);
  const char *name = c ? strchr(names, c) : NULL;
  if (!name) return fv__json_broken(json, "one of the escapes of JSON");
  *(*out)++ = meanings[name - names];
  return FV_OK;
}

fv_status fv__json_text(fv__json *json, char **text) {
  if (!fv__json_take(json, '"')) return fv__json_broken(json, "a text");
  char *out = *text = json->at;
  while (json->at < json->end && *json->at != '"') {
    const char c = *json->at++;
    if ((unsigned char)c < 0x20) return fv__json_broken(json, "no control character in a text");
    if (c == '\\')
      TRY(take_escape(json, &out));
    else
      *out++ = c;
  }
  if (json->at == json->end) return fv__json_broken(json, "the end of a text");
  json->at++;
  *out = '\0'; /* at the latest where the closing quote was */
  return FV_OK;
}

/* Numbers. */

static size_t take_digits(fv__json *json) {
  const char *first = json->at;
  while (json->at < json->end && *json->at >= '0' && *json->at <= '9') json->at++;
  return (size_t)(json->at - first);
}

/* Digits without a 0 before others. */
static fv_status take_integer(fv__json *json) {
  const char *first = json->at;
  const size_t digits = take_digits(json);
  if (digits == 0 || (digits > 1 && *first == '0')) return fv__json_broken(json, "a number");
  return FV_OK;
}

static bool at_one_of(const fv__json *json, const char *characters) {
  return json->at < json->end && *json->at && strchr(characters, *json->at);
}

fv_status fv__json_number(fv__json *json, int64_t *number) {
  skip_space(json);
  const char *digit = json->at;
  TRY(take_integer(json));
  if (at_one_of(json, ".eE")) return fv__json_broken(json, "a whole number");
  *number = 0;
  for (; digit < json->at; digit++)
    if (!fv__size_multiply(number, *number, 10) || !fv__size_add(number, *number, *digit - '0'))
      return fail(FV_ERROR_FORMAT, "a number beyond 2^63 - 1");
  return FV_OK;
}

/* Any number, which must be finite. */
static fv_status skip_number(fv__json *json) {
  char text[NUMBER_BYTES_MAX + 1];
  double value;
  const char *first = json->at;
  if (at_one_of(json, "-")) json->at++;
  TRY(take_integer(json));
  if (at_one_of(json, ".")) {
    json->at++;
    if (!take_digits(json)) return fv__json_broken(json, "digits behind the point");
  }
  if (at_one_of(json, "eE")) {
    json->at++;
    if (at_one_of(json, "+-")) json->at++;
    if (!take_digits(json)) return fv__json_broken(json, "digits of an exponent");
  }
  const size_t length = (size_t)(json->at - first);
  if (length > NUMBER_BYTES_MAX) return fv__json_broken(json, "a shorter number");
  memcpy(text, first, length);
  text[length] = '\0';
  return fv__text_to_double(text, &value) ? FV_OK : fv__json_broken(json, "a finite number");
}

/* Containers. */

fv_status fv__json_more(fv__json *json, bool *more, char close) {
  *more = fv__json_take(json, ',');
  return *more ? FV_OK : fv__json_expect(json, close);
}

static fv_status skip_scalar(fv__json *json) {
  char *text;
  const char c = peek(json);
  if (c == '"') return fv__json_text(json, &text);
  if (take_word(json, "true") || take_word(json, "false") || take_word(json, "null")) return FV_OK;
  return skip_number(json);
}

static fv_status skip_key(fv__json *json) {
  char *key;
  TRY(fv__json_text(json, &key));
  return fv__json_expect(json, ':');
}

/* The containers that are open are kept as their closing characters. */
fv_status fv__json_skip(fv__json *json, int depth) {
  char open[FV__JSON_DEPTH_MAX];
  int height = 0;
  for (;;) {
    bool is_done = true; /* a whole value has been taken */
    if (peek(json) == '{' || peek(json) == '[') {
      const char close = *json->at++ == '{' ? '}' : ']';
      if (depth + height >= FV__JSON_DEPTH_MAX)
        return fail(FV_ERROR_FORMAT, "JSON nested deeper than %d", FV__JSON_DEPTH_MAX);
      is_done = fv__json_take(json, close);
      if (!is_done) open[height++] = close;
      if (!is_done && close == '}') TRY(skip_key(json));
    } else {
      TRY(skip_scalar(json));
    }
    while (is_done && height > 0) {
      bool more;
      TRY(fv__json_more(json, &more, open[height - 1]));
      if (more && open[height - 1] == '}') TRY(skip_key(json));
      if (more)
        is_done = false;
      else
        height--;
    }
    if (height == 0) return FV_OK;
  }
}

fv_status fv__json_finish(fv__json *json) {
  skip_space(json);
  return json->at == json->end ? FV_OK : fv__json_broken(json, "nothing more");
}
