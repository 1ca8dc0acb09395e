/* Bombs: files of at most 64 KiB that declare or unfold to far more. Each is refused within a second and 64 MiB, one
 * process at a time; sanitizers, which need more of both, run them without the bounds. */
#include "outcome.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <zip.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/"

enum { FILE_BYTES_MAX = 64 << 10, KILOBYTES_MAX = 64 << 10, SECONDS_MAX = 1 };

static void write_bytes(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

/* A .keras whose config.json is `count` times `piece` between `head` and `tail`. */
static void write_keras(const char *name, const char *head, const char *piece, size_t count, const char *tail) {
  size_t length = strlen(piece), begin = strlen(head), size = begin + count * length + strlen(tail);
  char *text = malloc(size + 1);
  assert_non_null(text);
  memcpy(text, head, begin);
  for (size_t i = 0; i < count; i++) memcpy(text + begin + i * length, piece, length);
  memcpy(text + begin + count * length, tail, strlen(tail) + 1);
  zip_t *zip = zip_open(path_of(name), ZIP_CREATE | ZIP_TRUNCATE, NULL);
  assert_non_null(zip);
  zip_int64_t index = zip_file_add(zip, "config.json", zip_source_buffer(zip, text, size, 0), 0);
  assert_true(index >= 0);
  assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_DEFLATE, 9), 0);
  assert_int_equal(zip_close(zip), 0);
  free(text);
}

static void write_repeated(const char *name, const char *head, const char *piece, size_t count) {
  size_t length = strlen(piece), begin = strlen(head);
  char *text = malloc(begin + count * length + 1);
  assert_non_null(text);
  memcpy(text, head, begin);
  for (size_t i = 0; i < count; i++) memcpy(text + begin + i * length, piece, length);
  write_bytes(name, text, begin + count * length);
  free(text);
}

static double seconds_of(const struct rusage *used) {
  return (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) +
         1e-6 * (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec);
}

/* The most memory of all children so far only grows, so the first bomb above the bound is the one named. */
static void refuse(const char *path, const char *const *words) {
  struct rusage before, after;
  struct stat facts;
  assert_int_equal(stat(path, &facts), 0);
  assert_true(facts.st_size <= FILE_BYTES_MAX);
  assert_int_equal(getrusage(RUSAGE_CHILDREN, &before), 0);
  alarm(60); /* whatever hangs ends the test */
  outcome result = fovea_reading("/dev/null", words);
  alarm(0);
  assert_int_equal(getrusage(RUSAGE_CHILDREN, &after), 0);
  if (result.status != 3 && result.status != 4) fail_msg("%s: status %d, '%s'", path, result.status, result.err);
  expect_failure(result, result.status, "");
#ifndef SANITIZED
  double seconds = seconds_of(&after) - seconds_of(&before);
  if (seconds > SECONDS_MAX) fail_msg("%s: %.2f seconds", path, seconds);
  if (after.ru_maxrss > KILOBYTES_MAX) fail_msg("%s: %ld kB", path, after.ru_maxrss);
#else
  (void)seconds_of;
#endif
}

static void refuse_model(const char *path) { refuse(path, (const char *const[]){"summary", path, NULL}); }
static void refuse_picture(const char *path) {
  refuse(path, (const char *const[]){"resize", path, "--size", "4", "-o", path_of("out.png"), NULL});
}

static void hdf5(void **state) {
  (void)state;
  write_picture("good.png", 20, 3);
  static const char *const files[] = {GOLDEN "hdf5/bad_bomb_fill.h5", GOLDEN "hdf5/bad_bomb_chunks.h5"};
  for (int i = 0; i < 2; i++) {
    refuse_model(files[i]);
    refuse(files[i], (const char *const[]){"predict", "LeNet5", "--weights", files[i], path_of("good.png"), NULL});
  }
}

static void zips_and_json(void **state) {
  (void)state;
  static const char ends[] = "[]]";
  write_keras("spaces.keras", "", " ", 50 << 20, "");
  write_keras("deep.keras", "", "[", 1000000, "");
  write_keras("lists.keras", "[", "[],", 2 << 20, ends);
  write_keras("objects.keras", "[", "{\"a\":{}},", 200000, ends);
  write_keras("keyed.keras", "[", "{\"\":0},", 133000, ends); /* just not too many */
  write_keras("numbers.keras", "[", "0,", 3 << 20, ends);
  write_keras("text.keras", "{\"a\": \"", " ", (8 << 20) - 20, "\"}");
  write_keras("layers.keras", "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": [",
              "{\"class_name\": \"ReLU\", \"config\": {\"name\": \"r\"}},", 100000, "0]}}");
  write_keras("wide.keras",
              "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": [{\"class_name\": "
              "\"InputLayer\", \"config\": {\"name\": \"in\", \"batch_shape\": [null, 65535]}}",
              ", {\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", \"units\": 2147483647}}", 1, "]}}");
  static const char *const names[] = {"spaces",  "deep", "lists",  "objects", "keyed",
                                      "numbers", "text", "layers", "wide"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char name[40];
    snprintf(name, sizeof name, "%s.keras", names[i]);
    refuse_model(path_of(name));
  }
}

static void refuse_weights(const char *path) { refuse(path, (const char *const[]){"weights", path, NULL}); }

/* Heads of lengths that are not there, lists without end, tensors of no bytes that are all there is. */
static void safetensors(void **state) {
  (void)state;
  static const struct {
    const char *name;
    unsigned char length[8];
  } heads[] = {{"half.safetensors", {0, 0, 0, 0, 0, 0, 0, 0x80}},
               {"all.safetensors", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
               {"limit.safetensors", {0x00, 0xe1, 0xf5, 0x05, 0, 0, 0, 0}},
               {"beyond.safetensors", {0x01, 0xe1, 0xf5, 0x05, 0, 0, 0, 0}}};
  char bytes[10] = "        {}";
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    memcpy(bytes, heads[i].length, 8);
    write_bytes(heads[i].name, bytes, sizeof bytes);
    refuse_weights(path_of(heads[i].name));
  }
  static char deep[8 + 60000] = {0x60, (char)0xea};
  memcpy(deep + 8, "{\"a\":", 5);
  memset(deep + 13, '[', sizeof deep - 13);
  write_bytes("deep.safetensors", deep, sizeof deep);
  refuse_weights(path_of("deep.safetensors"));
  static const char huge[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1099511627776],\"data_offsets\":[0,4398046511104]}}";
  char whole[8 + sizeof huge - 1] = {(char)(sizeof huge - 1)};
  memcpy(whole + 8, huge, sizeof huge - 1);
  write_bytes("huge.safetensors", whole, sizeof whole);
  refuse_weights(path_of("huge.safetensors"));
}

/* A tensor of 2^40 elements out of a storage of one, by strides of 0; lists in lists. */
static void torch_files(void **state) {
  (void)state;
#define PICKLES                                                                                                        \
  "\x80\x02\x8a\nl\xfc\x9c"                                                                                            \
  "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02"
  static const char expanded[] = PICKLES "}U\1actorch._utils\n_rebuild_tensor_v2\n((U\7storagectorch\nFloatStorage\n"
                                         "U\1kU\3cpuK\1tQK\0(J\0\0\x10\0J\0\0\x10\0t(K\0K\0t\x89}tRs.\x80\x02]U\1ka."
                                         "\1\0\0\0\0\0\0\0\0\0\x80\x3f";
  write_bytes("expanded.pth", expanded, sizeof expanded - 1);
  refuse_weights(path_of("expanded.pth"));
  write_repeated("deep.pth", PICKLES, "(", 60000);
  refuse_weights(path_of("deep.pth"));
  write_repeated("lists.pth", PICKLES "(", "]", 60000);
  refuse_weights(path_of("lists.pth"));
}

static void tensorflow_js(void **state) {
  (void)state;
  static const char huge[] =
      "{\"modelTopology\": {\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": "
      "[{\"class_name\": "
      "\"Dense\", \"config\": {\"name\": \"d\", \"units\": 2000000000, \"batch_input_shape\": [null, 4]}}]}}, "
      "\"weightsManifest\": [{\"paths\": [], \"weights\": [{\"name\": \"d/kernel\", \"shape\": [4, 2000000000], "
      "\"dtype\": \"float32\"}]}]}";
  write_bytes("huge.json", huge, sizeof huge - 1);
  write_repeated("deep.json", "{\"modelTopology\": ", "[", 60000);
  write_repeated("lists.json", "{\"modelTopology\": [", "[],", 21000);
  write_picture("good.png", 20, 3);
  refuse(path_of("huge.json"), (const char *const[]){"predict", path_of("huge.json"), path_of("good.png"), NULL});
  refuse_model(path_of("deep.json"));
  refuse_model(path_of("lists.json"));
}

static void pictures(void **state) {
  (void)state;
  /* IHDR of 65535 x 65535 RGB; of 10000 x 10000 gray of 1 bit: each with its checksum and an empty IDAT */
  static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0\x39\x67\x4e\x07"
                            "\0\0\0\0IDAT\x35\xaf\x06\x1e";
  static const char thin[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x27\x10\0\0\x27\x10\x01\0\0\0\0\x92\x35\x5f\x8a"
                             "\0\0\0\0IDAT\x35\xaf\x06\x1e";
  /* 60000 x 2500, progressive, without data */
  static const char jpeg[] = "\xff\xd8\xff\xc2\0\x0b\x08\x09\xc4\xea\x60\x01\x01\x11\0"
                             "\xff\xda\0\x08\x01\x01\0\0\0\0\xff\xd9";
  /* a height of INT32_MIN */
  static const char bmp[54] = {'B', 'M', [10] = 54, [14] = 40, [18] = 1, [25] = (char)0x80, [26] = 1, [28] = 24};
  static const char ppm[] = "P6 65535 65535 255\nabc";
  write_bytes("wide.png", png, sizeof png - 1);
  write_bytes("thin.png", thin, sizeof thin - 1);
  write_bytes("wide.jpg", jpeg, sizeof jpeg - 1);
  write_bytes("deep.bmp", bmp, sizeof bmp);
  write_bytes("wide.ppm", ppm, sizeof ppm - 1);
  static const char *const names[] = {"wide.png", "thin.png", "wide.jpg", "deep.bmp", "wide.ppm"};
  for (int i = 0; i < 5; i++) refuse_picture(path_of(names[i]));
}

/* 8 x 8 gray, progressive, the same scan 4000 times. */
static void scans(void **state) {
  (void)state;
  static const unsigned char head[] =
      "\xff\xd8\xff\xdb\0\x43\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "\xff\xc2\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0"
      "\xff\xc4\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
  static const unsigned char scan[] = "\xff\xda\0\x08\x01\x01\0\0\0\0\x7f";
  enum { SCANS = 4000, HEAD = sizeof head - 1, SCAN = sizeof scan - 1 };
  static unsigned char bytes[HEAD + SCANS * SCAN];
  memcpy(bytes, head, HEAD);
  for (size_t i = 0; i < SCANS; i++) memcpy(bytes + HEAD + i * SCAN, scan, SCAN);
  write_bytes("scans.jpg", bytes, sizeof bytes);
  refuse_picture(path_of("scans.jpg"));
}

static void arrays(void **state) {
  (void)state;
  char header[128];
  memset(header, ' ', sizeof header);
  memcpy(header, "\x93NUMPY\1\0\x76\0", 10);
  memcpy(header + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1048576, 1048576, 1), }", 78);
  header[88] = ' ';
  header[127] = '\n';
  write_bytes("wide.npy", header, sizeof header);
  const char *path = path_of("wide.npy");
  refuse(path, (const char *const[]){"run", "LeNet5", "--weights", "by-name:1", "--input", path, "--output",
                                     path_of("out.npy"), NULL});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pictures),    cmocka_unit_test(scans),         cmocka_unit_test(arrays),
      cmocka_unit_test(hdf5),        cmocka_unit_test(zips_and_json), cmocka_unit_test(tensorflow_js),
      cmocka_unit_test(safetensors), cmocka_unit_test(torch_files),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
