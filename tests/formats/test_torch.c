/* Files of torch.save: pickles that want more than tensors are refused. That every tensor equals
 * what torch wrote beside it is test_state's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hostile_files_are_refused),
      cmocka_unit_test(small_pickles_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
