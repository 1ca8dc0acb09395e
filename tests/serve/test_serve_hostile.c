/* Clients that mean harm: paths that lead out of the folder, requests that two servers would read differently, requests
 * beyond every limit, noise. After each of them the server still answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "serve/client.h"
#include "serve/small.h"

static char outside[80];
static char *the_run;

/* A picture beside the folder, which links in the folder point to. */
static int start(void **state) {
  (void)state;
  if (make_folder()) return -1;
  char command[400];
  put_picture("fine.png", 24, 1);
  put_picture("secret.png", 24, 2);
  snprintf(outside, sizeof outside, "%s-outside", folder);
  snprintf(command, sizeof command, "mkdir '%s' && mv '%s/secret.png' '%s/secret.png'", outside, folder, outside);
  if (system(command)) return -1;
  char target[200];
  snprintf(target, sizeof target, "%s/secret.png", outside);
  if (symlink(target, in_folder("link.png")) || symlink(outside, in_folder("way")) || symlink("/", in_folder("root")) ||
      symlink("/proc/self", in_folder("self")) || symlink("fine.png", in_folder("alias.png")) ||
      mkfifo(in_folder("pipe.png"), 0600))
    return -1;
  model = small_model();
  start_with(model, &(fv_explore_options){.threads = 1});
  char *picture = picture_id("fine.png");
  the_run = run_on("default", picture);
  free(picture);
  return 0;
}

static int stop(void **state) {
  (void)state;
  char command[200];
  free(the_run);
  fv_explorer_stop(explorer);
  fv_model_destroy(model);
  snprintf(command, sizeof command, "rm -rf '%s'", outside);
  return system(command) | remove_folder();
}

static void expect_alive(void) { assert_int_equal(status_of(get(port, "/healthz")), 200); }

/* ---- paths */

static void test_links_do_not_lead_out(void **state) {
  (void)state;
  reply r = get(port, "/api/v1/images");
  assert_non_null(strstr(r.body, "fine.png"));
  assert_non_null(strstr(r.body, "alias.png")); /* a link that stays inside */
  assert_null(strstr(r.body, "link.png"));
  assert_null(strstr(r.body, "pipe.png"));
  end_reply(&r);
  static const char *const folders[] = {"way", "root", "self", "root/etc", "self/fd", "way/..", "self/cwd"};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
    assert_int_equal(status_of(get_of("/api/v1/images?dir=%s", folders[i], "")), 404);
}

/* Ways up, in all the spellings that servers have fallen for, and what they lead to. */
static const char *const ups[] = {"..",      "%2e%2e",     ".%2e",         "%2e.",       "..%2f..",
                                  "..%5c..", "..%c0%af..", "%c0%ae%c0%ae", "..%252f..",  "%252e%252e",
                                  "..%00",   "....//..",   "..;",          "%e0%80%ae.", "..%ef%bc%8f..",
                                  ".%00.",   "..\\..",     "%uff0e%uff0e"};
static const char *const goals[] = {"/etc/passwd",        "%2fetc%2fpasswd", "//etc/passwd",
                                    "/proc/self/environ", "/secret.png",     "%5cetc%5cpasswd"};

/* False answers are refusals; nothing of a file outside may come back. */
static void expect_nothing(const char *target) {
  reply r = get(port, target);
  if (r.status != 400 && r.status != 404 && r.status != 422 && r.status != 403)
    fail_msg("%s: status %d, %.200s", target, r.status, r.body);
  assert_null(strstr(r.body, "root:"));
  assert_null(strstr(r.body, "PATH="));
  end_reply(&r);
}

static void test_no_path_leads_out(void **state) {
  (void)state;
  static const char *const routes[] = {"/%s%s",
                                       "/api/v1/images?dir=%s%s",
                                       "/api/v1/images/%s%s/full.png",
                                       "/api/v1/models/%s%s",
                                       "/api/v1/models/default/layers/%s%s",
                                       "/api/v1/models/default/layers/%s%s/weights.npy",
                                       "/api/v1/runs/%s%s/top",
                                       "/api/v1/jobs/%s%s/result",
                                       "/api/v1/train/%s%s/series"};
  int count = 0;
  for (size_t k = 0; k < sizeof routes / sizeof routes[0]; k++) {
    for (size_t u = 0; u < sizeof ups / sizeof ups[0]; u++) {
      for (size_t g = 0; g < sizeof goals / sizeof goals[0]; g++, count++) {
        char target[400], way[200];
        snprintf(way, sizeof way, "%s/%s/%s", ups[u], ups[u], ups[u]);
        snprintf(target, sizeof target, routes[k], g % 2 ? way : ups[u], goals[g]);
        expect_nothing(target);
      }
    }
  }
  assert_true(count > 900);
  expect_alive();
}

static void test_no_model_is_loaded_from_outside(void **state) {
  (void)state;
  static const char *const paths[] = {"../%s",        "/etc/passwd", "root/etc/passwd",    "way/secret.png", "link.png",
                                      "self/environ", "./../x",      "fine.png\\u0000.h5", "pipe.png",       "\\udcff"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    char body[200];
    snprintf(body, sizeof body, "{\"path\":\"%s\"}", paths[i]);
    reply r = post_json(port, "/api/v1/models", body);
    if (r.status != 404 && r.status != 422) fail_msg("%s: %d", paths[i], r.status);
    end_reply(&r);
  }
}

/* ---- requests that are read in two ways */

/* Sends bytes, with the port for each "%d". The first answer's status, 0: none; *accepted counts those that are no
 * refusals. */
static int answers_to(const char *bytes, int *accepted) {
  char text[4096];
  snprintf(text, sizeof text, bytes, port, port);
  const int s = connect_to(port);
  assert_true(s >= 0);
  send_bytes(s, text, strlen(text));
  shutdown(s, SHUT_WR);
  char all[65536];
  size_t size = 0;
  for (;;) {
    struct pollfd p = {.fd = s, .events = POLLIN};
    if (poll(&p, 1, 5000) <= 0) break;
    const ssize_t got = recv(s, all + size, sizeof all - 1 - size, 0);
    if (got <= 0) break;
    size += (size_t)got;
  }
  close(s);
  all[size] = '\0';
  *accepted = 0;
  for (const char *at = all; (at = strstr(at, "HTTP/1.1 ")); at += 9) *accepted += atoi(at + 9) < 400;
  return size ? atoi(all + 9) : 0;
}

static void test_smuggling(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    int status; /* 0: any refusal */
  } cases[] = {
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
       "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
       501},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nTransfer-Encoding: xchunked\r\nContent-Length: "
       "4\r\n\r\nabcd",
       501},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nTransfer-Encoding: chunked\r\n\r\n"
       "3;a=\"GET /healthz HTTP/1.1\"\r\nabc\r\n0\r\n\r\n",
       501},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 5\r\nContent-Length: 48\r\n\r\n"
       "12345GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
       400},
      {"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 39\r\n\r\n"
       "GET /healthz HTTP/1.1\r\nHost: evil.com\r\n\r\n",
       400},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: -1\r\n\r\n", 0},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: +4\r\n\r\nabcd", 0},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 4, 4\r\n\r\nabcd", 0},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 99999999999999999999\r\n\r\n", 0},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 0x4\r\n\r\nabcd", 0},
      {"POST /api/v1/runs HTTP/1.1\r\nHost: localhost:%d\r\n\r\nabcd", 411},
      {"GET http://localhost/healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", 400},
      {"GET http://evil.com/ HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", 400},
      {"GET * HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", 400},
      {"CONNECT evil.com:80 HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", 405}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int accepted;
    const int status = answers_to(cases[i].bytes, &accepted);
    if (accepted || (cases[i].status && status != cases[i].status))
      fail_msg("case %zu: expected %d, found %d, and %d answers", i, cases[i].status, status, accepted);
  }
  expect_alive();
}

/* ---- limits */

/* A request line or headers of `size` bytes. */
static int status_of_size(bool in_target, size_t size) {
  char *text = malloc(size + 1000);
  assert_non_null(text);
  size_t at = (size_t)snprintf(text, 100, "%s", in_target ? "GET /" : "GET /healthz HTTP/1.1\r\nX: ");
  memset(text + at, 'a', size);
  at += size;
  at += (size_t)snprintf(text + at, 500, "%sHost: localhost:%d\r\nConnection: close\r\n\r\n",
                         in_target ? " HTTP/1.1\r\n" : "\r\n", port);
  const int status = status_of(exchange(port, text, at));
  free(text);
  return status;
}

static void test_long_lines(void **state) {
  (void)state;
  assert_int_equal(status_of_size(true, 8000), 404);
  assert_int_equal(status_of_size(true, 8192), 414); /* with '/' one more than 8192 */
  assert_int_equal(status_of_size(false, 30000), 200);
  assert_int_equal(status_of_size(false, 33000), 431);
  const int huge[] = {status_of_size(true, 70 << 10), status_of_size(false, 70 << 10), status_of_size(false, 5 << 20)};
  for (int i = 0; i < 3; i++) assert_true(huge[i] == 0 || huge[i] == 414 || huge[i] == 431 || huge[i] == 413);
  expect_alive();
}

static void test_many_headers(void **state) {
  (void)state;
  char text[8000];
  for (int count = 90; count <= 200; count += 110) {
    size_t at = (size_t)snprintf(text, sizeof text,
                                 "GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n", port);
    for (int i = 0; i < count; i++) at += (size_t)snprintf(text + at, sizeof text - at, "X-%d: %d\r\n", i, i);
    at += (size_t)snprintf(text + at, sizeof text - at, "\r\n");
    assert_int_equal(status_of(exchange(port, text, at)), count == 90 ? 200 : 431);
  }
}

static void test_large_bodies(void **state) {
  (void)state;
  char headers[400];
  static const struct {
    const char *target, *type;
    long long length;
  } cases[] = {{"/api/v1/images", "image/png", 1LL << 30},
               {"/api/v1/images", "image/png", (32LL << 20) + 1},
               {"/api/v1/runs", "application/json", (1LL << 20) + 1}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    snprintf(headers, sizeof headers,
             "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Explorer-Token: %s\r\nContent-Type: %s\r\n"
             "Content-Length: %lld\r\n\r\n",
             cases[i].target, port, token_of(port), cases[i].type, cases[i].length);
    reply r = exchange(port, headers, strlen(headers)); /* refused before a byte of it is sent */
    assert_int_equal(r.status, 413);
    end_reply(&r);
  }
  expect_alive();
}

/* ---- noise */

static uint32_t next_random(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

static void test_noise(void **state) {
  (void)state;
  uint32_t random = 12345;
  for (int round = 0; round < 300; round++) {
    char bytes[2048];
    const size_t size = next_random(&random) % sizeof bytes;
    for (size_t i = 0; i < size; i++) bytes[i] = (char)next_random(&random);
    if (round % 2) memcpy(bytes, "GET /", 5);
    const int s = connect_to(port);
    assert_true(s >= 0);
    send_bytes(s, bytes, size);
    shutdown(s, SHUT_WR);
    reply r = receive(s, 50);
    assert_true(r.status == 0 || r.status >= 400);
    end_reply(&r);
    close(s);
  }
  expect_alive();
}

/* A good request with a few bytes changed: whatever comes back, the server lives. */
static void test_requests_that_are_a_little_wrong(void **state) {
  (void)state;
  uint32_t random = 99;
  char targets[6][200];
  snprintf(targets[0], sizeof targets[0], "/api/v1/runs/%s/maps/first?fit=64&dtype=u8&ch=1-3", the_run);
  snprintf(targets[1], sizeof targets[1], "/api/v1/runs/%s/top?k=5&t=1", the_run);
  snprintf(targets[2], sizeof targets[2], "/api/v1/images?dir=&cursor=0&limit=200&sort=name");
  snprintf(targets[3], sizeof targets[3], "/api/v1/models/default/graph?fold=block&wrap=1");
  snprintf(targets[4], sizeof targets[4], "/api/v1/runs/%s/maps/first/sheet.png?cols=2&tile=16&gap=1", the_run);
  snprintf(targets[5], sizeof targets[5], "/api/v1/models/default/layers/first/weights?out=0-1&in=0-1");
  for (int round = 0; round < 600; round++) {
    char text[500];
    const int size = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n",
                              targets[round % 6], port);
    for (uint32_t k = next_random(&random) % 3 + 1; k; k--)
      text[next_random(&random) % (uint32_t)size] = (char)(next_random(&random) % 128);
    const int s = connect_to(port);
    assert_true(s >= 0);
    send_bytes(s, text, (size_t)size);
    shutdown(s, SHUT_WR);
    reply r = receive(s, 2000);
    assert_null(strcasestr(r.head, "Access-Control"));
    end_reply(&r);
    close(s);
  }
  expect_alive();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_links_do_not_lead_out),
      cmocka_unit_test(test_no_path_leads_out),
      cmocka_unit_test(test_no_model_is_loaded_from_outside),
      cmocka_unit_test(test_smuggling),
      cmocka_unit_test(test_long_lines),
      cmocka_unit_test(test_many_headers),
      cmocka_unit_test(test_large_bodies),
      cmocka_unit_test(test_noise),
      cmocka_unit_test(test_requests_that_are_a_little_wrong),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
