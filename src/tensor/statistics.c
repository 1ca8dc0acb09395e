/* Statistics of a tensor. Sums are kept in double, over runs of a thousand numbers first, so that those of large
 * tensors lose nothing that float32 has. */
#include <fovea/tensor.h>

#include <math.h>

enum { RUN = 1024 };

static void measure_run(fv_statistics *s, const float *values, int64_t count) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < count; i++) {
    const double value = (double)values[i];
    if (isnan(value)) {
      s->nan_count++;
      continue;
    }
    s->infinite_count += isinf(value) != 0;
    sum += value;
    squares += value * value;
    if (value < s->min) s->min = value;
    if (value > s->max) s->max = value;
  }
  s->mean += sum;
  s->rms += squares;
}

fv_statistics fv_tensor_measure(const fv_tensor *tensor) {
  fv_statistics s = {.min = INFINITY, .max = -INFINITY};
  if (fv_shape_elements(&s.count, &tensor->shape)) s.count = 0; /* of no tensor that was made */
  for (int64_t i = 0; i < s.count; i += RUN) measure_run(&s, tensor->data + i, s.count - i < RUN ? s.count - i : RUN);
  const int64_t counted = s.count - s.nan_count;
  if (counted == 0) {
    s.mean = s.rms = s.min = s.max = 0;
  } else {
    s.mean = isnan(s.mean) ? (double)NAN : s.mean / (double)counted; /* of both infinities: none, without a sign */
    s.rms = sqrt(s.rms / (double)counted);
  }
  return s;
}
