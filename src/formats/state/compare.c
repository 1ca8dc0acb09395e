/* How far two tensors are apart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "formats/state/state.h"

static bool is_float(fv__element element) { return element <= FV__BFLOAT16; }

/* The largest difference and the root of the mean square; two NaN are equal, a NaN and a number infinitely far apart.
 */
static void measure(fv_difference *difference, const float *a, const float *b, int64_t count) {
  double squares = 0;
  for (int64_t i = 0; i < count; i++) {
    if (a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))) continue;
    const double apart = isnan(a[i]) || isnan(b[i]) ? (double)INFINITY : fabs((double)a[i] - (double)b[i]);
    difference->count++;
    squares += apart * apart;
    if (apart > difference->max) difference->max = apart;
  }
  if (count) difference->rms = sqrt(squares / (double)count);
}

/* Integers of one type as they are: beyond 2^24 floats do not tell all of them apart. */
static fv_status count_other_bytes(int64_t *count, const fv_state *a, const fv__state_tensor *x, const fv_state *b,
                                   const fv__state_tensor *y) {
  const size_t size = fv__element_size(x->element);
  const size_t bytes = (size_t)x->count * size; /* as many have been read as floats */
  uint8_t *first = malloc(bytes + 1), *second = malloc(bytes + 1);
  fv_status status = first && second ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for %lld numbers", (long long)x->count);
  if (!status) status = fv__state_bytes(a, first, x);
  if (!status) status = fv__state_bytes(b, second, y);
  *count = 0;
  for (int64_t i = 0; !status && i < x->count; i++)
    *count += memcmp(first + (size_t)i * size, second + (size_t)i * size, size) != 0;
  free(first);
  free(second);
  return status;
}

fv_status fv_state_compare(fv_difference *difference, const fv_state *a, int32_t index_a, const fv_state *b,
                           int32_t index_b) {
  *difference = (fv_difference){.count = 0};
  fv_tensor x, y;
  TRY(fv_state_read(&x, a, index_a));
  fv_status status = fv_state_read(&y, b, index_b);
  if (!status && !fv_shape_equal(&x.shape, &y.shape))
    status = fail(FV_ERROR_SHAPE, "%s: the shapes differ", a->tensors[index_a].name);
  const fv__state_tensor *first = &a->tensors[index_a], *second = NULL;
  if (!status) second = &b->tensors[index_b];
  if (!status) measure(difference, x.data, y.data, first->count);
  fv_tensor_destroy(&x);
  fv_tensor_destroy(&y);
  if (status || is_float(first->element) || first->element != second->element) return status;
  if (!fv__state_is_exact(a) || !fv__state_is_exact(b)) return FV_OK;
  return count_other_bytes(&difference->count, a, first, b, second);
}
