/* Who may ask: Host, Origin, tokens, methods, addresses; and what no answer may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "serve/client.h"

static fv_explorer *explorer;
static int port;

static int start(void **state) {
  (void)state;
  const fv_status status =
      fv_explorer_start(&explorer, NULL, &(fv_explore_options){.port = FV_EXPLORE_ANY_PORT, .no_browser = true});
  if (status) print_message("%s\n", fv_error_message());
  port = status ? 0 : port_of(explorer);
  return status != FV_OK;
}

static int stop(void **state) {
  (void)state;
  fv_explorer_stop(explorer);
  return 0;
}

/* "%d" in a header is the server's port. */
static int with_headers(const char *target, const char *headers) {
  char filled[1024], text[2048];
  snprintf(filled, sizeof filled, headers, port, port);
  snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n", target, filled);
  reply r = exchange(port, text, strlen(text));
  assert_null(strcasestr(r.head, "Access-Control"));
  return status_of(r);
}

static void test_hosts(void **state) {
  (void)state;
  static const struct {
    const char *headers;
    int status;
  } cases[] = {{"Host: 127.0.0.1:%d\r\n", 200},
               {"Host: localhost:%d\r\n", 200},
               {"Host: LOCALHOST:%d\r\n", 200},
               {"Host: 127.8.9.250:%d\r\n", 200},
               {"Host: [::1]:%d\r\n", 200},
               {"Host: evil.com\r\n", 421},
               {"Host: evil.com:%d\r\n", 421},
               {"", 400},
               {"Host: localhost:%d\r\nHost: evil.com\r\n", 400},
               {"Host: localhost:%d\r\nHost: localhost:%d\r\n", 400},
               {"Host: localhost.evil.com:%d\r\n", 421},
               {"Host: evil.localhost:%d\r\n", 421},
               {"Host: 127.0.0.1.nip.io:%d\r\n", 421},
               {"Host: localhost:1\r\n", 421},
               {"Host: localhost:%d0\r\n", 421},
               {"Host: localhost:0%d\r\n", 421},
               {"Host: localhost\r\n", 421},
               {"Host: localhost.:%d\r\n", 421},
               {"Host: user@localhost:%d\r\n", 421},
               {"Host: localhost:%d@evil.com\r\n", 421},
               {"Host: localhost:%d/evil\r\n", 421},
               {"Host: [::1\r\n", 421},
               {"Host: [::ffff:127.0.0.1]:%d\r\n", 421},
               {"Host: 0.0.0.0:%d\r\n", 421},
               {"Host: 127.1:%d\r\n", 421},
               {"Host: 2130706433:%d\r\n", 421},
               {"Host: 0177.0.0.1:%d\r\n", 421},
               {"Host: 127.0.0.01:%d\r\n", 421},
               {"Host: 127.0.0.256:%d\r\n", 421},
               {"Host: 127.0.0.1.:%d\r\n", 421},
               {"Host: 128.0.0.1:%d\r\n", 421},
               {"Host: 10.0.0.1:%d\r\n", 421},
               {"Host: \r\n", 421}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    if (with_headers("/api/v1/hello", cases[i].headers) != cases[i].status)
      fail_msg("'%s': expected %d, found %d", cases[i].headers, cases[i].status,
               with_headers("/api/v1/hello", cases[i].headers));
}

static void test_origins(void **state) {
  (void)state;
  static const struct {
    const char *target, *headers;
    int status;
  } cases[] = {{"/healthz", "Origin: http://localhost:%d\r\n", 200},
               {"/healthz", "Origin: null\r\n", 403},
               {"/healthz", "Origin: http://evil.com\r\n", 403},
               {"/healthz", "Origin: https://localhost:%d\r\n", 403},
               {"/healthz", "Origin: http://127.0.0.1:%d\r\n", 403}, /* another name is another page */
               {"/healthz", "Origin: http://localhost:1\r\n", 403},
               {"/healthz", "Sec-Fetch-Site: same-origin\r\n", 200},
               {"/healthz", "Sec-Fetch-Site: none\r\n", 200},
               {"/healthz", "Sec-Fetch-Site: cross-site\r\n", 403},
               {"/healthz", "Sec-Fetch-Site: same-site\r\n", 403},
               {"/healthz", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", 403},
               {"/", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", 200}, /* a link to the page */
               {"/", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", 403}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char headers[256];
    snprintf(headers, sizeof headers, "Host: localhost:%%d\r\n%s", cases[i].headers);
    const int found = with_headers(cases[i].target, headers);
    if (found != cases[i].status) fail_msg("'%s': expected %d, found %d", headers, cases[i].status, found);
  }
}

static void test_writes_need_the_token(void **state) {
  (void)state;
  const char *json = "Content-Type: application/json\r\n";
  char headers[200];
  assert_int_equal(status_of(ask(port, "POST", "/api/v1/nothing", json, "{}", 2)), 403);
  snprintf(headers, sizeof headers, "%sX-Explorer-Token: 0123456789abcdef0123456789abcdef\r\n", json);
  assert_int_equal(status_of(ask(port, "POST", "/api/v1/nothing", headers, "{}", 2)), 403);
  assert_int_equal(status_of(ask(port, "DELETE", "/api/v1/nothing", "", NULL, 0)), 403);
  assert_int_equal(status_of(post_json(port, "/api/v1/nothing", "{}")), 404);
  assert_int_equal(status_of(post_json(port, "/api/v1/hello", "{}")), 405);
}

static void test_methods(void **state) {
  (void)state;
  static const char *const methods[] = {"PUT", "OPTIONS", "TRACE", "PATCH", "CONNECT", "get", "BREW"};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    reply r = ask(port, methods[i], "/", "", NULL, 0);
    if (r.status != 405) fail_msg("%s: expected 405, found %d", methods[i], r.status);
    assert_null(strcasestr(r.head, "Access-Control"));
    end_reply(&r);
  }
  reply r = ask(port, "HEAD", "/healthz", "", NULL, 0);
  assert_int_equal(r.status, 200);
  assert_int_equal(r.size, 0);
  end_reply(&r);
}

static void test_headers_of_answers(void **state) {
  (void)state;
  static const char *const targets[] = {"/", "/api/v1/hello", "/healthz", "/nothing", "/api/v1/nothing"};
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
    reply r = get(port, targets[i]);
    assert_non_null(strstr(header(&r, "Content-Security-Policy"), "default-src 'none'"));
    assert_non_null(strstr(header(&r, "Content-Security-Policy"), "frame-ancestors 'none'"));
    assert_string_equal(header(&r, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(header(&r, "Cross-Origin-Resource-Policy"), "same-origin");
    assert_string_equal(header(&r, "Referrer-Policy"), "no-referrer");
    end_reply(&r);
  }
  reply r = get(port, "/api/v1/nothing");
  assert_string_equal(header(&r, "Content-Type"), "application/problem+json");
  assert_non_null(strstr(r.body, "\"code\":\"not_found\""));
  end_reply(&r);
}

static void test_a_known_answer_is_not_sent_again(void **state) {
  (void)state;
  reply r = get(port, "/");
  assert_int_equal(r.status, 200);
  char headers[200];
  snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", header(&r, "ETag"));
  end_reply(&r);
  r = ask(port, "GET", "/", headers, NULL, 0);
  assert_int_equal(r.status, 304);
  assert_int_equal(r.size, 0);
  end_reply(&r);
}

/* What the kernel says of sockets that listen on the server's port. */
static int listening(const char *table, const char *address) {
  char line[512], wanted[64];
  int count = 0;
  FILE *file = fopen(table, "r");
  snprintf(wanted, sizeof wanted, ":%04X ", (unsigned)port);
  while (file && fgets(line, sizeof line, file)) {
    const char *colon = strchr(line, ':'), *local = colon ? colon + 2 : line; /* behind the line's number */
    const char *at = strstr(local, wanted);
    if (!at || at - local > 40 || !strstr(at, " 0A ")) continue;
    if (strncmp(local, address, strlen(address)) != 0) fail_msg("%s: listens elsewhere: %s", table, line);
    count++;
  }
  if (file) fclose(file);
  return count;
}

static void test_it_listens_on_loopback_alone(void **state) {
  (void)state;
  assert_int_equal(listening("/proc/self/net/tcp", "0100007F:"), 1);
  assert_true(listening("/proc/self/net/tcp6", "00000000000000000000000001000000:") <= 1);
}

static void test_a_server_for_others_needs_a_token(void **state) {
  (void)state;
  fv_explorer *open;
  assert_int_equal(fv_explorer_start(&open, NULL, &(fv_explore_options){.port = -1, .host = "0.0.0.0"}),
                   FV_ERROR_INVALID);
  assert_null(open);
  assert_int_equal(fv_explorer_start(&open, NULL, &(fv_explore_options){.port = -1, .token = "a b c d e f g"}),
                   FV_ERROR_INVALID);
}

static void test_an_access_token(void **state) {
  (void)state;
  fv_explorer *guarded;
  assert_int_equal(
      fv_explorer_start(&guarded, NULL, &(fv_explore_options){.port = -1, .token = "correct-horse-battery"}), FV_OK);
  const int other = port_of(guarded);
  assert_int_equal(status_of(get(other, "/")), 403);
  assert_int_equal(status_of(get(other, "/api/v1/hello")), 403);
  assert_int_equal(status_of(get(other, "/?token=correct-horse-batterx")), 403);
  assert_int_equal(status_of(get(other, "/?token=")), 403);
  reply r = get(other, "/?token=correct-horse-battery");
  assert_int_equal(r.status, 303);
  assert_string_equal(header(&r, "Location"), "/");
  assert_non_null(strstr(header(&r, "Set-Cookie"), "HttpOnly; SameSite=Strict"));
  end_reply(&r);
  assert_int_equal(status_of(ask(other, "GET", "/", "Cookie: a=b; fovea=correct-horse-battery\r\n", NULL, 0)), 200);
  assert_int_equal(status_of(ask(other, "GET", "/", "Cookie: fovea=wrong\r\n", NULL, 0)), 403);
  assert_int_equal(status_of(ask(other, "GET", "/", "X-Explorer-Token: correct-horse-battery\r\n", NULL, 0)), 200);
  fv_explorer_stop(guarded);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_it_listens_on_loopback_alone),
      cmocka_unit_test(test_hosts),
      cmocka_unit_test(test_origins),
      cmocka_unit_test(test_writes_need_the_token),
      cmocka_unit_test(test_methods),
      cmocka_unit_test(test_headers_of_answers),
      cmocka_unit_test(test_a_known_answer_is_not_sent_again),
      cmocka_unit_test(test_a_server_for_others_needs_a_token),
      cmocka_unit_test(test_an_access_token),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
