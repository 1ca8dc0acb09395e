/* Matrix products: the bits of a row depend neither on how many rows there are nor on how they are cut into tiles. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/cpu.h>

#include "base/rng.h"
#include "kernels/kernels.h"

#include <cmocka.h>

enum { ROWS = 40, COLUMNS = 75, MAX_PANEL = 32, MAX_K = 111, MAX_TAPS = 3 };

/* Panels in pairs of vectors and in threes, a last vector whole and in part, one vector alone; short rows of one tap.
 */
typedef struct product {
  int64_t taps, depth, columns;
} product;
static const product PRODUCTS[] = {{3, 37, 75}, {3, 37, 72}, {1, 111, 66}, {1, 20, 64}, {1, 20, 75},
                                   {1, 20, 24}, {1, 1, 40},  {2, 9, 8},    {1, 30, 5},  {1, 30, 1}};
enum { PRODUCTS_COUNT = sizeof PRODUCTS / sizeof *PRODUCTS };

static float a[ROWS][MAX_K], panels[(COLUMNS + MAX_PANEL) * MAX_K], shift[COLUMNS], scale[COLUMNS];
static float residual[ROWS][COLUMNS], kernel[MAX_K][COLUMNS];

static void fill(const char *name, float *to, int64_t count) {
  const uint64_t state = fv__rng_state(name, 3);
  for (int64_t i = 0; i < count; i++) to[i] = (float)(2 * fv__rng_uniform(state, (uint64_t)i) - 1);
}

static void pack(const product *p, int64_t width) {
  const int64_t length = p->taps * p->depth;
  memset(panels, 0, sizeof panels);
  for (int64_t o = 0; o < p->columns; o++)
    for (int64_t k = 0; k < length; k++) panels[(o / width * length + k) * width + o % width] = kernel[k][o];
}

static int make_data(void **state) {
  (void)state;
  fill("a", a[0], (int64_t)ROWS * MAX_K);
  fill("kernel", kernel[0], (int64_t)MAX_K * COLUMNS);
  fill("shift", shift, COLUMNS);
  fill("scale", scale, COLUMNS);
  fill("residual", residual[0], (int64_t)ROWS * COLUMNS);
  return 0;
}

/* `rows` rows from `first` on, in tiles of `height` and a rest. */
static void multiply(const fv__gemm_kernels *gemm, const product *p, int32_t first, int32_t rows, int32_t height,
                     float y[][COLUMNS]) {
  const float *pointers[ROWS * MAX_TAPS], *residuals[ROWS];
  float *outputs[ROWS];
  int32_t starts[ROWS + 1] = {0}, tiles = 0, count = 0;
  while (starts[tiles] < rows) {
    const int32_t end = starts[tiles] + height < rows ? starts[tiles] + height : rows;
    for (int64_t tap = 0; tap < p->taps; tap++)
      for (int32_t row = starts[tiles]; row < end; row++) pointers[count++] = a[first + row] + tap * p->depth;
    starts[++tiles] = end;
  }
  for (int32_t row = 0; row < rows; row++) {
    outputs[row] = y[first + row];
    residuals[row] = residual[first + row];
  }
  const fv__gemm_block block = {.taps = p->taps,
                                .depth = p->depth,
                                .tiles = tiles,
                                .tile_starts = starts,
                                .a = pointers,
                                .panels = panels,
                                .columns = p->columns,
                                .y = outputs,
                                .residual = residuals,
                                .scale = scale,
                                .shift = shift,
                                .low = -3,
                                .high = 5,
                                .finish = true};
  gemm->multiply(&block);
}

static void bits_do_not_depend_on_tiles(void **state) {
  (void)state;
  static float expected[ROWS][COLUMNS], found[ROWS][COLUMNS];
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    for (int i = 0; i < PRODUCTS_COUNT; i++) {
      const product *p = &PRODUCTS[i];
      const fv__gemm_kernels *gemm = fv__kernels_for((fv_cpu_level)level)->gemm;
      pack(p, gemm->panel_width);
      memset(expected, 0xff, sizeof expected);
      multiply(gemm, p, 0, ROWS, gemm->tile_rows, expected);
      for (int32_t height = 1; height <= gemm->tile_rows; height++)
        for (int32_t rows = 1; rows <= height; rows++) {
          memset(found, 0xff, sizeof found);
          for (int32_t first = 0; first < ROWS; first += rows)
            multiply(gemm, p, first, first + rows < ROWS ? rows : ROWS - first, height, found);
          assert_memory_equal(expected, found, sizeof found);
        }
    }
}

static void sums_are_right(void **state) {
  (void)state;
  static float found[ROWS][COLUMNS];
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    for (int i = 0; i < PRODUCTS_COUNT; i++) {
      const product *p = &PRODUCTS[i];
      const fv__gemm_kernels *gemm = fv__kernels_for((fv_cpu_level)level)->gemm;
      pack(p, gemm->panel_width);
      memset(found, 0, sizeof found);
      multiply(gemm, p, 0, ROWS, gemm->tile_rows, found);
      for (int row = 0; row < ROWS; row++)
        for (int o = 0; o < COLUMNS; o++) {
          double sum = 0;
          for (int64_t k = 0; k < p->taps * p->depth; k++) sum += (double)a[row][k] * (double)kernel[k][o];
          sum = fmin(fmax(sum * (double)scale[o] + (double)shift[o] + (double)residual[row][o], -3), 5);
          assert_float_equal(o < p->columns ? (float)sum : 0, found[row][o], 1e-5);
        }
    }
}

/* A product in two stretches of k, nothing else done to it, with any number of columns. */
static void stretches_add_up(void **state) {
  (void)state;
  static float found[ROWS][COLUMNS], half[MAX_K * MAX_PANEL];
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    const fv__gemm_kernels *gemm = fv__kernels_for((fv_cpu_level)level)->gemm;
    const int64_t width = gemm->panel_width;
    const int32_t starts[2] = {0, gemm->tile_rows};
    const float *pointers[16];
    float *outputs[16];
    for (int32_t row = 0; row < gemm->tile_rows; row++) {
      pointers[row] = a[row];
      outputs[row] = found[row];
    }
    for (int64_t columns = 1; columns <= width; columns++) {
      memset(found, 0, sizeof found);
      for (int64_t part = 0; part < 2; part++) {
        for (int64_t k = 0; k < 50; k++)
          for (int64_t o = 0; o < width; o++) half[k * width + o] = o < columns ? kernel[part * 50 + k][o] : 0;
        gemm->multiply(&(fv__gemm_block){.taps = 1,
                                         .depth = 50,
                                         .tiles = 1,
                                         .tile_starts = starts,
                                         .a = pointers,
                                         .a_offset = part * 50,
                                         .panels = half,
                                         .columns = columns,
                                         .y = outputs,
                                         .add = part == 1});
      }
      for (int32_t row = 0; row < gemm->tile_rows; row++)
        for (int64_t o = 0; o < COLUMNS; o++) {
          double sum = 0;
          for (int k = 0; k < 100; k++) sum += (double)a[row][k] * (double)kernel[k][o];
          assert_float_equal(o < columns ? (float)sum : 0, found[row][o], 1e-5);
        }
    }
  }
}

/* The rows of a matrix added all at once or one by one: the same bits, sums right up to rounding, and no number beyond.
 */
static void natural_rows_add_up(void **state) {
  (void)state;
  const float *b[FV__ROWS_ADDED];
  for (int i = 0; i < FV__ROWS_ADDED; i++) b[i] = kernel[i];
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    for (int64_t rows = 1; rows <= FV__ROWS_ADDED; rows++)
      for (int64_t columns = 1; columns <= COLUMNS; columns++) {
        const fv__gemm_kernels *gemm = fv__kernels_for((fv_cpu_level)level)->gemm;
        float sums[COLUMNS + 1] = {0}, again[COLUMNS + 1] = {0};
        sums[columns] = again[columns] = 42;
        gemm->add_rows(a[0], b, rows, columns, sums);
        for (int64_t i = 0; i < rows; i++) gemm->add_rows(a[0] + i, b + i, 1, columns, again);
        assert_memory_equal(sums, again, sizeof sums);
        assert_float_equal(sums[columns], 42, 0);
        for (int o = 0; o < columns; o++) {
          double sum = 0;
          for (int64_t k = 0; k < rows; k++) sum += (double)a[0][k] * (double)kernel[k][o];
          assert_float_equal(sum, sums[o], 1e-5);
        }
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bits_do_not_depend_on_tiles), cmocka_unit_test(sums_are_right),
                                     cmocka_unit_test(stretches_add_up), cmocka_unit_test(natural_rows_add_up)};
  return cmocka_run_group_tests(tests, make_data, NULL);
}
