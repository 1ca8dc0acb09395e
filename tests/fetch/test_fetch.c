/* Fetching: what servers and disks do, from a server on loopback. */
#include "tls_server.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fovea-tools/fetch.h>

static char folder[] = "/tmp/fovea-fetch-XXXXXX";
static char checksum[80], target[200], part[210], authority[200], stranger[200];

/* ---- files */

/* Bytes of the file, which has to be a beginning of the server's; -1 when there is none. */
static int64_t size_of(const char *path) {
  static unsigned char bytes[TLS_SERVER_SIZE + 1];
  FILE *file = fopen(path, "rb");
  if (!file) return -1;
  size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  assert_true(size <= TLS_SERVER_SIZE);
  assert_memory_equal(bytes, tls_server_bytes, size);
  return (int64_t)size;
}

static void write_file(const char *path, const void *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

static void expect_files(int64_t whole, int64_t partial) {
  assert_int_equal(size_of(target), whole);
  assert_int_equal(size_of(part), partial);
}

/* ---- fetching */

static fv_fetch_options known(void) {
  return (fv_fetch_options){.checksum = checksum, .bytes = TLS_SERVER_SIZE, .ca_file = authority};
}

static fv_fetch_options unknown(void) { return (fv_fetch_options){.ca_file = authority}; }

static fv_status fetch(const char *way, fv_fetch_options options) {
  char address[200];
  snprintf(address, sizeof address, "%s/f", tls_server_address(way));
  return fv_fetch_file(target, address, &options);
}

static void expect(fv_status found, fv_status expected, const char *words) {
  if (found != expected || (words && !strstr(fv_error_message(), words)))
    fail_msg("expected status %d and '%s', found %d, '%s'", expected, words ? words : "", found, fv_error_message());
}

static int begin(void **state) {
  (void)state;
  unlink(target);
  unlink(part);
  tls_server_forget();
  return 0;
}

static void a_good_transfer(void **state) {
  (void)state;
  write_file(target, "old", 3);
  expect(fetch("good", known()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  expect(fetch("good", unknown()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  tls_server_expect("/good/f -\n/good/f -\n");
}

static void folders_are_made(void **state) {
  (void)state;
  char path[300];
  fv_fetch_options options = known();
  snprintf(path, sizeof path, "%s/new/and deeper/f", folder);
  assert_int_equal(fv_fetch_file(path, tls_server_address("good/f"), &options), FV_OK);
  assert_int_equal(size_of(path), TLS_SERVER_SIZE);
}

static void a_broken_transfer_goes_on(void **state) {
  (void)state;
  expect(fetch("broken", known()), FV_ERROR_IO, "broke off after 150000 bytes; the next call continues");
  expect_files(-1, TLS_SERVER_SIZE / 2);
  expect(fetch("broken", known()), FV_ERROR_IO, "broke off after 225000 bytes");
  expect(fetch("good", known()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  tls_server_expect("/broken/f -\n/broken/f bytes=150000-\n/good/f bytes=225000-\n");
  assert_int_equal(tls_server_sent(), TLS_SERVER_SIZE);
}

/* Nothing says that old and new bytes belong together. */
static void without_a_checksum_it_begins_again(void **state) {
  (void)state;
  expect(fetch("broken", unknown()), FV_ERROR_IO, "broke off after 150000 bytes");
  assert_null(strstr(fv_error_message(), "continues"));
  expect_files(-1, -1);
  write_file(part, "another", 7);
  expect(fetch("good", unknown()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  tls_server_expect("/broken/f -\n/good/f -\n");
}

static void servers_that_send_no_parts(void **state) {
  (void)state;
  write_file(part, tls_server_bytes, 1000);
  expect(fetch("whole", known()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  write_file(part, tls_server_bytes, 1000);
  expect(fetch("shifted", known()), FV_ERROR_IO, "another part than was asked for");
}

static void a_whole_part_is_finished(void **state) {
  (void)state;
  write_file(part, tls_server_bytes, TLS_SERVER_SIZE);
  expect(fetch("good", known()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  assert_int_equal(tls_server_sent(), 0);
}

/* What another version of the file left does not spoil the new one. */
static void a_wrong_part_is_fetched_again(void **state) {
  (void)state;
  write_file(part, "something else", 14);
  expect(fetch("good", known()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  tls_server_expect("/good/f bytes=14-\n/good/f -\n");
}

static void a_part_that_is_too_long(void **state) {
  (void)state;
  unsigned char *longer = calloc(1, TLS_SERVER_SIZE + 9);
  assert_non_null(longer);
  write_file(part, longer, TLS_SERVER_SIZE + 9);
  free(longer);
  expect(fetch("good", known()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
}

static void a_wrong_checksum(void **state) {
  (void)state;
  write_file(target, tls_server_bytes, 5);
  expect(fetch("wrong", known()), FV_ERROR_FORMAT, "expected checksum sha256:");
  expect_files(5, -1); /* what was there stays, nothing else is left */
  tls_server_expect("/wrong/f -\n");
  write_file(part, tls_server_bytes, 1000);
  expect(fetch("wrong", known()), FV_ERROR_FORMAT, "expected checksum sha256:");
  expect_files(5, -1);
}

static void wrong_sizes(void **state) {
  (void)state;
  fv_fetch_options small = unknown();
  expect(fetch("longer", known()), FV_ERROR_FORMAT, "expected 300000 bytes, found 300001");
  expect(fetch("endless", known()), FV_ERROR_FORMAT, "found more than 300000");
  expect(fetch("empty", known()), FV_ERROR_FORMAT, "expected 300000 bytes, found 0");
  expect_files(-1, -1);
  small.limit = 1000;
  expect(fetch("good", small), FV_ERROR_MEMORY, "has 300000 bytes, at most 1000 are taken");
  small.checksum = checksum;
  expect(fetch("endless", small), FV_ERROR_MEMORY, "has more than 1000 bytes");
  assert_int_equal(unlink(part), 0);
  expect_files(-1, -1);
}

static void without_a_length(void **state) {
  (void)state;
  expect(fetch("unsized", known()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  begin(state);
  expect(fetch("unsized", unknown()), FV_ERROR_IO, "does not say how long");
  expect(fetch("torn", known()), FV_ERROR_FORMAT, "expected 300000 bytes, found 150000");
  expect_files(-1, -1);
  expect(fetch("chunked", unknown()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
}

static void answers_that_are_no_file(void **state) {
  (void)state;
  expect(fetch("nothing-here", known()), FV_ERROR_NOT_FOUND, "no such file (404)");
  expect(fetch("error", known()), FV_ERROR_IO, "answers 500");
  expect_files(-1, -1);
  write_file(part, tls_server_bytes, 1000);
  expect(fetch("nothing-here", known()), FV_ERROR_NOT_FOUND, "no such file (404)");
  expect_files(-1, 1000); /* it may come back, or another mirror has it */
}

static void redirects(void **state) {
  (void)state;
  expect(fetch("to-http", known()), FV_ERROR_IO, "redirects to an address that is not https");
  expect(fetch("to-file", known()), FV_ERROR_IO, "redirects to an address that is not https");
  expect(fetch("to-itself", known()), FV_ERROR_IO, "redirects");
  expect_files(-1, -1);
  tls_server_forget();
  expect(fetch("to-https", known()), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  tls_server_expect("/to-https/f -\n/good/f -\n");
}

static void certificates(void **state) {
  (void)state;
  fv_fetch_options options = known();
  options.ca_file = stranger;
  expect(fetch("good", options), FV_ERROR_IO, "certificate");
  options.ca_file = NULL; /* the system's do not vouch for it */
  expect(fetch("good", options), FV_ERROR_IO, "certificate");
  options.ca_file = "/none/such.pem";
  expect(fetch("good", options), FV_ERROR_IO, "certificate");
  expect_files(-1, -1);
  options.ca_file = authority; /* it vouches for 127.0.0.1, not for this name */
  char address[100];
  snprintf(address, sizeof address, "https://localhost:%d/good/f", tls_server.port);
  expect(fv_fetch_file(target, address, &options), FV_ERROR_IO, "localhost");
  tls_server_expect("");
}

static void other_addresses(void **state) {
  (void)state;
  static const char *const addresses[] = {"http://127.0.0.1/f", "file:///etc/passwd", "ftp://127.0.0.1/f", "f", ""};
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
    expect(fv_fetch_file(target, addresses[i], NULL), FV_ERROR_INVALID, "begin with https://");
  expect(fv_fetch_file(target, "https://", NULL), FV_ERROR_INVALID, "is no address");
  expect(fv_fetch_file(target, "https://127.0.0.1:9/f", NULL), FV_ERROR_IO, "connect");
  expect_files(-1, -1);
}

static void wrong_options(void **state) {
  (void)state;
  static const char *const checksums[] = {"", "sha256:", "sha1:0123456789", "md5:0123456", "md5:0123456g", "01234567"};
  fv_fetch_options options = known();
  for (size_t i = 0; i < sizeof checksums / sizeof *checksums; i++) {
    options.checksum = checksums[i];
    expect(fetch("good", options), FV_ERROR_INVALID, "a checksum is");
  }
  options = known();
  options.bytes = -1;
  expect(fetch("good", options), FV_ERROR_INVALID, "0 or more");
  tls_server_expect("");
}

/* ---- progress */

typedef struct watch {
  int calls;
  int64_t done, total, stop_at;
} watch;

static bool on_progress(void *context, int64_t done, int64_t total) {
  watch *w = context;
  w->calls++;
  assert_true(done >= w->done);
  w->done = done;
  w->total = total;
  return w->stop_at == 0 || done < w->stop_at;
}

static void progress_is_told(void **state) {
  (void)state;
  watch w = {.calls = 0};
  fv_fetch_options options = unknown();
  options.progress = on_progress;
  options.context = &w;
  expect(fetch("good", options), FV_OK, NULL);
  assert_true(w.calls > 0);
  assert_int_equal(w.done, TLS_SERVER_SIZE);
  assert_int_equal(w.total, TLS_SERVER_SIZE);
}

static void stopped_and_continued(void **state) {
  (void)state;
  watch w = {.stop_at = 5000};
  fv_fetch_options options = known();
  options.progress = on_progress;
  options.context = &w;
  expect(fetch("slow", options), FV_ERROR_STOPPED, "stopped; the next call continues");
  int64_t left = size_of(part);
  assert_true(left >= 5000 && left < TLS_SERVER_SIZE);
  w = (watch){.done = left};
  expect(fetch("good", options), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
}

/* ---- disks */

static void a_full_disk(void **state) {
  (void)state;
  struct rlimit old, small;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  small = (struct rlimit){20000, old.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  fv_status status = fetch("good", known());
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  expect(status, FV_ERROR_IO, "f.part: cannot write: file too large"); /* as the limit calls it */
  assert_int_equal(size_of(target), -1);
  assert_int_equal(size_of(part), 20000);
  expect(fetch("good", known()), FV_OK, NULL); /* with room again, it goes on */
  expect_files(TLS_SERVER_SIZE, -1);
}

static void places_that_cannot_be_written(void **state) {
  (void)state;
  fv_fetch_options options = known();
  write_file(target, tls_server_bytes, 9);
  char below[300];
  snprintf(below, sizeof below, "%s/f", target); /* a folder that is a file */
  expect(fv_fetch_file(below, tls_server_address("good/f"), &options), FV_ERROR_NOT_FOUND, "not a directory");
  expect(fv_fetch_file("/proc/none/f", tls_server_address("good/f"), &options), FV_ERROR_NOT_FOUND, "cannot make");
  assert_int_equal(symlink(target, part), 0); /* nobody else's file is written through a link */
  expect(fetch("good", known()), FV_ERROR_IO, "cannot write");
  assert_int_equal(unlink(part), 0);
  assert_int_equal(mkfifo(part, 0600), 0);
  expect(fetch("good", known()), FV_ERROR_IO, "is not a file");
  assert_int_equal(unlink(part), 0);
  expect_files(9, -1);
  tls_server_expect("");
}

static void two_at_once(void **state) {
  (void)state;
  int file = open(part, O_RDWR | O_CREAT, 0600);
  assert_true(file >= 0);
  assert_int_equal(flock(file, LOCK_EX | LOCK_NB), 0);
  expect(fetch("good", known()), FV_ERROR_STATE, "another process is fetching it");
  close(file);
  expect(fetch("good", known()), FV_OK, NULL);
}

/* ---- copies and checksums */

static void copies(void **state) {
  (void)state;
  char source[200];
  fv_fetch_options options = known();
  snprintf(source, sizeof source, "%s/a copy", folder);
  write_file(source, tls_server_bytes, TLS_SERVER_SIZE);
  expect(fv_fetch_copy(target, source, &options), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  expect(fv_fetch_copy(target, target, &options), FV_OK, NULL);
  expect_files(TLS_SERVER_SIZE, -1);
  write_file(source, tls_server_bytes, TLS_SERVER_SIZE - 1);
  expect(fv_fetch_copy(target, source, &options), FV_ERROR_FORMAT, "expected 300000 bytes, found 299999");
  options.bytes = 0;
  expect(fv_fetch_copy(target, source, &options), FV_ERROR_FORMAT, "expected checksum");
  options.limit = 10;
  expect(fv_fetch_copy(target, source, &options), FV_ERROR_MEMORY, "more than 10 bytes");
  expect(fv_fetch_copy(target, folder, &options), FV_ERROR_IO, "is not a file");
  expect(fv_fetch_copy(target, "/none/such", &options), FV_ERROR_NOT_FOUND, "no such file");
  expect_files(TLS_SERVER_SIZE, -1);
}

static void checksums(void **state) {
  (void)state;
  bool fits = false;
  write_file(target, "abc", 3);
  expect(fv_fetch_check(&fits, target, "md5:900150983cd24fb0d6963f7d28e17f72"), FV_OK, NULL);
  assert_true(fits);
  expect(fv_fetch_check(&fits, target, "sha256:BA7816BF"), FV_OK, NULL);
  assert_true(fits);
  expect(fv_fetch_check(&fits, target, "sha256:ba7816be"), FV_OK, NULL);
  assert_false(fits);
  char text[FV_FETCH_CHECKSUM];
  expect(fv_fetch_checksum(text, target, "md5"), FV_OK, NULL);
  assert_string_equal(text, "md5:900150983cd24fb0d6963f7d28e17f72");
  expect(fv_fetch_checksum(text, target, "sha1"), FV_ERROR_INVALID, "md5 or sha256, found 'sha1'");
  expect(fv_fetch_check(&fits, "/none/such", "sha256:ba7816be"), FV_ERROR_NOT_FOUND, "no such file");
  expect(fv_fetch_check(&fits, folder, "sha256:ba7816be"), FV_ERROR_IO, "is not a file");
}

/* ---- */

static int start(void **state) {
  (void)state;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_size;
  unsetenv("https_proxy");
  unsetenv("HTTPS_PROXY");
  unsetenv("ALL_PROXY");
  unsetenv("all_proxy");
  if (!mkdtemp(folder)) return -1;
  snprintf(target, sizeof target, "%s/f", folder);
  snprintf(part, sizeof part, "%s.part", target);
  snprintf(authority, sizeof authority, "%s/authority.pem", folder);
  snprintf(stranger, sizeof stranger, "%s/stranger.pem", folder);
  tls_server_start(authority, stranger);
  EVP_Digest(tls_server_bytes, TLS_SERVER_SIZE, digest, &digest_size, EVP_sha256(), NULL);
  snprintf(checksum, sizeof checksum, "sha256:");
  for (unsigned int i = 0; i < digest_size; i++) snprintf(checksum + 7 + 2 * i, 3, "%02x", digest[i]);
  return 0;
}

static int finish(void **state) {
  (void)state;
  char command[100];
  tls_server_stop();
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

#define CASE(function) cmocka_unit_test_setup(function, begin)

int main(void) {
  const struct CMUnitTest tests[] = {CASE(a_good_transfer),
                                     CASE(folders_are_made),
                                     CASE(a_broken_transfer_goes_on),
                                     CASE(without_a_checksum_it_begins_again),
                                     CASE(servers_that_send_no_parts),
                                     CASE(a_whole_part_is_finished),
                                     CASE(a_wrong_part_is_fetched_again),
                                     CASE(a_part_that_is_too_long),
                                     CASE(a_wrong_checksum),
                                     CASE(wrong_sizes),
                                     CASE(without_a_length),
                                     CASE(answers_that_are_no_file),
                                     CASE(redirects),
                                     CASE(certificates),
                                     CASE(other_addresses),
                                     CASE(wrong_options),
                                     CASE(progress_is_told),
                                     CASE(stopped_and_continued),
                                     CASE(a_full_disk),
                                     CASE(places_that_cannot_be_written),
                                     CASE(two_at_once),
                                     CASE(copies),
                                     CASE(checksums)};
  return cmocka_run_group_tests(tests, start, finish);
}
