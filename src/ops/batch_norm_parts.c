/* How batch normalisation's fast ways cut their work, forward and backward. */
#include "ops/batch_norm.h"

size_t fv__norm_scratch_bytes(const fv__op *op, int threads) {
  (void)threads;
  const size_t channels = (size_t)op->batch_norm.channels;
  return FV__NORM_PARTS * channels * 2 * (sizeof(double) + sizeof(float)) + FV__NORM_RESULTS * channels * sizeof(float);
}

fv__norm_scratch fv__norm_scratch_of(const fv__op *op, void *scratch, int64_t part) {
  const int64_t channels = op->batch_norm.channels;
  double *sums = (double *)scratch + 2 * part * channels;
  float *singles = (float *)(void *)((double *)scratch + 2 * FV__NORM_PARTS * channels);
  float *block = singles + 2 * part * channels, *results = singles + 2 * FV__NORM_PARTS * channels;
  return (fv__norm_scratch){.sums = {sums, sums + channels},
                            .block = {block, block + channels},
                            .first = results,
                            .second = results + channels,
                            .third = results + 2 * channels};
}

int64_t fv__norm_block_pixels(const fv__view *x) { return fv__max(16, FV__NORM_BLOCK / x->c); }

int64_t fv__norm_start(const fv__view *x, int64_t part) {
  const int64_t pixels = fv__view_pixels(x), block = fv__norm_block_pixels(x), blocks = (pixels + block - 1) / block;
  return fv__min(pixels, part * blocks / FV__NORM_PARTS * block);
}

static int64_t run_of(const fv__view *view, int64_t first, int64_t end) {
  return fv__view_is_matrix(view) ? end - first : fv__min(end - first, view->w - first % view->w);
}

int64_t fv__norm_run(const fv__view *x, const fv__view *other, int64_t first, int64_t end) {
  return fv__min(run_of(x, first, end), run_of(other, first, end));
}
