/* The checks before a route is looked for. */
#include "serve/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool fv__gate_same(const char *a, const char *b) {
  const size_t size = strlen(a), other = strlen(b);
  unsigned difference = (unsigned)(size != other);
  for (size_t i = 0; i < other; i++)
    difference |= (unsigned)((unsigned char)a[size ? i % size : 0] ^ (unsigned char)b[i]);
  return difference == 0;
}

/* ---- the form of the request */

static bool is_plain_target(const char *target) {
  for (const char *c = target; *c; c++)
    if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f) return false;
  return target[0] == '/';
}

static bool is_number(const char *text) {
  size_t digits = strspn(text, "0123456789");
  return digits > 0 && digits < 18 && !text[digits];
}

static bool is_read(const char *method) { return !strcmp(method, "GET") || !strcmp(method, "HEAD"); }

static bool is_well_formed(const fv__visitor *v, fv__answer *answer) {
  const bool writes = !strcmp(v->method, "POST") || !strcmp(v->method, "DELETE");
  if (strlen(v->target) > FV__MAX_TARGET)
    fv__answer_problem(answer, 414, "bad_request", NULL, "an address may have %d bytes", FV__MAX_TARGET);
  else if (v->headers > FV__MAX_HEADERS || v->header_bytes > FV__MAX_HEADER_BYTES)
    fv__answer_problem(answer, 431, "bad_request", NULL, "a request may have %d headers of %d bytes in all",
                       FV__MAX_HEADERS, FV__MAX_HEADER_BYTES);
  else if (!is_read(v->method) && !writes)
    fv__answer_problem(answer, 405, "bad_method", NULL, "GET, HEAD, POST and DELETE are used here");
  else if (!is_plain_target(v->target))
    fv__answer_problem(answer, 400, "bad_request", NULL, "expected a path that begins with '/'");
  else if (v->transfer_encoding)
    fv__answer_problem(answer, 501, "bad_request", "send Content-Length", "transfer encodings are not taken");
  else if (v->lengths > 1 || (v->content_length && !is_number(v->content_length)))
    fv__answer_problem(answer, 400, "bad_request", NULL, "expected one Content-Length, a number");
  else if (!strcmp(v->method, "POST") && !v->content_length)
    fv__answer_problem(answer, 411, "bad_request", NULL, "a POST needs Content-Length");
  else if (strcmp(v->method, "POST") != 0 && v->content_length && strcmp(v->content_length, "0") != 0)
    fv__answer_problem(answer, 400, "bad_request", NULL, "a %s has no body here", v->method);
  else
    return true;
  return false;
}

/* ---- Host */

/* "127.0.0.1" and all of 127.0.0.0/8: four numbers without leading zeros. */
static bool is_dotted(const char *text, size_t size, bool loopback) {
  int parts = 0;
  size_t at = 0;
  while (at < size && parts < 4) {
    const size_t start = at;
    int number = 0;
    while (at < size && at - start < 3 && text[at] >= '0' && text[at] <= '9') number = number * 10 + (text[at++] - '0');
    if (at == start || number > 255 || (at - start > 1 && text[start] == '0')) return false;
    if (loopback && parts == 0 && number != 127) return false;
    parts++;
    if (at == size) break;
    if (text[at] != '.' || parts == 4) return false;
    at++;
  }
  return parts == 4 && at == size;
}

static bool is_bracketed(const char *text, size_t size) {
  if (size < 4 || text[0] != '[' || text[size - 1] != ']') return false;
  for (size_t i = 1; i + 1 < size; i++)
    if (!strchr("0123456789abcdefABCDEF:.", text[i])) return false;
  return true;
}

static bool is_word(const char *text, size_t size, const char *word) {
  return size == strlen(word) && !strncasecmp(text, word, size);
}

/* Names of a server that others may reach: addresses, which no foreign name can stand for, and its own names. */
static bool is_own_name(const fv__server *server, const char *text, size_t size) {
  char name[256] = "";
  if (is_dotted(text, size, false) || is_bracketed(text, size) || is_word(text, size, server->host)) return true;
  return !gethostname(name, sizeof name - 1) && is_word(text, size, name);
}

bool fv__gate_knows_host(const fv__server *server, const char *host) {
  const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
  const char *colon = strchr(bracket ? bracket : host, ':');
  const size_t size = colon ? (size_t)(colon - host) : strlen(host);
  char port[8];
  snprintf(port, sizeof port, ":%u", server->port);
  if (colon ? strcmp(colon, port) != 0 : server->port != 80) return false;
  if (is_word(host, size, "localhost") || is_word(host, size, "[::1]") || is_dotted(host, size, true)) return true;
  return server->is_open_to_others && is_own_name(server, host, size);
}

static bool host_is_ours(const fv__server *server, const fv__visitor *v, fv__answer *answer) {
  if (v->hosts != 1) {
    fv__answer_problem(answer, 400, "bad_host", NULL, "expected one Host header, found %d", v->hosts);
    return false;
  }
  if (fv__gate_knows_host(server, v->host)) return true;
  fv__answer_problem(answer, 421, "bad_host", "open the address that fovea printed", "this server is %s",
                     server->is_open_to_others ? "known by its address" : "localhost alone");
  return false;
}

/* ---- the page that asks */

static bool origin_is_ours(const fv__visitor *v, fv__answer *answer) {
  char own[300];
  snprintf(own, sizeof own, "http://%.270s", v->host);
  const bool is_foreign = v->origin && strcasecmp(v->origin, own) != 0;
  /* A link on another page may lead here, as a page of its own: never in a frame, as a script or a picture. */
  const bool is_link = v->fetch_mode && !strcmp(v->fetch_mode, "navigate") && is_read(v->method) &&
                       (!strcmp(v->target, "/") || !strncmp(v->target, "/?", 2));
  const bool is_site = !v->fetch_site || !strcmp(v->fetch_site, "same-origin") || !strcmp(v->fetch_site, "none");
  if (!is_foreign && (is_site || is_link)) return true;
  fv__answer_problem(answer, 403, "bad_origin", NULL, "only pages of this server may ask it");
  return false;
}

/* ---- tokens */

/* The value of "fovea=..." in a Cookie header, copied. */
static bool read_cookie(char *value, size_t room, const char *cookie) {
  for (const char *at = cookie; at && *at; at = strchr(at, ';')) {
    at += strspn(at, "; ");
    if (strncmp(at, "fovea=", 6) != 0) continue;
    const size_t size = strcspn(at + 6, ";");
    if (size >= room) return false;
    memcpy(value, at + 6, size);
    value[size] = '\0';
    return true;
  }
  return false;
}

static bool may_see(const fv__server *server, const fv__visitor *v, const char *query_token, bool *greets) {
  if (!server->access_token) return true;
  char cookie[256];
  *greets = query_token && fv__gate_same(query_token, server->access_token);
  if (*greets || (v->token && fv__gate_same(v->token, server->access_token))) return true;
  return read_cookie(cookie, sizeof cookie, v->cookie) && fv__gate_same(cookie, server->access_token);
}

static bool may_write(const fv__server *server, const fv__visitor *v) {
  if (!v->token) return false;
  return fv__gate_same(v->token, server->token) ||
         (server->access_token && fv__gate_same(v->token, server->access_token));
}

bool fv__gate_passes(const fv__server *server, const fv__visitor *v, const char *query_token, fv__answer *answer,
                     bool *greets) {
  *greets = false;
  if (!is_well_formed(v, answer) || !host_is_ours(server, v, answer) || !origin_is_ours(v, answer)) return false;
  if (!may_see(server, v, query_token, greets)) {
    fv__answer_problem(answer, 403, "bad_token", "open the address that fovea printed, which holds the token",
                       "this server needs its token");
    return false;
  }
  if (is_read(v->method) || may_write(server, v)) return true;
  fv__answer_problem(answer, 403, "bad_token", "GET /api/v1/hello tells the token",
                     "expected header X-Explorer-Token with this start's token");
  return false;
}
