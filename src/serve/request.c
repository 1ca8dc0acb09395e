/* Requests (RFC 3986, RFC 9112). */
#include "serve/request.h"

#include <stdlib.h>
#include <string.h>

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* Decodes in place; false for a broken escape or a NUL. `plus`: as in forms, '+' is a blank. */
static bool decode(char *text, bool plus) {
  char *to = text;
  for (const char *from = text; *from; from++) {
    char c = *from;
    if (c == '%') {
      const int high = digit(from[1]), low = high < 0 ? -1 : digit(from[2]);
      if (low < 0 || high + low == 0) return false;
      c = (char)(high * 16 + low);
      from += 2;
    } else if (c == '+' && plus) {
      c = ' ';
    }
    *to++ = c;
  }
  *to = '\0';
  return true;
}

static bool read_path(fv__request *request, char *at) {
  while (at) {
    char *slash = strchr(at, '/');
    if (slash) *slash = '\0';
    if (request->segment_count == FV__REQUEST_SEGMENTS || !decode(at, false)) return false;
    request->segments[request->segment_count++] = at;
    at = slash ? slash + 1 : NULL;
  }
  return true;
}

static bool read_query(fv__request *request, char *at) {
  while (at) {
    char *next = strchr(at, '&');
    if (next) *next++ = '\0';
    if (*at) {
      if (request->query_count == FV__REQUEST_QUERIES) return false;
      char *value = strchr(at, '=');
      if (value) *value++ = '\0';
      if (!decode(at, true) || (value && !decode(value, true))) return false;
      request->queries[request->query_count++] = (fv__query){at, value ? value : ""};
    }
    at = next;
  }
  return true;
}

bool fv__request_read(fv__request *request, const char *target) {
  request->segment_count = request->query_count = 0;
  request->target = target;
  if (target[0] != '/') return false;
  request->text = strdup(target + 1);
  if (!request->text) return false;
  char *query = strchr(request->text, '?');
  if (query) *query++ = '\0';
  return read_path(request, request->text) && read_query(request, query);
}

void fv__request_end(fv__request *request) {
  free(request->text);
  request->text = NULL;
}

/* Whether one segment fits "{name}.ending", "{name}" or a plain word of `length` letters. */
static bool fits(const char *segment, const char *word, size_t length, bool *captured) {
  const char *brace = memchr(word, '}', length);
  *captured = word[0] == '{' && brace;
  const size_t size = strlen(segment);
  if (!*captured) return size == length && !memcmp(segment, word, length);
  const size_t ending = (size_t)(word + length - (brace + 1));
  return size > ending && !memcmp(segment + size - ending, brace + 1, ending);
}

bool fv__request_fits(fv__request *request, const char *path) {
  int captures = 0, places[FV__REQUEST_CAPTURES];
  size_t endings[FV__REQUEST_CAPTURES];
  const char *word = path + 1;
  for (int i = 0; i < request->segment_count; i++) {
    if (!word) return false;
    const char *slash = strchr(word, '/');
    const size_t length = slash ? (size_t)(slash - word) : strlen(word);
    bool captured;
    if (!fits(request->segments[i], word, length, &captured)) return false;
    if (captured) {
      if (captures == FV__REQUEST_CAPTURES) return false;
      endings[captures] = (size_t)(word + length - 1 - (const char *)memchr(word, '}', length));
      places[captures++] = i;
    }
    word = slash ? slash + 1 : NULL;
  }
  if (word) return false;
  for (int i = 0; i < captures; i++) {
    char *segment = request->text + (request->segments[places[i]] - request->text);
    segment[strlen(segment) - endings[i]] = '\0';
    request->captures[i] = segment;
  }
  return true;
}

const char *fv__request_query(const fv__request *request, const char *key) {
  for (int i = 0; i < request->query_count; i++)
    if (!strcmp(request->queries[i].key, key)) return request->queries[i].value;
  return NULL;
}
