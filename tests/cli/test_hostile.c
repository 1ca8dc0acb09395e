/* Files and command lines that mean harm or are broken. Whatever they hold, the command ends with one clear sentence
 * that names the file and with a fitting exit status, within a second of processor time, without taking much memory,
 * and without opening a file that was not named. */
#include "outcome.h"

#include <glob.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <zip.h>
#include <zlib.h>

#include <fovea/tensor.h>

/* Sanitizers cost time and memory: limits are not checked under them. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/"
#define NETWORK "LeNet5", "--weights", "by-name:1"
#define PLAIN "--preprocess", "scale:1/255"

enum { MEGABYTES_MAX = 200, LONG_TEXT = 40 << 20, LAYERS = 100000 };

/* The beginning of every model made here. */
static const char input_layer[] =
    "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"in\", \"batch_shape\": [null, 28, 28, 1]}}";

/* ---- making files */

static void write_bytes(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

/* Reads a whole file of at most 1 MiB; free it. */
static unsigned char *read_bytes(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  unsigned char *bytes = malloc(1 << 20);
  assert_non_null(bytes);
  *size = fread(bytes, 1, 1 << 20, file);
  fclose(file);
  return bytes;
}

/* The first `percent` of a file under another name. */
static void cut(const char *name, const char *from, size_t percent) {
  size_t size;
  unsigned char *bytes = read_bytes(from, &size);
  write_bytes(name, bytes, size * percent / 100);
  free(bytes);
}

/* A copy of `from` with the first `old` bytes found replaced. */
static void patch(const char *name, const char *from, const void *old, const void *new, size_t length) {
  size_t size;
  unsigned char *bytes = read_bytes(from, &size), *place = memmem(bytes, size, old, length);
  assert_non_null(place);
  memcpy(place, new, length);
  write_bytes(name, bytes, size);
  free(bytes);
}

/* A zip with one member config.json. */
static void write_config(const char *name, const char *text, size_t size) {
  zip_t *zip = zip_open(path_of(name), ZIP_CREATE | ZIP_TRUNCATE, NULL);
  assert_non_null(zip);
  assert_true(zip_file_add(zip, "config.json", zip_source_buffer(zip, text, size, 0), 0) >= 0);
  assert_int_equal(zip_close(zip), 0);
}

/* A sequential model whose layers behind the input are the JSON in `layers`. */
static void write_sequential(const char *name, const char *layers) {
  char *text;
  int size = asprintf(&text, "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": [%s%s%s]}}",
                      input_layer, *layers ? ", " : "", layers);
  assert_true(size > 0);
  write_config(name, text, (size_t)size);
  free(text);
}

static void put32(unsigned char *at, uint32_t number) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(number >> (24 - 8 * i));
}

static size_t put_chunk(unsigned char *at, const char *type, const void *data, size_t size) {
  put32(at, (uint32_t)size);
  memcpy(at + 4, type, 4);
  memcpy(at + 8, data, size);
  put32(at + 8 + size, (uint32_t)crc32(0, at + 4, (uInt)size + 4));
  return size + 12;
}

/* A gray PNG whose header promises height x width pixels and whose data are `count` zero bytes. */
static void write_png(const char *name, uint32_t height, uint32_t width, size_t count) {
  unsigned char file[4096] = "\x89PNG\r\n\x1a\n", header[13] = {[8] = 8}, packed[2048], *zeros = calloc(count, 1);
  uLongf packed_size = sizeof packed;
  assert_non_null(zeros);
  assert_int_equal(compress2(packed, &packed_size, zeros, count, 9), Z_OK);
  free(zeros);
  put32(header, width);
  put32(header + 4, height);
  size_t used = 8;
  used += put_chunk(file + used, "IHDR", header, sizeof header);
  used += put_chunk(file + used, "IDAT", packed, packed_size);
  used += put_chunk(file + used, "IEND", "", 0);
  write_bytes(name, file, used);
}

/* ---- running */

static double child_seconds(void) {
  struct rusage used;
  assert_int_equal(getrusage(RUSAGE_CHILDREN, &used), 0);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* A failure whose sentence holds the name of the file and `part`, quickly. */
static void refuse(const char *name, int status, const char *part, const char *const *words) {
  double before = child_seconds();
  alarm(60); /* whatever hangs ends the test */
  outcome result = fovea_reading("/dev/null", words);
  alarm(0);
  double seconds = child_seconds() - before;
  if (!has(result.err, name)) fail_msg("'%s' is not named in '%s'", name, result.err);
  for (const char *c = result.err; *c; c++) assert_true((unsigned char)*c >= 0x20 || (*c == '\n' && !c[1]));
  expect_failure(result, status, part);
#ifndef SANITIZED
  if (seconds > 1) fail_msg("%s: %.2f seconds", name, seconds);
#else
  (void)seconds;
#endif
}

#define REFUSE(name, status, part, ...) refuse(name, status, part, (const char *const[]){__VA_ARGS__, NULL})
#define REFUSE_IMAGE(name, status, part) REFUSE(name, status, part, "predict", NETWORK, path_of(name))
#define REFUSE_MODEL(name, status, part)                                                                               \
  REFUSE(name, status, part, "predict", path_of(name), path_of("good.png"), PLAIN)

/* ---- tests */

static void test_images(void **state) {
  (void)state;
  write_picture("good.png", 60, 5);
  fv_image image;
  assert_int_equal(fv_image_read(&image, path_of("good.png")), FV_OK);
  assert_int_equal(fv_image_write(path_of("good.jpg"), &image), FV_OK);
  fv_image_destroy(&image);
  cut("cut.png", path_of("good.png"), 50);
  cut("header.png", path_of("good.png"), 1);
  cut("cut.jpg", path_of("good.jpg"), 10);
  write_bytes("empty.jpg", "", 0);
  write_bytes("text.jpg", "these are words", 15);
  write_bytes("magic.png", "\x89PNF\r\n\x1a\n", 8);
  write_png("huge.png", 65535, 65535, 1000);
  write_png("liar.png", 10000, 10000, 1000);
  write_png("long.png", 1, 100000, 100001);
  write_png("tall.png", 100000, 1, 200000);
  write_bytes("long.ppm", "P6 100000 1 255 ", 16);
  write_bytes("bomb.pgm", "P5 13000 13000 255 1234", 23);
  write_bytes("nothing.ppm", "P6 0 0 255 ", 11);
  write_bytes("film.gif", "GIF89a\1\0\1\0\0\0\0;", 14);
  REFUSE_IMAGE("cut.png", 3, "PNG");
  REFUSE_IMAGE("header.png", 3, "");
  REFUSE_IMAGE("cut.jpg", 3, "JPEG");
  REFUSE_IMAGE("empty.jpg", 3, "empty");
  REFUSE_IMAGE("text.jpg", 3, "not an image");
  REFUSE_IMAGE("magic.png", 3, "not an image");
  REFUSE_IMAGE("huge.png", 3, "the limit is");
  REFUSE_IMAGE("liar.png", 3, "cannot hold");
  REFUSE_IMAGE("long.png", 3, "PNG");
  REFUSE_IMAGE("tall.png", 3, "PNG");
  REFUSE_IMAGE("long.ppm", 3, "the limit is");
  REFUSE_IMAGE("bomb.pgm", 3, "cannot hold");
  REFUSE_IMAGE("nothing.ppm", 3, "0 x 0");
  REFUSE_IMAGE("film.gif", 3, "GIF");
}

/* Very long and very high pictures within the limits are pictures. */
static void test_thin_images(void **state) {
  (void)state;
  write_png("wide.png", 1, 65535, 65536);
  write_png("high.png", 65535, 1, 131070);
  outcome result = FOVEA("predict", NETWORK, path_of("wide.png"), path_of("high.png"));
  assert_int_equal(result.status, 0);
  end(&result);
}

static void test_paths(void **state) {
  (void)state;
  assert_int_equal(mkdir(path_of("folder.jpg"), 0700), 0);
  assert_int_equal(mkfifo(path_of("pipe.jpg"), 0600), 0);
  assert_int_equal(symlink("/none/such", path_of("link.jpg")), 0);
  write_bytes("secret.jpg", "x", 1);
  assert_int_equal(chmod(path_of("secret.jpg"), 0), 0);
  REFUSE_IMAGE("folder.jpg", 3, "no image files in this folder");
  REFUSE_IMAGE("pipe.jpg", 3, "pipe");
  REFUSE_IMAGE("link.jpg", 3, "No such file");
  if (geteuid() != 0) REFUSE_IMAGE("secret.jpg", 3, "Permission denied");
  REFUSE_MODEL("folder.jpg", 3, "folder");
  REFUSE_MODEL("pipe.jpg", 3, "regular file");
  REFUSE("/dev/zero", 3, "regular file", "summary", "/dev/zero");
  REFUSE("two words", 3, "no such file", "summary", path_of("two words"));
  REFUSE("quo'te\"", 3, "no such file", "summary", path_of("quo'te\""));
  REFUSE("h\xc3\xbchner", 3, "no such file", "summary", path_of("h\xc3\xbchner"));
  REFUSE("line??[31mbreak", 3, "no such file", "summary", path_of("line\n\033[31mbreak"));
  REFUSE("a?[31m", 2, "no command", "a\033[31m");
  assert_int_equal(unsetenv("HOME"), 0);
  assert_int_equal(unsetenv("FOVEA_CACHE"), 0);
  REFUSE("MobileNet", 3, "no mobilenet_1_0_224_tf.h5 in ~/.cache/fovea", "predict", "MobileNet", path_of("good.png"));
}

/* An empty folder among pictures is reported, the rest goes on. */
static void test_empty_folder_among_pictures(void **state) {
  (void)state;
  outcome result = FOVEA("predict", NETWORK, path_of("folder.jpg"), path_of("good.png"));
  assert_int_equal(result.status, 3);
  assert_true(has(result.err, "folder.jpg: no image files") && has(result.out, "good.png"));
  end(&result);
}

static void test_weight_files(void **state) {
  (void)state;
  const int64_t shape[] = {5, 5, 1, 6}, bomb[] = {INT64_C(1) << 40, INT64_C(1) << 40, 1, 6};
  cut("cut.h5", GOLDEN "files/lenet.k2.h5", 50);
  cut("cut.keras", GOLDEN "files/lenet.keras", 50);
  cut("cut.pth", GOLDEN "torch_files/tiny.old.pth", 50);
  write_bytes("empty.keras", "", 0);
  patch("magic.h5", GOLDEN "files/lenet.k2.h5", "\x89HDF", "\x89HDE", 4);
  patch("bomb.h5", GOLDEN "files/lenet.k2.h5", shape, bomb, sizeof shape);
  REFUSE_MODEL("cut.h5", 3, "expected 135128 bytes, found 67564");
  REFUSE_MODEL("cut.keras", 3, "zip");
  REFUSE_MODEL("empty.keras", 3, "empty");
  REFUSE_MODEL("magic.h5", 3, "not a model file");
  REFUSE_MODEL("bomb.h5", 3, "conv2d");
  /* the last name of layer_names refers to the text of the one before: (length, heap, index) */
  patch("twice.h5", GOLDEN "files/lenet.k2.weights.h5", "\7\0\0\0\0\10\0\0\0\0\0\0\4\0\0",
        "\7\0\0\0\0\10\0\0\0\0\0\0\3\0\0", 16);
  REFUSE("twice.h5", 3, "the layer 'dense_1' twice", "predict", GOLDEN "files/lenet.keras", "--weights",
         path_of("twice.h5"), PLAIN, path_of("good.png"));
  REFUSE("cut.pth", 3, "", "predict", "LeNet5", "--weights", path_of("cut.pth"), path_of("good.png"));
  REFUSE("bad_cut.old.pth", 3, "", "predict", "LeNet5", "--weights", GOLDEN "torch_files/bad_cut.old.pth",
         path_of("good.png"));
  REFUSE("hostile.old.pth", 3, "", "predict", "LeNet5", "--weights", GOLDEN "torch_files/hostile.old.pth",
         path_of("good.png"));
  REFUSE("tiny.old.pth", 3, "holds weights and no network", "summary", GOLDEN "torch_files/tiny.old.pth");
  static const char *const refused[] = {"external_link", "soft_link",   "external_storage", "virtual",
                                        "bomb_fill",     "bomb_chunks", "reference",        "compound"};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    char path[300];
    snprintf(path, sizeof path, GOLDEN "hdf5/bad_%s.h5", refused[i]);
    REFUSE(refused[i], 3, "", "predict", "LeNet5", "--weights", path, path_of("good.png"));
  }
}

/* NaN among the weights, or made on the way, is never shown as if it were a probability. */
static void test_numbers(void **state) {
  (void)state;
  size_t size;
  unsigned char *weights = read_bytes(GOLDEN "files/lenet.k2.weights.h5", &size);
  memcpy(weights + size / 16 * 8, "\0\0\xc0\x7f", 4);
  write_bytes("nan.h5", weights, size);
  free(weights);
  REFUSE("nan.h5", 5, "is not a number", "predict", GOLDEN "files/lenet.keras", "--weights", path_of("nan.h5"), PLAIN,
         path_of("good.png"));
  REFUSE("bad_nan.h5", 5, "is not a number", "predict", GOLDEN "files/bad_nan.h5", path_of("good.png"), PLAIN);
  REFUSE("good.png", 5, "NaN or infinite", "predict", NETWORK, path_of("good.png"), "--preprocess", "scale:1e38");
  REFUSE("out.png", 5, "inf", "filter", path_of("good.png"), "--kernel", "1e38 1e38 1e38", "-o", path_of("out.png"));
  outcome json = FOVEA("predict", NETWORK, path_of("good.png"), "--preprocess", "scale:1e38", "--format=json");
  assert_int_equal(json.status, 5);
  assert_true(has(json.out, "\"error\": \"") && !has(json.out, "probability"));
  end(&json);
}

/* Writes at `at`, where there is room for 1024 bytes more, and returns the new end. */
static char *append(char *at, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(at, 1024, format, arguments);
  va_end(arguments);
  assert_true(length >= 0 && length < 1024);
  return at + length;
}

static void test_configurations(void **state) {
  (void)state;
  char *text = malloc(LONG_TEXT);
  assert_non_null(text);
  memset(text, ' ', LONG_TEXT);
  write_config("spaces.keras", text, LONG_TEXT);
  memset(text, '[', LONG_TEXT);
  write_config("deep.keras", text, 1000000);
  char *at = text;
  for (int i = 0; i < LAYERS; i++)
    at = append(at, "%s{\"class_name\": \"ReLU\", \"config\": {\"name\": \"r%d\"}}", i ? ", " : "", i);
  write_sequential("many.keras", text);
  free(text);
  write_config("twice.keras", "{\"class_name\": \"Sequential\", \"class_name\": \"Model\"}", 52);
  write_sequential("stride.keras", "{\"class_name\": \"Conv2D\", \"config\": {\"name\": \"c\", \"filters\": 1, "
                                   "\"kernel_size\": [3, 3], \"strides\": [2147483647, 2147483647]}}");
  write_sequential("wide.keras", "{\"class_name\": \"Flatten\", \"config\": {\"name\": \"f\"}}, {\"class_name\": "
                                 "\"Dense\", \"config\": {\"name\": \"d\", \"units\": 2147483647}}");
  write_sequential("lambda.keras", "{\"class_name\": \"Lambda\", \"config\": {\"name\": \"l\\u001b[31m\\n\"}}");
  write_sequential("picture.keras", "");
  REFUSE_MODEL("spaces.keras", 4, "limit");
  REFUSE_MODEL("deep.keras", 3, "deeper than 64");
  REFUSE_MODEL("many.keras", 3, "more than");
  REFUSE_MODEL("twice.keras", 3, "duplicate");
  REFUSE_MODEL("stride.keras", 3, "c: strides must be between 1 and 65535, not 2147483647");
  REFUSE_MODEL("wide.keras", 3, "d: kernel (784, 2147483647)");
  REFUSE_MODEL("lambda.keras", 3, "class 'Lambda' is not supported");
  REFUSE("picture.keras", 3, "expected a classifier", "predict", path_of("picture.keras"), path_of("good.png"), PLAIN,
         "--weights", "by-name:1");
}

static char *put_layer(char *at, const char *kind, const char *name, int number, const char *source) {
  at = append(at, "{\"class_name\": \"%s\", \"name\": \"%s%d\", \"config\": {\"name\": \"%s%d\", ", kind, name, number,
              name, number);
  at = append(at, "\"batch_input_shape\": [null, 4]}, \"inbound_nodes\": [%s]}, ", source);
  return at;
}

/* A functional model of the layers in `text` (each followed by ", ") with input i0 and this output. */
static void write_functional(const char *name, const char *text, const char *output) {
  char *config;
  int size = asprintf(&config,
                      "{\"class_name\": \"Functional\", \"config\": {\"name\": \"f\", \"layers\": [%.*s], "
                      "\"input_layers\": [[\"i0\", 0, 0]], \"output_layers\": [[%s]]}}",
                      (int)strlen(text) - 2, text, output);
  assert_true(size > 0);
  write_config(name, config, (size_t)size);
  free(config);
}

/* Small files whose networks would be much work: layers in the worst order, and a model inside that is called often. */
static void test_networks(void **state) {
  (void)state;
  enum { CHAIN = 16000, CALLS = 4000 };
  char *text = malloc(LONG_TEXT), *at = text, source[100];
  assert_non_null(text);
  for (int i = CHAIN; i > 0; i--) {
    snprintf(source, sizeof source, "[[\"%s%d\", 0, 0, {}]]", i == 1 ? "i" : "r", i - 1);
    at = put_layer(at, "ReLU", "r", i, source);
  }
  put_layer(at, "InputLayer", "i", 0, "");
  write_functional("reversed.keras", text, "\"r16000\", 0, 0");
  double before = child_seconds();
  outcome result = FOVEA("summary", path_of("reversed.keras"));
  if (result.status != 0) fail_msg("%s", result.err);
#ifndef SANITIZED
  assert_true(child_seconds() - before < 3); /* half a second on an idle machine, one and a half on a busy one */
#else
  (void)before;
#endif
  end(&result);
  at = append(text, "{\"class_name\": \"Functional\", \"name\": \"inside\", \"config\": {\"name\": \"inside\", "
                    "\"input_layers\": [[\"i0\", 0, 0]], \"output_layers\": [[\"r0\", 0, 0]], \"layers\": [");
  at = put_layer(at, "InputLayer", "i", 0, "");
  for (int i = 1; i < CALLS; i++) at = put_layer(at, "ReLU", "idle", i, "");
  at = put_layer(at, "ReLU", "r", 0, "[[\"i0\", 0, 0, {}]]");
  at = append(at - 2, "]}, \"inbound_nodes\": [");
  for (int i = 0; i < CALLS; i++) at = append(at, "%s[[\"i0\", 0, 0, {}]]", i ? ", " : "");
  at = append(at, "]}, ");
  put_layer(at, "InputLayer", "i", 0, "");
  write_functional("often.keras", text, "\"inside\", 1, 0");
  free(text);
  REFUSE_MODEL("often.keras", 3, "called too often");
}

static void test_numbers_in_and_out(void **state) {
  (void)state;
  static const char short_of_data[] =
      "\x93NUMPY\1\0\x46\0{'descr': '<f4', 'fortran_order': False, 'shape': (1, 28, 28, 1), }         \n";
  fv_tensor tensor;
  assert_int_equal(fv_tensor_create(&tensor, &(fv_shape){4, {1, 28, 28, 1}}), FV_OK);
  assert_int_equal(fv_npy_write(path_of("in.npy"), &tensor), FV_OK);
  fv_tensor_destroy(&tensor);
  cut("cut.npy", path_of("in.npy"), 50);
  write_bytes("empty_data.npy", short_of_data, sizeof short_of_data - 1);
  REFUSE("cut.npy", 3, "found", "run", NETWORK, "--input", path_of("cut.npy"), "--output", path_of("o.npy"));
  REFUSE("empty_data.npy", 3, "", "run", NETWORK, "--input", path_of("empty_data.npy"), "--output", path_of("o.npy"));
  REFUSE("/dev/full", 4, "No space", "run", NETWORK, "--input", path_of("in.npy"), "--output", "/dev/full");
  REFUSE("/none/o.npy", 1, "No such", "run", NETWORK, "--input", path_of("in.npy"), "--output", "/none/o.npy");
  REFUSE("in.npy", 1, "no folder", "run", NETWORK, "--input", path_of("in.npy"), "--layers", path_of("in.npy"));
  REFUSE("folder.jpg", 1, "Is a directory", "filter", path_of("good.png"), "-k", "blur", "-o", path_of("folder.jpg"));
  static const char *const endings[] = {"png", "jpg", "bmp", "ppm", "npy"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) { /* short files, and longer ones than a buffer */
    char name[20];
    snprintf(name, sizeof name, "full.%s", endings[i]);
    assert_int_equal(symlink("/dev/full", path_of(name)), 0);
    REFUSE(name, 4, "No space", "resize", path_of("good.png"), "--size", "4", "-o", path_of(name));
    REFUSE(name, 4, "No space", "resize", path_of("good.png"), "--size", "300", "-o", path_of(name));
    REFUSE(name, 4, "No space", "augment", path_of("good.png"), "-o", path_of(name));
  }
  REFUSE("full.png", 4, "No space", "augment", path_of("good.png"), "--figure", path_of("full.png"));
}

/* The paths that a command has opened, one a line, without those that it shares with `usual` and without `own`. */
static void expect_own_file_alone(const char *trace, const char *usual, const char *own) {
  for (const char *line = trace; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    const char *path = memchr(line, '"', strcspn(line, "\n"));
    if (!path) continue;
    char quoted[1000];
    snprintf(quoted, sizeof quoted, "%.*s", (int)strcspn(path + 1, "\"\n") + 2, path);
    if (!has(usual, quoted) && !has(quoted, own)) fail_msg("%s: also opens %s", own, quoted);
  }
}

static char *trace(const char *path) {
  char command[1500];
  snprintf(command, sizeof command,
           "strace -f -qq -e trace=%%file -o '%s' " FOVEA_BINARY_DIR "/fovea summary '%s' > /dev/null 2>&1",
           path_of("trace"), path);
  if (system(command) == -1 || access(path_of("trace"), F_OK)) return NULL;
  char *text = contents(path_of("trace"));
  if (has(text, path)) return text;
  free(text);
  return NULL;
}

/* Every hostile file there is opens itself and what a good one opens too; needs strace and the right to use it. */
static void test_no_other_file_is_opened(void **state) {
  (void)state;
  static const char *const patterns[] = {GOLDEN "hdf5/*.h5", GOLDEN "files/bad_*.h5", GOLDEN "keras1/bad_*.h5",
                                         GOLDEN "torch_files/bad_*", GOLDEN "torch_files/hostile*"};
  char *usual = trace(GOLDEN "files/tiny.h5");
  if (!usual) skip();
  glob_t found;
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
    assert_int_equal(glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &found), 0);
  assert_true(found.gl_pathc >= 40);
  for (size_t i = 0; i < found.gl_pathc; i++) {
    char *opened = trace(found.gl_pathv[i]);
    assert_non_null(opened);
    expect_own_file_alone(opened, usual, found.gl_pathv[i]);
    free(opened);
  }
  globfree(&found);
  free(usual);
}

static void test_memory(void **state) {
  (void)state;
#ifndef SANITIZED
  struct rusage used;
  assert_int_equal(getrusage(RUSAGE_CHILDREN, &used), 0);
  assert_in_range(used.ru_maxrss >> 10, 1, MEGABYTES_MAX);
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_images),
      cmocka_unit_test(test_thin_images),
      cmocka_unit_test(test_paths),
      cmocka_unit_test(test_empty_folder_among_pictures),
      cmocka_unit_test(test_weight_files),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_configurations),
      cmocka_unit_test(test_networks),
      cmocka_unit_test(test_numbers_in_and_out),
      cmocka_unit_test(test_no_other_file_is_opened),
      cmocka_unit_test(test_memory),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
