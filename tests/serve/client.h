/* A client of our own for tests of the explorer: raw bytes over a socket, so that it can say what no browser would.
 * Included by a program's only file, after cmocka. */
#ifndef FOVEA_TESTS_SERVE_CLIENT_H
#define FOVEA_TESTS_SERVE_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <fovea-tools/explore.h>

/* What came back: everything until the connection ended or, with Content-Length, until the body was whole. */
typedef struct reply {
  int status; /* 0: nothing came */
  char *head; /* with its lines, ended by NUL */
  char *body; /* ended by an uncounted NUL */
  size_t size;
} reply;

static inline int port_of(const fv_explorer *explorer) {
  const char *address = fv_explorer_address(explorer);
  return atoi(strrchr(address, ':') + 1);
}

static inline int connect_to(int port) {
  const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(s >= 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (!connect(s, (struct sockaddr *)&address, sizeof address)) return s;
  close(s);
  return -1;
}

/* False when the other side has closed. */
static inline bool send_bytes(int s, const void *bytes, size_t size) {
  for (const char *at = bytes; size;) {
    const ssize_t sent = send(s, at, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += sent;
    size -= (size_t)sent;
  }
  return true;
}

/* The value of a header, copied into a buffer of its own; "" when it is not there. */
static inline const char *header(const reply *r, const char *name) {
  static char value[512];
  value[0] = '\0';
  for (const char *line = r->head; line && *line; line = strstr(line, "\r\n") ? strstr(line, "\r\n") + 2 : NULL) {
    const size_t size = strlen(name);
    if (strncasecmp(line, name, size) != 0 || line[size] != ':') continue;
    const char *at = line + size + 1 + strspn(line + size + 1, " ");
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
  }
  return value;
}

/* Reads one answer, at most `milliseconds` long without a byte. */
static inline reply receive(int s, int milliseconds) {
  reply r = {0};
  size_t room = 1 << 16, size = 0, head = 0, wanted = 0;
  char *bytes = malloc(room);
  for (;;) {
    struct pollfd p = {.fd = s, .events = POLLIN};
    if (poll(&p, 1, milliseconds) <= 0) break;
    if (size + 65536 + 1 > room) bytes = realloc(bytes, room = 2 * room + 65536);
    assert_non_null(bytes);
    const ssize_t got = recv(s, bytes + size, 65536, 0);
    if (got <= 0) break;
    size += (size_t)got;
    bytes[size] = '\0';
    char *end = head ? NULL : strstr(bytes, "\r\n\r\n");
    if (end) {
      head = (size_t)(end - bytes) + 4;
      r.head = strndup(bytes, head - 2);
      r.status = atoi(bytes + 9);
      const char *length = header(&r, "Content-Length");
      wanted = length[0] ? head + (size_t)atoll(length) : (size_t)-1;
      if (r.status == 304) wanted = head;
    }
    if (head && size >= wanted) break;
  }
  r.size = size > head ? size - head : 0;
  r.body = malloc(r.size + 1);
  assert_non_null(r.body);
  memcpy(r.body, bytes + head, r.size);
  r.body[r.size] = '\0';
  if (!r.head) r.head = strdup("");
  free(bytes);
  return r;
}

static inline void end_reply(reply *r) {
  free(r->head);
  free(r->body);
}

/* These bytes on a connection of their own. */
static inline reply exchange(int port, const void *bytes, size_t size) {
  const int s = connect_to(port);
  assert_true(s >= 0);
  send_bytes(s, bytes, size);
  reply r = receive(s, 10000);
  close(s);
  return r;
}

/* An ordinary request; `headers` end in \r\n each. */
static inline reply ask(int port, const char *method, const char *target, const char *headers, const void *body,
                        size_t size) {
  const size_t room = strlen(target) + strlen(headers) + size + 512;
  char *text = malloc(room);
  assert_non_null(text);
  int length = snprintf(text, room, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s", method, target, port, headers);
  if (!strcmp(method, "POST"))
    length += snprintf(text + length, room - (size_t)length, "Content-Length: %zu\r\n", size);
  length += snprintf(text + length, room - (size_t)length, "Connection: close\r\n\r\n");
  if (size) memcpy(text + length, body, size);
  reply r = exchange(port, text, (size_t)length + size);
  free(text);
  return r;
}

static inline reply get(int port, const char *target) { return ask(port, "GET", target, "", NULL, 0); }

/* The token that the page gets. */
static inline const char *token_of(int port) {
  static char token[64];
  reply r = get(port, "/api/v1/hello");
  const char *at = strstr(r.body, "\"token\":\"");
  assert_non_null(at);
  snprintf(token, sizeof token, "%.32s", at + 9);
  end_reply(&r);
  return token;
}

/* A POST as the page sends it. */
static inline reply post(int port, const char *target, const char *type, const void *body, size_t size) {
  char headers[256];
  snprintf(headers, sizeof headers, "Content-Type: %s\r\nX-Explorer-Token: %s\r\n", type, token_of(port));
  return ask(port, "POST", target, headers, body, size);
}

static inline reply post_json(int port, const char *target, const char *text) {
  return post(port, target, "application/json", text, strlen(text));
}

/* The status alone. */
static inline int status_of(reply r) {
  const int status = r.status;
  end_reply(&r);
  return status;
}

#endif
