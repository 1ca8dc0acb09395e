/* The filter as it is defined, for tests: no vectors, no threads, sums in double. */
#include "image/filter_sweep.h"

static double sum_at(const fv__filter_task *t, int64_t i, int64_t j, int64_t c) {
  const fv__picture *p = &t->picture;
  double sum = 0;
  for (int64_t a = 0; a < t->rows.window; a++)
    for (int64_t b = 0; b < t->columns.window; b++) {
      const int64_t y = fv_filter_border_source(i * t->rows.stride + a - t->rows.before, p->height, t->border);
      const int64_t x = fv_filter_border_source(j * t->columns.stride + b - t->columns.before, p->width, t->border);
      if (y < 0 || x < 0) continue;
      sum += t->weights[a * t->columns.window + b] * (double)t->floats[(y * p->width + x) * p->channels + c];
    }
  return sum;
}

void fv__filter_plain(const fv__filter_task *t) {
  float *out = t->out_floats;
  for (int64_t i = 0; i < t->rows.out; i++)
    for (int64_t j = 0; j < t->columns.out; j++)
      for (int64_t c = 0; c < t->picture.channels; c++) *out++ = (float)sum_at(t, i, j, c);
}
