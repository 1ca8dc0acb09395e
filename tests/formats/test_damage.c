/* Damaged files of every format: cut anywhere, with single bits changed, with bytes changed.
 *
 * Each reader is a row of the table below: how it reads bytes and sums up what it read, which files are its samples,
 * and what it promises when a bit has changed. A cut file is refused (a picture of which only what follows its last row
 * is missing may be whole); a refusal has a sentence and gives nothing; nothing crashes, which the sanitizers watch.
 *
 *   FOVEA_DAMAGE=10000 build/tests/test_damage        so many changes of each kind per sample, more samples
 *   FOVEA_DAMAGE_FILE=NAME ...                        samples with NAME in their path alone
 *
 * Samples of up to 8 KiB are cut at every offset, larger ones at 1000. The changes are numbered, and a number makes the
 * same change on every machine: a failure names it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/zip.h"
#include "formats/format.h"
#include "formats/keras/keras.h"
#include "formats/safetensors/header.h"
#include "formats/torch/torch.h"
#include "tensor/npy.h"
#undef fail
#undef note

#include <cmocka.h>

#include <fovea/image.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum {
  SMALL = 8 << 10,
  CUTS = 1000,
  MEMBER_MAX = 4 << 20,
  NUMBERS_MAX = 1 << 16,
  OBJECTS_MAX = 200,
  CHANGES = 10000,
  SAMPLES_MAX = 3
};
static const double SECONDS = 0.1; /* for all samples of a reader and one kind of change, unless FOVEA_DAMAGE is set */

/* What was read out of a file. */
typedef struct digest {
  uint64_t shape;   /* extents, in the file's order */
  uint64_t content; /* names and numbers */
} digest;

static void add(uint64_t *sum, const void *bytes, size_t size) {
  const uint8_t *in = bytes;
  for (size_t i = 0; i < size; i++) *sum = (*sum ^ in[i]) * 1099511628211u;
}

static void add_shape(digest *found, const fv_shape *shape) {
  add(&found->shape, &shape->rank, sizeof shape->rank);
  add(&found->shape, shape->dims, sizeof shape->dims);
}

/* ---- readers */

static fv_status read_hdf5(digest *found, const fv__source *source) {
  fv__hdf5 *file = NULL;
  fv_status status = fv__hdf5_open(&file, source), inner = FV_OK;
  if (status) return status;
  fv__hdf5_object queue[OBJECTS_MAX] = {fv__hdf5_root(file)};
  int count = 1;
  for (int i = 0; i < count; i++) { /* at most so many, so that a circle of groups ends */
    fv__hdf5_list names, children, texts;
    fv__hdf5_numbers numbers;
    const char *text;
    int64_t integer;
    if (!fv__hdf5_attribute_names(file, &names, queue[i]))
      for (int32_t k = 0; k < names.count; k++) {
        add(&found->content, names.names[k], strlen(names.names[k]));
        inner = fv__hdf5_text(file, &text, queue[i], names.names[k]);
        if (!inner) add(&found->content, text, strlen(text));
        if (inner) inner = fv__hdf5_texts(file, &texts, queue[i], names.names[k]);
        if (inner) inner = fv__hdf5_integer(file, &integer, queue[i], names.names[k]);
      }
    if (!fv__hdf5_numbers_of(file, &numbers, queue[i])) {
      add_shape(found, &numbers.shape);
      float *values = numbers.count < NUMBERS_MAX ? malloc((size_t)numbers.count * sizeof *values + 1) : NULL;
      if (values && !fv__hdf5_read(file, values, numbers.count, queue[i], NULL))
        add(&found->content, values, (size_t)numbers.count * sizeof *values);
      free(values);
    } else if (!fv__hdf5_children(file, &children, queue[i])) {
      for (int32_t k = 0; k < children.count && count < OBJECTS_MAX; k++) queue[count++] = children.objects[k];
    }
  }
  fv__hdf5_close(file);
  return FV_OK;
}

static void add_model(digest *found, fv_model *model) {
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    fv_weight_info weight = fv_model_weight(model, i);
    int64_t count;
    assert_int_equal(fv_shape_elements(&count, &weight.shape), FV_OK);
    add_shape(found, &weight.shape);
    add(&found->content, weight.path, strlen(weight.path));
    add(&found->content, fv_model_weight_data(model, i), (size_t)count * sizeof(float));
  }
}

/* Whole models, by whichever format the first bytes are of. */
static fv_status read_model(digest *found, const fv__source *source) {
  uint8_t head[FV__PROBE_BYTES] = {0};
  size_t size = source->size < FV__PROBE_BYTES ? (size_t)source->size : FV__PROBE_BYTES;
  fv_status status = fv__source_read(source, 0, head, size);
  const fv_model_load_options options = {.backend = NULL};
  fv_model *model = NULL;
  for (const fv__format *const *f = fv__format_table; *f && !status; f++) {
    if (!(*f)->load || !(*f)->probe(head, size)) continue;
    status = (*f)->load(&model, source, &options);
    assert_true(status ? model == NULL : model != NULL);
    if (!status) add_model(found, model);
    fv_model_destroy(model);
    return status;
  }
  return status ? status : fv__fail(FV_ERROR_FORMAT, "not a model file");
}

/* Weights alone, into the network of keras1/small.h5: by order, then by name as far as they fit. */
static fv_model *target;

static fv_status read_weights(digest *found, const fv__source *source) {
  extern const fv__format fv__format_keras_h5;
  const fv_weights_options by_order = {.backend = NULL}, by_name = {.by_name = true, .skip_mismatch = true};
  fv_status status = fv__format_keras_h5.load_weights_with(target, source, &by_order);
  if (!status) add_model(found, target);
  return status ? status : fv__format_keras_h5.load_weights_with(target, source, &by_name);
}

/* Weights of Darknet, which have no names: into the network they are for. */
static fv_status read_darknet(digest *found, const fv__source *source) {
  extern const fv__format fv__format_darknet;
  const fv_model_load_options options = {.without_weights = true};
  fv_model *model;
  fv_status status = fv_model_load(&model, FOVEA_SOURCE_DIR "/tests/golden/darknet/yolo.cfg", &options);
  if (!status) status = fv__format_darknet.load_weights(model, source);
  if (!status) add_model(found, model);
  fv_model_destroy(model);
  return status;
}

static fv_status read_configuration(digest *found, const fv__source *source) {
  fv_model *model = NULL;
  fv__keras_network network = {.json = NULL};
  char *text;
  fv_status status = fv__source_read_all(source, &text, MEMBER_MAX);
  if (status) return status;
  status = fv__keras_build(&model, &network, &(fv__keras_text){text, (size_t)source->size, 3, false});
  assert_true(status ? model == NULL : model != NULL);
  if (!status) add_model(found, model);
  fv_model_destroy(model);
  fv__keras_network_free(&network);
  /* Taken as it is, what is whole is the same, and what is not may be there in part. */
  const fv_status partly = fv__keras_build(&model, &network, &(fv__keras_text){text, (size_t)source->size, 3, true});
  assert_true(partly ? model == NULL : model != NULL);
  if (!status) assert_int_equal(partly, FV_OK);
  fv_model_destroy(model);
  fv__keras_network_free(&network);
  free(text);
  return status;
}

static fv_status read_array(digest *found, const void *bytes, size_t size) {
  fv_tensor tensor = {.data = NULL};
  fv_status status = fv__npy_decode(&tensor, bytes, size);
  int64_t count = 0;
  assert_true(status ? tensor.data == NULL : tensor.data != NULL);
  if (status) return status;
  assert_int_equal(fv_shape_elements(&count, &tensor.shape), FV_OK);
  add_shape(found, &tensor.shape);
  add(&found->content, tensor.data, (size_t)count * sizeof(float));
  fv_tensor_destroy(&tensor);
  return FV_OK;
}

static fv_status read_npy(digest *found, const fv__source *source) {
  return read_array(found, source->bytes, (size_t)source->size);
}

static fv_status read_member(digest *found, fv__zip *zip, int32_t index) {
  char *whole = NULL, *again = NULL;
  fv__source member = {.descriptor = -1};
  const char *name = fv__zip_name(zip, index);
  fv_status status = fv__zip_read(zip, index, &whole, MEMBER_MAX);
  if (!status) status = fv__zip_member(&member, zip, index);
  if (!status) status = fv__zip_check(&member);
  if (!status) status = fv__source_read_all(&member, &again, MEMBER_MAX);
  if (!status) {
    size_t size = (size_t)fv__zip_size(zip, index);
    assert_memory_equal(whole, again, size);
    add(&found->content, name, strlen(name));
    add(&found->content, whole, size);
    if (strstr(name, ".npy")) status = read_array(found, whole, size);
  }
  fv__source_close(&member);
  free(again);
  free(whole);
  return status;
}

static fv_status read_zip(digest *found, const fv__source *source) {
  fv__zip *zip;
  fv_status status = fv__zip_open(&zip, source);
  assert_true(status ? zip == NULL : zip != NULL);
  for (int32_t i = 0; !status && i < fv__zip_count(zip); i++) status = read_member(found, zip, i);
  fv__zip_close(zip);
  return status;
}

static fv_status read_state(digest *found, const fv__source *source,
                            fv_status (*open)(fv_state **state, const fv__source *source)) {
  fv_state *file = NULL;
  fv_status status = open(&file, source);
  assert_true(status ? file == NULL : file != NULL);
  for (int32_t i = 0; !status && i < fv__state_count(file); i++) {
    const fv__state_tensor *tensor = fv__state_tensor_at(file, i);
    if (tensor->count) add_shape(found, &tensor->shape); /* of none, nothing says how many there were */
    float *values = tensor->count < NUMBERS_MAX ? malloc((size_t)tensor->count * sizeof *values + 1) : NULL;
    if (values && !(status = fv__state_read(file, values, tensor)))
      add(&found->content, values, (size_t)tensor->count * sizeof *values);
    free(values);
  }
  fv_state_close(file);
  return status;
}

static fv_status read_torch(digest *found, const fv__source *source) {
  return read_state(found, source, fv__torch_open);
}

static fv_status read_safetensors(digest *found, const fv__source *source) {
  return read_state(found, source, fv__safetensors_open);
}

static fv_status read_picture(digest *found, const fv__source *source) {
  fv_image image;
  fv_status status = fv_image_decode(&image, source->bytes, (size_t)source->size, "picture");
  assert_true(status ? image.pixels == NULL : image.pixels != NULL);
  if (status) return status;
  const int32_t shape[3] = {image.height, image.width, image.channels};
  add(&found->shape, shape, sizeof shape);
  add(&found->content, image.pixels, (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2]);
  fv_image_destroy(&image);
  return FV_OK;
}

/* ---- making checksums and lengths agree, so that damage reaches what lies behind them */

/* The end of the file, in a superblock of version 0. */
static void mend_hdf5(uint8_t *bytes, size_t size) {
  if (size < 48 || bytes[8]) return;
  for (int i = 0; i < 8; i++) bytes[40 + i] = (uint8_t)((uint64_t)size >> (8 * i));
}

static void mend_png(uint8_t *bytes, size_t size) {
  for (size_t at = 8; at < size && size - at >= 12;) {
    size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
    if (length > size - at - 12) return;
    uint64_t sum = crc32(0, bytes + at + 4, (uInt)length + 4);
    for (size_t i = 0; i < 4; i++) bytes[at + 8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
    at += length + 12;
  }
}

/* ---- the table */

/* After one changed bit: CHECKED, an error or the same; SHAPES_KEPT, an error or the same shapes; UNCHECKED, an error
 * or something else that is whole. */
typedef enum promise { UNCHECKED, SHAPES_KEPT, CHECKED } promise;

typedef struct reader {
  const char *name;
  const char *samples[SAMPLES_MAX]; /* patterns below tests/golden or ../shared/golden, the latter where it is there */
  const char *member;               /* of a zip: the sample is this member */
  const char *path;                 /* in whose folder the format looks for more */
  fv_status (*read)(digest *found, const fv__source *source);
  void (*mend)(uint8_t *bytes, size_t size);
  bool end_may_lack; /* a cut file may be whole */
  promise promise;
} reader;

static const reader readers[] = {
    {.name = "HDF5", .samples = {"hdf5/*.h5"}, .read = read_hdf5, .mend = mend_hdf5},
    {.name = "Keras, .h5",
     .samples = {"files/[!b]*.h5", "keras1/[!b]*.h5"},
     .read = read_model,
     .mend = mend_hdf5,
     .promise = SHAPES_KEPT},
    {.name = "Keras, weights",
     .samples = {"keras1/small.o*.h5"},
     .read = read_weights,
     .mend = mend_hdf5,
     .promise = SHAPES_KEPT},
    {.name = "Keras, .keras", .samples = {"files/*.keras"}, .read = read_model, .promise = CHECKED},
    {.name = "Keras, config.json",
     .samples = {"files/[nt]*.keras"},
     .member = "config.json",
     .read = read_configuration,
     .end_may_lack = true},
    {.name = "model.json",
     .samples = {"tfjs/*/model.json"},
     .path = FOVEA_SOURCE_DIR "/tests/golden/tfjs/plain/model.json",
     .read = read_model,
     .end_may_lack = true,
     .promise = SHAPES_KEPT},
    {.name = "Darknet, .cfg",
     .samples = {"darknet/yolo.cfg"},
     .path = FOVEA_SOURCE_DIR "/tests/golden/darknet/yolo.cfg",
     .read = read_model,
     .end_may_lack = true},
    {.name = "Darknet, .weights", .samples = {"darknet/yolo.weights"}, .read = read_darknet, .promise = SHAPES_KEPT},
    {.name = "PyTorch, old form", .samples = {"torch_files/*.old.pth"}, .read = read_torch},
    {.name = "PyTorch, zip form", .samples = {"torch_files/*[!d].pth"}, .read = read_torch, .promise = CHECKED},
    {.name = ".safetensors",
     .samples = {"torch_files/[tw]*.safetensors"},
     .read = read_safetensors,
     .promise = SHAPES_KEPT},
    {.name = "zip and .npz", .samples = {"files/*.keras", "*/*.npz"}, .read = read_zip, .promise = CHECKED},
    {.name = ".npy", .samples = {"*/*.npy"}, .read = read_npy, .promise = SHAPES_KEPT},
    {.name = "JPEG", .samples = {"pictures/*.jpg", "resize/decode/*.jpg"}, .read = read_picture, .end_may_lack = true},
    {.name = "PNG",
     .samples = {"pictures/*.png", "resize/decode/*.png"},
     .read = read_picture,
     .mend = mend_png,
     .promise = CHECKED},
    {.name = "WebP",
     .samples = {"pictures/*.webp", "resize/decode/*.webp"},
     .read = read_picture,
     .end_may_lack = true},
    {.name = "BMP", .samples = {"pictures/*.bmp", "resize/decode/*.bmp"}, .read = read_picture, .end_may_lack = true},
    {.name = "PPM and PGM", .samples = {"pictures/*.p?m"}, .read = read_picture, .end_may_lack = true},
};

/* ---- one sample */

typedef struct sample {
  const reader *reader;
  const char *path;
  uint8_t *bytes;
  size_t size;
  bool good; /* the whole file is read; else it is refused, and so are its parts */
  digest whole;
} sample;

/* Reads from memory that ends where the bytes end, so that a sanitizer sees a read beyond them. */
static fv_status read_exactly(digest *found, const reader *r, const uint8_t *bytes, size_t size) {
  uint8_t *exact = malloc(size + !size);
  fv__source source;
  assert_non_null(exact);
  memcpy(exact, bytes, size);
  fv__source_memory(&source, exact, size);
  source.path = r->path;
  *found = (digest){14695981039346656037u, 14695981039346656037u};
  fv_status status = r->read(found, &source);
  if (status && !fv_error_message()[0]) fail_msg("%s: an error without a sentence", r->name);
  if (status == FV_ERROR_STATE) fail_msg("%s: %s", r->name, fv_error_message());
  free(exact);
  return status;
}

static bool same(const digest *a, const digest *b) { return a->shape == b->shape && a->content == b->content; }

static void cut(const sample *s) {
  size_t step = s->size <= SMALL ? 1 : s->size / CUTS;
  for (size_t size = 0; size < s->size; size += step) {
    digest found;
    if (read_exactly(&found, s->reader, s->bytes, size)) continue;
    if (!s->reader->end_may_lack || !s->good || !same(&found, &s->whole))
      fail_msg("%s: its first %zu bytes are accepted", s->path, size);
  }
  if (!s->reader->mend) return;
  uint8_t *mended = malloc(s->size + 1);
  for (size_t size = 0; size < s->size; size += step) {
    digest ignored;
    memcpy(mended, s->bytes, size);
    s->reader->mend(mended, size);
    fv_status status = read_exactly(&ignored, s->reader, mended, size);
    (void)status;
  }
  free(mended);
}

/* Change `number` of a kind: one bit, or one to four bytes. */
static void change(uint8_t *bytes, size_t size, bool one_bit, int64_t number) {
  uint64_t state = fv__rng_state(one_bit ? "bits" : "bytes", (uint64_t)number);
  uint64_t first = fv__rng_bits(state, 0);
  if (one_bit) {
    bytes[(first >> 8) % size] ^= (uint8_t)(1u << (first & 7));
    return;
  }
  for (uint64_t i = 0; i <= first % 4; i++) {
    uint64_t bits = fv__rng_bits(state, i + 1);
    bytes[(bits >> 16) % size] = (uint8_t)(bits & 0x300 ? bits : 0xff);
  }
}

static double seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

static void check_change(const sample *s, int64_t number, const digest *found) {
  promise kept = s->reader->promise;
  if (kept == CHECKED && (!s->good || !same(found, &s->whole)))
    fail_msg("%s: accepted with changed bit %lld", s->path, (long long)number);
  if (kept == SHAPES_KEPT && s->good && found->shape != s->whole.shape)
    fail_msg("%s: another shape with changed bit %lld", s->path, (long long)number);
}

/* Returns how many changes were made, in so many seconds of processor time unless their number is given. */
static int64_t damage(const sample *s, bool one_bit, double time) {
  const char *wanted = getenv("FOVEA_DAMAGE");
  int64_t most = wanted ? atoll(wanted) : CHANGES, number = 0;
  uint8_t *damaged = malloc(s->size);
  assert_non_null(damaged);
  for (double end = seconds() + time; number < most && (wanted || seconds() < end); number++) {
    digest found;
    memcpy(damaged, s->bytes, s->size);
    change(damaged, s->size, one_bit, number);
    if (!one_bit && s->reader->mend && number % 2) s->reader->mend(damaged, s->size);
    if (!read_exactly(&found, s->reader, damaged, s->size) && one_bit) check_change(s, number, &found);
  }
  free(damaged);
  return number;
}

/* ---- all samples */

static bool load_sample(sample *s) {
  fv__source source, member = {.descriptor = -1};
  fv__zip *zip = NULL;
  const fv__source *from = &source;
  if (fv__source_open(&source, s->path)) fail_msg("%s: %s", s->path, fv_error_message());
  if (source.size > MEMBER_MAX) {
    fv__source_close(&source);
    return false;
  }
  if (s->reader->member) {
    assert_int_equal(fv__zip_open(&zip, &source), FV_OK);
    assert_int_equal(fv__zip_member(&member, zip, fv__zip_find(zip, s->reader->member)), FV_OK);
    from = &member;
  }
  char *bytes;
  assert_int_equal(fv__source_read_all(from, &bytes, MEMBER_MAX), FV_OK);
  s->bytes = (uint8_t *)bytes;
  s->size = (size_t)from->size;
  fv__source_close(&member);
  fv__zip_close(zip);
  fv__source_close(&source);
  s->good = !read_exactly(&s->whole, s->reader, s->bytes, s->size);
  return true;
}

/* Cuts and changes one sample; files beyond a few MiB are left out. */
static void run_sample(const reader *r, const char *path, double time) {
  sample s = {.reader = r, .path = path};
  const char *wanted = getenv("FOVEA_DAMAGE_FILE");
  if ((wanted && !strstr(path, wanted)) || !load_sample(&s)) return;
  cut(&s);
  int64_t bits = damage(&s, true, time), bytes = damage(&s, false, time);
  if (getenv("FOVEA_DAMAGE"))
    print_message("%s: %zu bytes, %lld changed bits, %lld times changed bytes\n", path, s.size, (long long)bits,
                  (long long)bytes);
  free(s.bytes);
}

/* The files of a reader; those of ../shared only where they are many kinds in few bytes, or on demand. */
static void find_samples(glob_t *found, const reader *r) {
  static const char *const folders[] = {FOVEA_SOURCE_DIR "/tests/golden/", FOVEA_SOURCE_DIR "/../shared/golden/"};
  int more = 0;
  for (int f = 0; f < 2; f++)
    for (int i = 0; i < SAMPLES_MAX && r->samples[i]; i++) {
      char pattern[512];
      if (f == 1 && !getenv("FOVEA_DAMAGE") && strncmp(r->samples[i], "resize/decode", 13)) continue;
      snprintf(pattern, sizeof pattern, "%s%s", folders[f], r->samples[i]);
      if (!glob(pattern, more, NULL, found)) more = GLOB_APPEND;
    }
  if (!more) fail_msg("%s: no sample", r->name);
}

static void run_reader(void **state) {
  const reader *r = *state;
  glob_t found;
  find_samples(&found, r);
  for (size_t i = 0; i < found.gl_pathc; i++) run_sample(r, found.gl_pathv[i], SECONDS / (double)found.gl_pathc);
  globfree(&found);
}

static int make_target(void **state) {
  (void)state;
  const fv_model_load_options options = {.without_weights = true};
  return fv_model_load(&target, FOVEA_SOURCE_DIR "/tests/golden/keras1/small.h5", &options) ? -1 : 0;
}

static int end_target(void **state) {
  (void)state;
  fv_model_destroy(target);
  return 0;
}

int main(void) {
  enum { READERS = sizeof readers / sizeof *readers };
  struct CMUnitTest tests[READERS];
  for (size_t i = 0; i < READERS; i++)
    tests[i] =
        (struct CMUnitTest){.name = readers[i].name, .test_func = run_reader, .initial_state = (void *)&readers[i]};
  return cmocka_run_group_tests(tests, make_target, end_target);
}
