/* An https server on loopback for tests: one thread, one connection after the other, a certificate of its own.
 *
 * It holds one file, tls_server_bytes. The first folder of the address says how it is served:
 *   /good/X       as it should be, parts too          /broken/X     breaks off after half of what was asked for
 *   /whole/X      all of it whatever was asked for    /shifted/X    another part than was asked for
 *   /wrong/X      other bytes                         /slow/X       a little at a time
 *   /longer/X     a byte too many                     /endless/X    without a length, never ends
 *   /unsized/X    without a length                    /torn/X       without a length, and breaks off
 *   /chunked/X    in chunks                           /empty/X      nothing
 *   /error/X      500
 *   /to-https/X   redirects to /good/X                /to-http/X, /to-file/X, /to-itself/X
 *   anything else: 404
 */
#ifndef FOVEA_TESTS_TLS_SERVER_H
#define FOVEA_TESTS_TLS_SERVER_H

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

enum { TLS_SERVER_SIZE = 300000, TLS_SERVER_LOG = 1 << 14, TLS_SERVER_STEP = 1000, TLS_SERVER_REQUEST = 4096 };

static unsigned char tls_server_bytes[TLS_SERVER_SIZE];

static struct {
  int listener, port;
  SSL_CTX *context;
  pthread_t thread;
  pthread_mutex_t lock;
  char log[TLS_SERVER_LOG]; /* "PATH RANGE\n" of each request, RANGE as sent or "-" */
  int64_t sent;             /* bytes of bodies */
} tls_server = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- certificates */

/* A new key and a certificate for 127.0.0.1 that vouches for itself; the certificate also as the file `path`. */
static EVP_PKEY *tls_server_certify(X509 **certificate, const char *path) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *x = X509_new();
  assert_non_null(key);
  assert_non_null(x);
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 24 * 3600);
  X509_set_pubkey(x, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)path, -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(x));
  static const struct {
    int kind;
    const char *value;
  } extensions[] = {{NID_subject_alt_name, "IP:127.0.0.1"}, {NID_basic_constraints, "critical,CA:TRUE"}};
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, extensions[i].kind, extensions[i].value);
    assert_non_null(e);
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
  }
  assert_true(X509_sign(x, key, EVP_sha256()) > 0);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(PEM_write_X509(file, x));
  fclose(file);
  *certificate = x;
  return key;
}

/* ---- one answer */

typedef struct tls_answer {
  SSL *ssl;
  const char *path;
  int64_t begin; /* of the range asked for; 0: everything */
} tls_answer;

static bool tls_send(SSL *ssl, const void *bytes, int64_t size) {
  return size == 0 || SSL_write(ssl, bytes, (int)size) > 0;
}

static bool tls_body(SSL *ssl, const void *bytes, int64_t size) {
  pthread_mutex_lock(&tls_server.lock);
  tls_server.sent += size;
  pthread_mutex_unlock(&tls_server.lock);
  return tls_send(ssl, bytes, size);
}

/* The lines before the body. `length` < 0: it is not said. */
static bool tls_head(const tls_answer *a, const char *state, const char *line, int64_t length) {
  char text[1024], size[64] = "";
  if (length >= 0) snprintf(size, sizeof size, "Content-Length: %" PRId64 "\r\n", length);
  int count = snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%s%sConnection: close\r\n\r\n", state, line, size);
  return tls_send(a->ssl, text, count);
}

static bool tls_is(const tls_answer *a, const char *folder_name) {
  size_t length = strlen(folder_name);
  return a->path[0] == '/' && !strncmp(a->path + 1, folder_name, length) && a->path[1 + length] == '/';
}

/* The head of a part, or of everything; the first byte is shifted by `shift`. */
static bool tls_part_head(const tls_answer *a, int64_t shift) {
  char line[128];
  if (!a->begin) return tls_head(a, "200 OK", "", TLS_SERVER_SIZE);
  snprintf(line, sizeof line, "Content-Range: bytes %" PRId64 "-%d/%d\r\n", a->begin + shift, TLS_SERVER_SIZE - 1,
           TLS_SERVER_SIZE);
  return tls_head(a, "206 Partial Content", line, TLS_SERVER_SIZE - a->begin - shift);
}

static void tls_redirect(const tls_answer *a, const char *base) {
  char line[1024];
  snprintf(line, sizeof line, "Location: %s%s\r\n", base, strchr(a->path + 1, '/'));
  tls_head(a, "302 Found", line, 0);
}

/* A little at a time until all is sent or nobody listens. `endless`: the same again and again. */
static void tls_trickle(const tls_answer *a, bool endless) {
  int64_t begin = a->begin;
  bool heard = endless ? tls_head(a, "200 OK", "", -1) : tls_part_head(a, 0);
  while (heard && begin + TLS_SERVER_STEP <= TLS_SERVER_SIZE) {
    heard = tls_body(a->ssl, tls_server_bytes + begin, TLS_SERVER_STEP);
    if (!endless) begin += TLS_SERVER_STEP;
    if (!endless) nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  }
}

/* Returns whether the connection ends as TLS says it should. */
static bool tls_answer_body(const tls_answer *a) {
  const int64_t left = TLS_SERVER_SIZE - a->begin;
  const unsigned char *from = tls_server_bytes + a->begin;
  if (tls_is(a, "good") && a->begin >= TLS_SERVER_SIZE) {
    tls_head(a, "416 Range Not Satisfiable", "", 0);
  } else if (tls_is(a, "good")) {
    if (tls_part_head(a, 0)) tls_body(a->ssl, from, left);
  } else if (tls_is(a, "broken")) {
    if (tls_part_head(a, 0)) tls_body(a->ssl, from, left / 2);
    return false;
  } else if (tls_is(a, "whole")) {
    if (tls_head(a, "200 OK", "", TLS_SERVER_SIZE)) tls_body(a->ssl, tls_server_bytes, TLS_SERVER_SIZE);
  } else if (tls_is(a, "shifted")) {
    if (tls_part_head(a, 1)) tls_body(a->ssl, from + 1, left - 1);
  } else if (tls_is(a, "wrong")) {
    if (tls_part_head(a, 0) && tls_body(a->ssl, from, left - 1)) tls_body(a->ssl, "?", 1);
  } else if (tls_is(a, "longer")) {
    if (tls_head(a, "200 OK", "", TLS_SERVER_SIZE + 1)) tls_body(a->ssl, tls_server_bytes, TLS_SERVER_SIZE);
  } else if (tls_is(a, "unsized") || tls_is(a, "torn")) {
    if (tls_head(a, "200 OK", "", -1)) tls_body(a->ssl, tls_server_bytes, TLS_SERVER_SIZE >> tls_is(a, "torn"));
    return tls_is(a, "unsized");
  } else if (tls_is(a, "chunked")) {
    char line[32];
    snprintf(line, sizeof line, "%x\r\n", TLS_SERVER_SIZE);
    if (tls_head(a, "200 OK", "Transfer-Encoding: chunked\r\n", -1) && tls_send(a->ssl, line, (int64_t)strlen(line)) &&
        tls_body(a->ssl, tls_server_bytes, TLS_SERVER_SIZE))
      tls_send(a->ssl, "\r\n0\r\n\r\n", 7);
  } else if (tls_is(a, "slow") || tls_is(a, "endless")) {
    tls_trickle(a, tls_is(a, "endless"));
  } else if (tls_is(a, "empty")) {
    tls_head(a, "200 OK", "", 0);
  } else {
    const char *page = "<html>an explanation</html>";
    if (tls_head(a, tls_is(a, "error") ? "500 Internal Server Error" : "404 Not Found", "", (int64_t)strlen(page)))
      tls_send(a->ssl, page, (int64_t)strlen(page));
  }
  return true;
}

static bool tls_answer_request(const tls_answer *a) {
  char base[64];
  const char *folder_name = tls_is(a, "to-https") ? "good" : "to-itself";
  snprintf(base, sizeof base, "https://127.0.0.1:%d/%s", tls_server.port, folder_name);
  if (tls_is(a, "to-https") || tls_is(a, "to-itself"))
    tls_redirect(a, base);
  else if (tls_is(a, "to-http"))
    tls_redirect(a, "http://127.0.0.1:9");
  else if (tls_is(a, "to-file"))
    tls_redirect(a, "file:///etc");
  else
    return tls_answer_body(a);
  return true;
}

/* ---- the server */

static void tls_server_note(const char *path, const char *range) {
  pthread_mutex_lock(&tls_server.lock);
  size_t used = strlen(tls_server.log);
  snprintf(tls_server.log + used, TLS_SERVER_LOG - used, "%s %s\n", path, range);
  pthread_mutex_unlock(&tls_server.lock);
}

static void tls_serve(SSL *ssl) {
  char request[TLS_SERVER_REQUEST] = "", path[TLS_SERVER_REQUEST], range[64] = "-";
  int size = 0, got;
  tls_answer answer = {.ssl = ssl, .path = path};
  if (SSL_accept(ssl) <= 0) return;
  while (!strstr(request, "\r\n\r\n") && (got = SSL_read(ssl, request + size, (int)sizeof request - 1 - size)) > 0)
    request[size += got] = '\0';
  if (sscanf(request, "GET %4095s", path) != 1) return;
  const char *asked = strstr(request, "Range: ");
  if (asked) sscanf(asked, "Range: %63s", range);
  if (asked) sscanf(range, "bytes=%" SCNd64 "-", &answer.begin);
  tls_server_note(path, range);
  if (tls_answer_request(&answer)) SSL_shutdown(ssl);
}

static void *tls_server_run(void *unused) {
  sigset_t pipe;
  int connection;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, NULL); /* a client that went away is no reason to end */
  while ((connection = accept4(tls_server.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
    SSL *ssl = SSL_new(tls_server.context);
    if (ssl && SSL_set_fd(ssl, connection)) tls_serve(ssl);
    SSL_free(ssl);
    close(connection);
  }
  return unused;
}

/* Starts it; `certificate_path` becomes the file of its certificate, `other_path` that of one which it has not. */
static void tls_server_start(const char *certificate_path, const char *other_path) {
  X509 *certificate, *other;
  for (unsigned int i = 0; i < TLS_SERVER_SIZE; i++) tls_server_bytes[i] = (unsigned char)((i * 2654435761u) >> 13);
  EVP_PKEY_free(tls_server_certify(&other, other_path));
  X509_free(other);
  EVP_PKEY *key = tls_server_certify(&certificate, certificate_path);
  tls_server.context = SSL_CTX_new(TLS_server_method());
  assert_non_null(tls_server.context);
  assert_int_equal(SSL_CTX_use_certificate(tls_server.context, certificate), 1);
  assert_int_equal(SSL_CTX_use_PrivateKey(tls_server.context, key), 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  tls_server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(tls_server.listener >= 0);
  assert_int_equal(bind(tls_server.listener, (struct sockaddr *)&address, size), 0);
  assert_int_equal(listen(tls_server.listener, 16), 0);
  assert_int_equal(getsockname(tls_server.listener, (struct sockaddr *)&address, &size), 0);
  tls_server.port = ntohs(address.sin_port);
  assert_int_equal(pthread_create(&tls_server.thread, NULL, tls_server_run, NULL), 0);
}

static void tls_server_stop(void) {
  shutdown(tls_server.listener, SHUT_RDWR);
  pthread_join(tls_server.thread, NULL);
  close(tls_server.listener);
  SSL_CTX_free(tls_server.context);
}

/* "https://127.0.0.1:PORT/FOLDER". One text at a time. */
static const char *tls_server_address(const char *folder_name) {
  static char text[128];
  snprintf(text, sizeof text, "https://127.0.0.1:%d/%s", tls_server.port, folder_name);
  return text;
}

/* Forgets what was asked for and sent. */
static void tls_server_forget(void) {
  pthread_mutex_lock(&tls_server.lock);
  tls_server.log[0] = '\0';
  tls_server.sent = 0;
  pthread_mutex_unlock(&tls_server.lock);
}

/* Bytes of bodies since then. */
static int64_t tls_server_sent(void) {
  pthread_mutex_lock(&tls_server.lock);
  int64_t sent = tls_server.sent;
  pthread_mutex_unlock(&tls_server.lock);
  return sent;
}

/* Fails unless exactly these requests came since then, "PATH RANGE\n" each. */
static void tls_server_expect(const char *requests) {
  char log[TLS_SERVER_LOG];
  pthread_mutex_lock(&tls_server.lock);
  memcpy(log, tls_server.log, sizeof log);
  pthread_mutex_unlock(&tls_server.lock);
  assert_string_equal(log, requests);
}

#endif
