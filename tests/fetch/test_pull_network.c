/* fovea pull against a server on loopback: what is fetched, what is refused, what is left, what is said. The official
 * VGG16 has a checksum, which the server's file has not; MobileNet's files have none. */
#include "tls_server.h"

#include "cli/outcome.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>

#define VGG16_FILE "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
#define MOBILENET "MobileNet:notop", "--alpha", "0.5", "--input-shape", "128,128,3"
#define MOBILENET_FILE "mobilenet_5_0_128_tf_no_top.h5"

static char authority[400], stranger[400];

/* The address of a folder that serves in this way, as a text that stays. */
static const char *from(const char *way) { return tls_server_address(way); }

static outcome pull(const char *name, const char *way) {
  return FOVEA("pull", name, "--base-url", from(way), "--ca-file", authority);
}

static outcome pull_mobilenet(const char *way) {
  return FOVEA("pull", MOBILENET, "--base-url", from(way), "--ca-file", authority);
}

static int64_t size_of(const char *name) {
  struct stat about;
  return stat(path_of(name), &about) ? -1 : about.st_size;
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(path_of(name), "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* An empty home and cache, and a server that has forgotten. */
static int begin(void **state) {
  (void)state;
  char command[500];
  snprintf(command, sizeof command, "rm -rf '%s' '%s' && mkdir -p '%s'", path_of("a cache"), path_of(".keras"),
           path_of(".keras/models"));
  tls_server_forget();
  return system(command) || setenv("HOME", folder, 1) || setenv("FOVEA_CACHE", path_of("a cache"), 1);
}

static void expect_success(outcome result, const char *name, const char *remark) {
  const char *path = path_of(name);
  if (result.status) fail_msg("status %d, '%s'", result.status, result.err);
  assert_int_equal(strlen(result.out), strlen(path) + 1);
  assert_memory_equal(result.out, path, strlen(path));
  assert_true(has(result.err, remark));
  assert_false(has(result.err, "\r"));
  end(&result);
}

static void a_second_run_fetches_nothing(void **state) {
  (void)state;
  const char *name = "a cache/" MOBILENET_FILE;
  expect_success(pull_mobilenet("good"), name, "fetched; no checksum is published for it");
  assert_int_equal(size_of("a cache/" MOBILENET_FILE), TLS_SERVER_SIZE);
  assert_int_equal(size_of("a cache/" MOBILENET_FILE ".part"), -1);
  tls_server_expect("/good/" MOBILENET_FILE " -\n");
  expect_success(pull_mobilenet("good"), name, "is there");
  expect_success(FOVEA("pull", MOBILENET), name, "is there");
  expect_success(FOVEA("pull", MOBILENET, "--quiet"), name, "");
  tls_server_expect("/good/" MOBILENET_FILE " -\n");
}

static void keras_folder_comes_first(void **state) {
  (void)state;
  write_text(".keras/models/" MOBILENET_FILE, "as Keras left it");
  expect_success(pull_mobilenet("good"), ".keras/models/" MOBILENET_FILE, "is there");
  tls_server_expect("");
}

/* A file of the right name that is another is said, not taken; it is not ours to remove. */
static void another_file_in_keras_folder(void **state) {
  (void)state;
  write_text(".keras/models/" VGG16_FILE, "another");
  outcome result = pull("VGG16", "nothing-here");
  assert_int_equal(result.status, 1);
  assert_true(has(result.err, ".keras/models/" VGG16_FILE ": is not the official file"));
  assert_true(has(result.err, "no such file (404)"));
  end(&result);
  assert_int_equal(size_of(".keras/models/" VGG16_FILE), 7);
}

static void a_wrong_checksum_leaves_nothing(void **state) {
  (void)state;
  expect_failure(pull("VGG16", "good"), 3, "expected checksum md5:64373286793e3c8b2b4e3219cbf3544b, found ");
  assert_int_equal(size_of("a cache/" VGG16_FILE), -1);
  assert_int_equal(size_of("a cache/" VGG16_FILE ".part"), -1);
}

static void servers_refusals(void **state) {
  (void)state;
  char address[300];
  snprintf(address, sizeof address, "%s/" VGG16_FILE ": the server has no such file (404)", from("nothing-here"));
  expect_failure(pull("VGG16", "nothing-here"), 1, address);
  expect_failure(pull("VGG16", "error"), 1, "answers 500");
  expect_failure(pull("VGG16", "to-http"), 1, "not https; refused");
  expect_failure(pull_mobilenet("to-http"), 1, "not https; refused");
  expect_failure(FOVEA("pull", "VGG16", "--base-url", from("good")), 1, "certificate");
  expect_failure(FOVEA("pull", "VGG16", "--base-url", from("good"), "--ca-file", stranger), 1, "certificate");
  expect_failure(FOVEA("pull", "VGG16", "--base-url", from("good"), "--ca-file", "/none/such"), 1, "certificate");
  assert_int_equal(size_of("a cache/" VGG16_FILE), -1);
  expect_success(pull_mobilenet("to-https"), "a cache/" MOBILENET_FILE, "fetched");
}

static void a_broken_transfer_goes_on(void **state) {
  (void)state;
  expect_failure(pull("VGG16", "broken"), 1, "broke off after 150000 bytes; the next call continues");
  assert_int_equal(size_of("a cache/" VGG16_FILE ".part"), TLS_SERVER_SIZE / 2);
  expect_failure(pull("VGG16", "broken"), 1, "broke off after 225000 bytes; the next call continues");
  tls_server_expect("/broken/" VGG16_FILE " -\n/broken/" VGG16_FILE " bytes=150000-\n");
}

static void caches_that_cannot_be_written(void **state) {
  (void)state;
  write_text("a file", "");
  assert_int_equal(setenv("FOVEA_CACHE", path_of("a file"), 1), 0);
  expect_failure(pull("VGG16", "good"), 1, "not a directory");
  assert_int_equal(setenv("FOVEA_CACHE", "/proc/none", 1), 0);
  expect_failure(pull("VGG16", "good"), 1, "cannot make the folder");
  assert_int_equal(unsetenv("FOVEA_CACHE") || unsetenv("HOME"), 0);
  expect_failure(pull("VGG16", "good"), 1, "neither FOVEA_CACHE nor HOME");
  tls_server_expect("");
}

static void a_full_disk(void **state) {
  (void)state;
  struct rlimit old, small;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  small = (struct rlimit){20000, old.rlim_max};
  signal(SIGXFSZ, SIG_IGN); /* what is ignored stays so in the command */
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  outcome result = pull_mobilenet("good");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  signal(SIGXFSZ, SIG_DFL);
  expect_failure(result, 1, "cannot write: file too large");
  assert_int_equal(size_of("a cache/" MOBILENET_FILE), -1);
  assert_int_equal(size_of("a cache/" MOBILENET_FILE ".part"), -1);
}

/* ---- while it runs */

/* Starts `fovea pull NAME` and lends stderr to it. */
static pid_t start(const char *name, const char *way, int err) {
  const char *const arguments[] = {
      FOVEA_BINARY_DIR "/fovea", "pull", name, "--base-url", from(way), "--ca-file", authority, NULL};
  posix_spawn_file_actions_t actions;
  pid_t child;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path_of(".out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  assert_int_equal(posix_spawn(&child, arguments[0], &actions, NULL, (char *const *)arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

static int status_of(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0) assert_int_equal(errno, EINTR);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void wait_for_bytes(int64_t bytes) {
  for (int i = 0; i < 1000 && tls_server_sent() < bytes; i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  assert_true(tls_server_sent() >= bytes);
}

static void interrupted_it_can_go_on(void **state) {
  (void)state;
  int err = open(path_of(".err"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  pid_t child = start("VGG16", "slow", err);
  wait_for_bytes(5 * TLS_SERVER_STEP);
  assert_int_equal(kill(child, SIGINT), 0);
  assert_int_equal(status_of(child), 75);
  close(err);
  char *said = contents(path_of(".err"));
  assert_true(has(said, "stopped; the next call continues\n"));
  free(said);
  int64_t left = size_of("a cache/" VGG16_FILE ".part");
  assert_true(left > 0 && left < TLS_SERVER_SIZE);
  tls_server_forget();
  expect_failure(pull("VGG16", "broken"), 1, "the next call continues");
  char request[200];
  snprintf(request, sizeof request, "/broken/" VGG16_FILE " bytes=%" PRId64 "-\n", left);
  tls_server_expect(request);
}

/* Killed at once, it leaves what it had and no lock. */
static void killed_it_can_go_on(void **state) {
  (void)state;
  int err = open("/dev/null", O_WRONLY | O_CLOEXEC);
  pid_t child = start("VGG16", "slow", err);
  wait_for_bytes(5 * TLS_SERVER_STEP);
  expect_failure(pull("VGG16", "good"), 1, "another process is fetching it");
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(status_of(child), -SIGKILL);
  close(err);
  assert_true(size_of("a cache/" VGG16_FILE ".part") > 0);
  assert_int_equal(size_of("a cache/" VGG16_FILE), -1);
  expect_failure(pull("VGG16", "broken"), 1, "the next call continues");
}

/* Everything written to a terminal until its other side is closed. */
static char *read_terminal(int terminal) {
  size_t size = 0, room = 1 << 16;
  char *text = malloc(room);
  assert_non_null(text);
  ssize_t got;
  while (size < room - 1 && (got = read(terminal, text + size, room - 1 - size)) > 0) size += (size_t)got;
  text[size] = '\0';
  return text;
}

static void a_terminal_shows_progress(void **state) {
  (void)state;
  int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || grantpt(terminal) || unlockpt(terminal)) skip();
  int err = open(ptsname(terminal), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  assert_true(err >= 0);
  pid_t child = start("VGG16", "slow", err);
  wait_for_bytes(20 * TLS_SERVER_STEP);
  assert_int_equal(kill(child, SIGINT), 0);
  assert_int_equal(status_of(child), 75);
  close(err);
  char *said = read_terminal(terminal);
  close(terminal);
  assert_true(has(said, "\r[#"));
  assert_true(has(said, " of 0.3 MB"));
  assert_true(has(said, "\r\033[Kfovea: ")); /* the line is cleared before the sentence */
  free(said);
}

static int start_server(void **state) {
  static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++) unsetenv(proxies[i]);
  if (make_folder(state)) return -1;
  snprintf(authority, sizeof authority, "%s", path_of("authority.pem"));
  snprintf(stranger, sizeof stranger, "%s", path_of("stranger.pem"));
  tls_server_start(authority, stranger);
  return 0;
}

static int stop_server(void **state) {
  tls_server_stop();
  return remove_folder(state);
}

#define CASE(function) cmocka_unit_test_setup(function, begin)

int main(void) {
  const struct CMUnitTest tests[] = {CASE(a_second_run_fetches_nothing),
                                     CASE(keras_folder_comes_first),
                                     CASE(another_file_in_keras_folder),
                                     CASE(a_wrong_checksum_leaves_nothing),
                                     CASE(servers_refusals),
                                     CASE(a_broken_transfer_goes_on),
                                     CASE(caches_that_cannot_be_written),
                                     CASE(a_full_disk),
                                     CASE(interrupted_it_can_go_on),
                                     CASE(killed_it_can_go_on),
                                     CASE(a_terminal_shows_progress)};
  return cmocka_run_group_tests(tests, start_server, stop_server);
}
