/* The ground floor: errors, shapes, sizes, options, text, random numbers, memory, threads. */
#include "base/arena.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/text.h"
#undef fail

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <fovea/cpu.h>
#include <fovea/option.h>
#include <fovea/shape.h>
#include <fovea/text.h>

static void messages_nest_and_stay_printable(void **state) {
  (void)state;
  fv_status status = fv__fail(FV_ERROR_FORMAT, "expected %d bytes, found %d", 6912, 3);
  status = fv__note(status, "block1_conv1/kernel");
  status = fv__note(status, "a\x1b[31m.h5");
  assert_int_equal(status, FV_ERROR_FORMAT);
  assert_string_equal(fv_error_message(), "a?[31m.h5: block1_conv1/kernel: expected 6912 bytes, found 3");
  char long_text[2000];
  memset(long_text, 'x', sizeof long_text - 1);
  long_text[sizeof long_text - 1] = '\0';
  assert_int_equal(fv__fail(FV_ERROR_IO, "%s", long_text), FV_ERROR_IO);
  assert_int_equal(strlen(fv_error_message()), FV__MESSAGE_SIZE - 1);
}

static void shapes_count_and_print(void **state) {
  (void)state;
  char text[64];
  int64_t elements = -5;
  fv_shape shape = {4, {2, 224, 224, 3}};
  assert_int_equal(fv_shape_elements(&elements, &shape), FV_OK);
  assert_int_equal(elements, 2 * 224 * 224 * 3);
  assert_string_equal(fv_shape_text(text, sizeof text, &shape), "(2, 224, 224, 3)");
  shape.dims[0] = -1;
  assert_string_equal(fv_shape_text(text, sizeof text, &shape), "(?, 224, 224, 3)");
  assert_int_equal(fv_shape_elements(&elements, &shape), FV_ERROR_SHAPE);
  fv_shape huge = {4, {1 << 20, 1 << 20, 1 << 20, 1 << 20}};
  assert_int_equal(fv_shape_elements(&elements, &huge), FV_ERROR_SHAPE);
  fv_shape one = {1, {5}}, none = {0, {0}};
  assert_string_equal(fv_shape_text(text, sizeof text, &one), "(5,)");
  assert_string_equal(fv_shape_text(text, sizeof text, &none), "()");
  assert_string_equal(fv_shape_text(text, 6, &shape), "(?, 2");
}

typedef struct sample_options {
  int32_t filters;
  fv_pair size;
  fv_quad padding;
  int32_t axes[FV_OPTION_INTS_MAX];
  double rate, slope;
  bool keep, no_bias;
  int32_t mode;
  const char *activation;
} sample_options;

static const char *const modes[] = {"valid", "same", NULL};
static const fv_option sample_table[] = {
    {"filters", FV_OPTION_INT, offsetof(sample_options, filters), NULL, 1, 100, NULL, ""},
    {"size", FV_OPTION_PAIR, offsetof(sample_options, size), "2", 1, 9, NULL, ""},
    {"padding", FV_OPTION_QUAD, offsetof(sample_options, padding), "1", 0, 9, NULL, ""},
    {"axes", FV_OPTION_INTS, offsetof(sample_options, axes), "-1", -8, 8, NULL, ""},
    {"rate", FV_OPTION_FLOAT, offsetof(sample_options, rate), "0.5", 0, 1, NULL, ""},
    {"slope", FV_OPTION_FLOAT, offsetof(sample_options, slope), "1/255", 0, 0, NULL, ""},
    {"keep", FV_OPTION_BOOL, offsetof(sample_options, keep), "false", 0, 0, NULL, ""},
    {"use_bias", FV_OPTION_NOT_BOOL, offsetof(sample_options, no_bias), "true", 0, 0, NULL, ""},
    {"mode", FV_OPTION_NAME, offsetof(sample_options, mode), "same", 0, 0, modes, ""},
    {"activation", FV_OPTION_TEXT, offsetof(sample_options, activation), "linear", 0, 0, NULL, ""},
    {NULL, FV_OPTION_INT, 0, NULL, 0, 0, NULL, NULL},
};

static void options_become_explicit(void **state) {
  (void)state;
  sample_options o = {.filters = 6};
  assert_int_equal(fv_options_complete(&o, sample_table), FV_OK);
  assert_int_equal(o.size.width, 2);
  assert_int_equal(o.padding.right, 1);
  assert_int_equal(o.axes[0], -1);
  assert_int_equal(o.axes[1], 0);
  assert_true(o.rate == 0.5 && o.slope == 1.0 / 255);
  assert_int_equal(o.mode, 2);
  assert_string_equal(o.activation, "linear");

  sample_options given = {.filters = 1, .size = {5}, .padding = {0, 1, 0, 1}, .rate = FV_ZERO, .axes = {1, 2, 3}};
  assert_int_equal(fv_options_complete(&given, sample_table), FV_OK);
  assert_int_equal(given.size.width, 5);
  assert_int_equal(given.padding.top, 0);
  assert_true(given.rate == 0);
  assert_int_equal(given.axes[2], 3);

  sample_options missing = {0}, wide = {.filters = 101};
  assert_int_equal(fv_options_complete(&missing, sample_table), FV_ERROR_INVALID);
  assert_string_equal(fv_error_message(), "filters must be given");
  assert_int_equal(fv_options_complete(&wide, sample_table), FV_ERROR_INVALID);
  assert_string_equal(fv_error_message(), "filters must be between 1 and 100, not 101");
}

static void options_read_and_write_text(void **state) {
  (void)state;
  sample_options o = {0};
  const struct {
    const char *name, *text, *back;
  } good[] = {{"filters", "7", "7"},         {"size", "3", "3,3"},          {"size", "(3, 4)", "3,4"},
              {"padding", "1,2", "1,1,2,2"}, {"axes", "1,2,3", "1,2,3"},    {"rate", "0.25", "0.25"},
              {"slope", "1/4", "0.25"},      {"keep", "yes", "true"},       {"use-bias", "false", "false"},
              {"mode", "valid", "valid"},    {"activation", "relu", "relu"}};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    char text[64];
    const fv_option *option = fv_option_find(sample_table, good[i].name);
    assert_non_null(option);
    assert_int_equal(fv_option_set(&o, option, good[i].text), FV_OK);
    assert_string_equal(fv_option_text(text, sizeof text, &o, option), good[i].back);
  }
  const struct {
    const char *name, *text;
  } bad[] = {{"filters", "x"},
             {"filters", "1,2"},
             {"filters", "99999999999"},
             {"size", "1,2,3"},
             {"padding", "1,2,3"},
             {"rate", "2"},
             {"rate", "0,5"},
             {"rate", "nan"},
             {"keep", "maybe"},
             {"mode", "Same"},
             {"axes", "1,2,3,4,5,6,7,8,9"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(fv_option_set(&o, fv_option_find(sample_table, bad[i].name), bad[i].text), FV_ERROR_INVALID);
  assert_null(fv_option_find(sample_table, "nothing"));
}

static void doubles_become_short_text(void **state) {
  (void)state;
  static const struct {
    double number;
    const char *text;
  } cases[] = {{0, "0"},
               {1, "1"},
               {10, "10"},
               {-50, "-50"},
               {100, "100"},
               {0.1, "0.1"},
               {12.5, "12.5"},
               {1e-5, "1e-05"},
               {123456789, "123456789"},
               {1e300, "1e+300"},
               {1.0 / 3, "0.3333333333333333"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[64];
    double back;
    fv__text_from_double(text, sizeof text, cases[i].number);
    assert_string_equal(text, cases[i].text);
    assert_true(fv__text_to_double(text, &back));
    assert_true(back == cases[i].number);
  }
}

static void names_become_snake_case(void **state) {
  (void)state;
  const char *const pairs[][2] = {{"Conv2D", "conv2d"},
                                  {"MaxPooling2D", "max_pooling2d"},
                                  {"BatchNormalization", "batch_normalization"},
                                  {"GlobalAveragePooling2D", "global_average_pooling2d"},
                                  {"InputLayer", "input_layer"},
                                  {"DepthwiseConv2D", "depthwise_conv2d"},
                                  {"Conv2DTranspose", "conv2d_transpose"},
                                  {"ReLU", "re_lu"},
                                  {"PReLU", "p_re_lu"},
                                  {"ELU", "elu"},
                                  {"ZeroPadding2D", "zero_padding2d"}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    char text[64];
    fv__snake_case(text, sizeof text, pairs[i][0]);
    assert_string_equal(text, pairs[i][1]);
  }
}

/* The first numbers of the rule, as its definition prints them. */
static void draws_are_those_of_the_rule(void **state) {
  (void)state;
  uint64_t input = fv__rng_state("input", 1);
  double first = 2 * fv__rng_uniform(input, 0) - 1;
  assert_true(fabs(first - 0.0380809307) < 1e-9);
  uint64_t again = fv__rng_state("input", 1);
  assert_true(fv__rng_uniform(again, 5) == fv__rng_uniform(input, 5));
  assert_true(fv__rng_uniform(fv__rng_state("input", 2), 0) != fv__rng_uniform(input, 0));
}

static void arenas_give_zeroed_memory(void **state) {
  (void)state;
  fv__arena arena = {0};
  for (int i = 0; i < 1000; i++) {
    unsigned char *piece = fv__arena_take(&arena, (size_t)i);
    assert_non_null(piece);
    assert_int_equal((uintptr_t)piece % 16, 0);
    for (int k = 0; k < i; k++) assert_int_equal(piece[k], 0);
    memset(piece, 0xff, (size_t)i);
  }
  assert_string_equal(fv__arena_text(&arena, "name"), "name");
  assert_null(fv__arena_text(&arena, NULL));
  assert_null(fv__arena_take(&arena, SIZE_MAX));
  fv__arena_clear(&arena);
}

static void count_piece(void *context, int64_t piece, int thread) {
  int *counts = context;
  counts[piece] += 1 + 0 * thread;
}

static void every_piece_runs_once(void **state) {
  (void)state;
  for (int threads = 1; threads <= 5; threads++) {
    fv__pool *pool;
    assert_int_equal(fv__pool_create(&pool, threads), FV_OK);
    assert_true(fv__pool_threads(pool) >= 1 && fv__pool_threads(pool) <= threads);
    for (int64_t count = 0; count < 200; count += 7) {
      int counts[200] = {0};
      fv__parallel_for(pool, count, count_piece, counts);
      for (int64_t i = 0; i < 200; i++) assert_int_equal(counts[i], i < count);
    }
    fv__pool_destroy(pool);
  }
  fv__pool *pool;
  assert_int_equal(fv__pool_create(&pool, -1), FV_ERROR_INVALID);
  assert_null(pool);
}

/* Small jobs right after one another, more threads than processors: workers wake in the middle of later jobs. What a
 * job leaves on its stack must be whole when it ends, and two pieces at a time never have one thread number. */
typedef struct small_job {
  int64_t sums[8];
  atomic_bool taken[8];
  int wrong;
} small_job;

static void add_piece(void *context, int64_t piece, int thread) {
  small_job *job = context;
  if (atomic_exchange(&job->taken[thread], true)) job->wrong++;
  job->sums[thread] += piece + 1;
  atomic_store(&job->taken[thread], false);
}

static void jobs_follow_each_other(void **state) {
  (void)state;
  fv__pool *pool;
  assert_int_equal(fv__pool_create(&pool, 8), FV_OK);
  for (int round = 0; round < 20000; round++) {
    small_job job = {.wrong = 0};
    const int64_t count = 2 + round % 9;
    fv__parallel_for(pool, count, add_piece, &job);
    int64_t sum = 0;
    for (int i = 0; i < 8; i++) sum += job.sums[i];
    assert_int_equal(sum, count * (count + 1) / 2);
    assert_int_equal(job.wrong, 0);
  }
  fv__pool_destroy(pool);
}

static void the_level_can_be_masked_down_only(void **state) {
  (void)state;
  fv_cpu_level best = fv_cpu_best();
#if defined(__aarch64__)
  assert_string_equal(fv_cpu_name(best), "neon");
#endif
  for (int level = 0; level < FV_CPU_LEVELS; level++) {
    fv_status status = fv_cpu_set_level((fv_cpu_level)level);
    assert_int_equal(status, level <= (int)best ? FV_OK : FV_ERROR_UNSUPPORTED);
    if (!status) assert_int_equal(fv_cpu(), level);
  }
  assert_int_equal(fv_cpu_set_level(best), FV_OK);
  assert_true(fv_cpu_threads() >= 1);
}

/* Every sign of Unicode is one, whole; half of one, and what only looks like one, is none. */
static void signs_of_utf8(void **state) {
  static const char *const none[] = {
      "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x80\x80",
      "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",     "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
      "\xe2(\x80",    "\xe2\x80(",    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe",
      "\xff"};
  (void)state;
  for (uint32_t sign = 0; sign <= 0x10ffff; sign++) {
    const size_t length = sign < 0x80 ? 1 : sign < 0x800 ? 2 : sign < 0x10000 ? 3 : 4;
    const uint32_t mark = length == 1 ? 0 : 0xf00U >> length;
    char text[5] = {(char)((mark & 0xff) | sign >> 6 * (length - 1))};
    for (size_t i = 1; i < length; i++) text[i] = (char)(0x80 | (sign >> 6 * (length - 1 - i) & 0x3f));
    const size_t found = fv_text_sign(text, 4);
    if (found != (sign >= 0xd800 && sign < 0xe000 ? 0 : length)) fail_msg("U+%04X: %zu", (unsigned)sign, found);
    if (fv_text_sign(text, length - 1)) fail_msg("half of U+%04X", (unsigned)sign);
    text[length - 1] = '\0';
    if (length > 1 && fv_text_sign(text, 4)) fail_msg("half of U+%04X", (unsigned)sign);
  }
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) assert_int_equal(fv_text_sign(none[i], 4), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(signs_of_utf8),
      cmocka_unit_test(messages_nest_and_stay_printable),

      cmocka_unit_test(shapes_count_and_print),
      cmocka_unit_test(options_become_explicit),
      cmocka_unit_test(options_read_and_write_text),
      cmocka_unit_test(doubles_become_short_text),
      cmocka_unit_test(names_become_snake_case),
      cmocka_unit_test(draws_are_those_of_the_rule),
      cmocka_unit_test(arenas_give_zeroed_memory),
      cmocka_unit_test(every_piece_runs_once),
      cmocka_unit_test(jobs_follow_each_other),
      cmocka_unit_test(the_level_can_be_masked_down_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
