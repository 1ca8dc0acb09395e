/* Files of torch.save, old form: every tensor equals what torch wrote beside it; pickles that want more are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/tensor.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "formats/torch/torch.h"

#define FOLDER FOVEA_SOURCE_DIR "/tests/golden/torch_files/"

static fv__torch *open_file(fv__source *source, const char *name) {
  char path[512];
  snprintf(path, sizeof path, FOLDER "%s", name);
  fv__torch *file;
  assert_int_equal(fv__source_open(source, path), FV_OK);
  if (fv__torch_open(&file, source)) fail_msg("%s: %s", name, fv_error_message());
  return file;
}

static void expect_tensor(const fv__torch *file, const fv__torch_tensor *tensor, const json_t *facts) {
  char path[512];
  snprintf(path, sizeof path, FOLDER "%s", json_string_value(json_object_get(facts, "npy")));
  assert_string_equal(tensor->name, json_string_value(json_object_get(facts, "name")));
  assert_string_equal(fv__element_name(tensor->element), json_string_value(json_object_get(facts, "dtype")));
  assert_int_equal(tensor->offset, json_integer_value(json_object_get(facts, "offset")));
  fv_tensor expected;
  if (fv_npy_read(&expected, path)) fail_msg("%s", fv_error_message());
  assert_true(fv_shape_equal(&expected.shape, &tensor->shape));
  float *values = malloc(((size_t)tensor->count + 1) * sizeof *values);
  assert_non_null(values);
  if (fv__torch_read(file, values, tensor)) fail_msg("%s: %s", tensor->name, fv_error_message());
  if (tensor->count) assert_memory_equal(values, expected.data, (size_t)tensor->count * sizeof *values);
  free(values);
  fv_tensor_destroy(&expected);
}

static void tensors_equal_torchs(void **state) {
  (void)state;
  json_t *index = json_load_file(FOLDER "index.json", JSON_REJECT_DUPLICATES, NULL), *facts;
  assert_non_null(index);
  const char *name;
  json_object_foreach(json_object_get(index, "files"), name, facts) {
    const json_t *arrays =
        json_object_get(json_object_get(index, "arrays"), json_string_value(json_object_get(facts, "arrays")));
    fv__source source;
    fv__torch *file = open_file(&source, name);
    assert_int_equal(fv__torch_count(file), json_array_size(arrays));
    for (int32_t i = 0; i < fv__torch_count(file); i++)
      expect_tensor(file, fv__torch_tensor_at(file, i), json_array_get(arrays, (size_t)i));
    assert_null(fv__torch_find(file, "absent"));
    fv__torch_close(file);
    fv__source_close(&source);
  }
  json_decref(index);
}

static void hostile_files_are_refused(void **state) {
  (void)state;
  const struct {
    const char *file, *words;
  } cases[] = {{"hostile.old.pth", "system; only tensors and containers are read"},
               {"bad_cut.old.pth", "the file is cut"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char path[512];
    snprintf(path, sizeof path, FOLDER "%s", cases[i].file);
    fv__source source;
    fv__torch *file;
    assert_int_equal(fv__source_open(&source, path), FV_OK);
    assert_int_not_equal(fv__torch_open(&file, &source), FV_OK);
    assert_null(file);
    if (!strstr(fv_error_message(), cases[i].words)) fail_msg("%s: %s", cases[i].file, fv_error_message());
    fv__source_close(&source);
  }
}

/* What opens pickles as the machine's own words, and how each ends. */
static void small_pickles_are_refused(void **state) {
  (void)state;
#define MAGIC                                                                                                          \
  "\x80\x02\x8a\nl\xfc\x9c"                                                                                            \
  "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}."
  const struct {
    const char *bytes;
    size_t size;
    const char *words;
  } cases[] = {
#define CASE(text, words) {MAGIC text, sizeof(MAGIC text) - 1, words}
      CASE("\x80\x02"
           "cbuiltins\neval\n(U\x01"
           "1tR.",
           "builtins.eval"),
      CASE("\x80\x02"
           "cposix\nsystem\n.",
           "posix.system"),
      CASE("\x80\x02"
           "ctorch\nload\n.",
           "torch.load"),
      CASE("\x80\x02"
           "i",
           "opcode 0x69"),
      CASE("\x80\x02"
           "0.",
           "empty stack"),
      CASE("\x80\x02"
           "h\x05.",
           "memo has no entry"),
      CASE("\x80\x02"
           "Nr\xff\xff\xff\x7f.",
           "memo is out of order"),
      CASE("\x80\x02"
           "X\xff\xff\xff\xff"
           "ab",
           "ends early"),
      CASE("\x80\x02"
           "K\x01"
           "K\x02R.",
           "calls something"),
      CASE("\x80\x02"
           "(K\x01"
           "K\x02K\x03"
           "d.",
           "key and no value"),
      CASE("\x80\x02"
           "]q\x00h\x00"
           "a\x80\x02].",
           "leaves"),
      CASE("\x80\x02"
           "K\x01Q.",
           "no storage"),
      CASE("\x80\x02"
           "K\x01.",
           "no dict of tensors"),
      CASE("\x80\x02]q\x00h\x00"
           "a.\x80\x02].",
           "nested deeper"),
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fv__source source;
    fv__torch *file = NULL;
    fv__source_memory(&source, cases[i].bytes, cases[i].size);
    if (!fv__torch_open(&file, &source)) fail_msg("case %zu was read", i);
    assert_null(file);
    if (!strstr(fv_error_message(), cases[i].words)) fail_msg("case %zu: %s", i, fv_error_message());
  }
}

static void read_bytes(const uint8_t *bytes, size_t size) {
  uint8_t *exact = malloc(size + !size);
  assert_non_null(exact);
  memcpy(exact, bytes, size);
  fv__source source;
  fv__torch *file;
  fv__source_memory(&source, exact, size);
  if (!fv__torch_open(&file, &source)) {
    for (int32_t i = 0; i < fv__torch_count(file); i++) {
      const fv__torch_tensor *tensor = fv__torch_tensor_at(file, i);
      float *values = tensor->count < 65536 ? malloc((size_t)tensor->count * sizeof *values + 1) : NULL;
      fv_status ignored = values ? fv__torch_read(file, values, tensor) : FV_OK;
      (void)ignored;
      free(values);
    }
    fv__torch_close(file);
  }
  free(exact);
}

static void damage_is_survived(void **state) {
  (void)state;
  fv__source source;
  char *bytes;
  assert_int_equal(fv__source_open(&source, FOLDER "tiny.old.pth"), FV_OK);
  assert_int_equal(fv__source_read_all(&source, &bytes, 1 << 20), FV_OK);
  size_t size = (size_t)source.size;
  fv__source_close(&source);
  for (size_t cut = 0; cut < size; cut += cut < 4200 ? 1 : 7) {
    fv__torch *file = NULL;
    fv__source_memory(&source, bytes, cut);
    assert_int_not_equal(fv__torch_open(&file, &source), FV_OK);
  }
  uint8_t *damaged = malloc(size);
  uint64_t draws = fv__rng_state("torch", 1), draw = 0;
  for (int round = 0; round < 4000; round++) {
    memcpy(damaged, bytes, size);
    for (int i = 0; i <= round % 3; i++) {
      size_t place = (size_t)(fv__rng_bits(draws, draw++) % (round % 2 ? size : 4000));
      damaged[place] = (uint8_t)fv__rng_bits(draws, draw++);
    }
    read_bytes(damaged, size);
  }
  free(damaged);
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tensors_equal_torchs),
      cmocka_unit_test(hostile_files_are_refused),
      cmocka_unit_test(small_pickles_are_refused),
      cmocka_unit_test(damage_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
