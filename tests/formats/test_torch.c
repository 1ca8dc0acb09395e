/* Files of torch.save: pickles that want more than tensors are refused, damage is survived. That every tensor equals
 * what torch wrote beside it is test_state's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "formats/torch/torch.h"

#define FOLDER FOVEA_SOURCE_DIR "/tests/golden/torch_files/"

static fv_status try_file(const char *name) {
  char path[512];
  snprintf(path, sizeof path, FOLDER "%s", name);
  fv__source source;
  fv_state *state;
  assert_int_equal(fv__source_open(&source, path), FV_OK);
  fv_status status = fv__torch_open(&state, &source);
  if (status) assert_null(state);
  fv_state_close(state);
  fv__source_close(&source);
  return status;
}

static void hostile_files_are_refused(void **state) {
  (void)state;
  const struct {
    const char *file, *words;
  } cases[] = {{"hostile.old.pth", "system; only tensors and containers are read"},
               {"hostile.pth", "system; only tensors and containers are read"},
               {"bad_cut.old.pth", "the file is cut"},
               {"bad_bounds.pth", "a tensor of shape (127, 4) reaches element 507 of a storage of 12"},
               {"bad_stride.pth", "no whole numbers from 0 on"},
               {"bad_huge.pth", "unknown, negative or too large"},
               {"bad_storage.pth", "member 'data/0': expected 48 bytes, found 40"},
               {"bad_missing.pth", "no member 'data/0' in the zip"},
               {"bad_pickle.pth", "data.pkl: the pickle ends early"},
               {"bad_cut.pth", "not a whole zip archive"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_not_equal(try_file(cases[i].file), FV_OK);
    if (!strstr(fv_error_message(), cases[i].words)) fail_msg("%s: %s", cases[i].file, fv_error_message());
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
           "K\x01.\x80\x02].",
           "no dict of tensors"),
      CASE("\x80\x02]q\x00h\x00"
           "a.\x80\x02].",
           "nested deeper"),
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fv__source source;
    fv_state *file = NULL;
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
  fv_state *file;
  fv__source_memory(&source, exact, size);
  if (!fv__torch_open(&file, &source)) {
    for (int32_t i = 0; i < fv__state_count(file); i++) {
      const fv__state_tensor *tensor = fv__state_tensor_at(file, i);
      float *values = tensor->count < 65536 ? malloc((size_t)tensor->count * sizeof *values + 1) : NULL;
      fv_status ignored = values ? fv__state_read(file, values, tensor) : FV_OK;
      (void)ignored;
      free(values);
    }
    fv_state_close(file);
  }
  free(exact);
}

/* Every place where the file may end early (of the last part, where the storages lie, one in seven), and 4000 files of
 * which up to three bytes are others, half of them within the first `head`. */
static void damage(const char *name, size_t head, int step) {
  fv__source source;
  char path[512], *bytes;
  snprintf(path, sizeof path, FOLDER "%s", name);
  assert_int_equal(fv__source_open(&source, path), FV_OK);
  assert_int_equal(fv__source_read_all(&source, &bytes, 1 << 20), FV_OK);
  size_t size = (size_t)source.size;
  fv__source_close(&source);
  for (size_t cut = 0; cut < size; cut += cut < head ? (size_t)step : 7 * (size_t)step) {
    fv_state *file = NULL;
    fv__source_memory(&source, bytes, cut);
    assert_int_not_equal(fv__torch_open(&file, &source), FV_OK);
  }
  uint8_t *damaged = malloc(size);
  uint64_t draws = fv__rng_state("torch", 1), draw = 0;
  for (int round = 0; round < 4000; round++) {
    memcpy(damaged, bytes, size);
    for (int i = 0; i <= round % 3; i++) {
      size_t place = (size_t)(fv__rng_bits(draws, draw++) % (round % 2 ? size : head));
      damaged[place] = (uint8_t)fv__rng_bits(draws, draw++);
    }
    read_bytes(damaged, size);
  }
  free(damaged);
  free(bytes);
}

static void damage_is_survived(void **state) {
  (void)state;
  damage("tiny.old.pth", 4200, 1);
  damage("tiny.pth", 4200, 5);
}

static fv_status read_all(float *values, int64_t room, char *bytes, size_t size) {
  fv__source source;
  fv_state *file;
  fv__source_memory(&source, bytes, size);
  fv_status status = fv__torch_open(&file, &source);
  for (int32_t i = 0; !status && i < fv__state_count(file); i++) {
    const fv__state_tensor *tensor = fv__state_tensor_at(file, i);
    assert_true(tensor->count <= room);
    status = fv__state_read(file, values, tensor);
    values += tensor->count;
    room -= tensor->count;
  }
  fv_state_close(file);
  return status;
}

/* Numbers of the zip form have a checksum: with any bit flipped behind the pickle a file is refused or reads as before.
 */
static void checksums_are_looked_at(void **state) {
  (void)state;
  enum { ROOM = 256 };
  float expected[ROOM], found[ROOM];
  fv__source source;
  char *bytes;
  assert_int_equal(fv__source_open(&source, FOLDER "parallel.pth"), FV_OK);
  assert_int_equal(fv__source_read_all(&source, &bytes, 1 << 20), FV_OK);
  const size_t size = (size_t)source.size;
  fv__source_close(&source);
  memset(expected, 0, sizeof expected);
  assert_int_equal(read_all(expected, ROOM, bytes, size), FV_OK);
  int refused = 0;
  for (size_t place = 1500; place < size - 1500; place += 3) {
    bytes[place] ^= 4;
    memset(found, 0, sizeof found);
    if (read_all(found, ROOM, bytes, size))
      refused++;
    else
      assert_memory_equal(found, expected, sizeof found);
    bytes[place] ^= 4;
  }
  assert_true(refused > 200);
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hostile_files_are_refused),
      cmocka_unit_test(small_pickles_are_refused),
      cmocka_unit_test(damage_is_survived),
      cmocka_unit_test(checksums_are_looked_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
