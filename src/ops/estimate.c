/* Estimates of time. The numbers are those of one core: multiply-adds of the matrix product as bench_gemm finds them,
 * weights read from memory once, transforms as bench_winograd finds them. NEON goes by the baseline's until someone
 * measures it.
 */
#include "ops/estimate.h"

#include "kernels/kernels.h"
#include "ops/way.h"

/* Per nanosecond. */
typedef struct rates {
  double multiply_adds, bytes, transformed; /* numbers, of tiles of 4x4 outputs */
} rates;

static const rates RATES[] = {
    [FV_CPU_BASELINE] = {16, 20, 1.26}, [FV_CPU_AVX2] = {48, 16, 3.4}, [FV_CPU_AVX512] = {105, 35, 7}};

/* A tile of fewer rows takes as long as one of four: the sums of two vectors each just hide the latency. */
enum { LEAST_ROWS = 4 };

double fv__estimate_gemm(const fv__op *op, int64_t rows, int64_t length, int64_t columns) {
  const rates *r = &RATES[op->kernels->level];
  const fv__gemm_kernels *gemm = op->kernels->gemm;
  const double numbers = (double)length * (double)fv__round_up(columns, gemm->panel_width);
  const int64_t tiles = (rows + gemm->tile_rows - 1) / gemm->tile_rows;
  const double work = numbers * (double)fv__max(rows, tiles * LEAST_ROWS) / r->multiply_adds;
  const double reading = numbers * sizeof(float) / r->bytes;
  return work > reading ? work : reading;
}

double fv__estimate_transforms(const fv__op *op, double numbers) {
  return numbers / RATES[op->kernels->level].transformed;
}
