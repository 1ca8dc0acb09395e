/* Kernels as pictures and their likeness to named filters: the cosine between the two, taken as arrows in a space of as
 * many axes as a window has numbers.
 */
#include <fovea/kernel_maps.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

enum { FEW_INPUTS = 4 };

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for kernels"); }

/* The weight called `name`; -1: none. */
static int32_t find_weight(const fv_model *model, const fv_layer_info *layer, const char *name) {
  for (int32_t i = 0; i < layer->weight_count; i++)
    if (!strcmp(fv_model_weight(model, layer->weights[i]).name, name)) return layer->weights[i];
  return -1;
}

/* Keras's layouts: (height, width, inputs, filters), of lines without height, of Dense without both; depthwise (height,
 * width, channels, multiplier), transposed (height, width, filters, inputs). */
static fv_kernel_maps laid_out(const fv_shape *shape, bool depthwise, bool transposed) {
  const int64_t *d = shape->dims + shape->rank;
  fv_kernel_maps maps = {.height = shape->rank == 4 ? d[-4] : 1,
                         .width = shape->rank >= 3 ? d[-3] : 1,
                         .inputs = d[-2],
                         .filters = d[-1],
                         .input = d[-1],
                         .filter = 1};
  maps.column = d[-2] * d[-1];
  maps.row = maps.width * maps.column;
  if (depthwise) {
    maps.filters = maps.column;
    maps.inputs = 1;
  } else if (transposed) {
    maps.filters = d[-2];
    maps.inputs = d[-1];
    maps.input = 1;
    maps.filter = d[-1];
  }
  return maps;
}

fv_status fv_kernel_maps_of(fv_kernel_maps *maps, fv_model *model, int32_t index) {
  *maps = (fv_kernel_maps){0};
  if (index < 0 || index >= fv_model_layer_count(model))
    return fail(FV_ERROR_INVALID, "the model has no layer %" PRId32, index);
  const fv_layer_info layer = fv_model_layer(model, index);
  const int32_t depthwise = find_weight(model, &layer, "depthwise_kernel"), bias = find_weight(model, &layer, "bias");
  int32_t kernel = depthwise >= 0 ? depthwise : find_weight(model, &layer, "kernel");
  const bool is_depthwise = depthwise >= 0 || !strncmp(layer.kind, "Depthwise", 9);
  const fv_shape shape = kernel >= 0 ? fv_model_weight(model, kernel).shape : (fv_shape){0};
  if (shape.rank < 2 || shape.rank > 4)
    return fail(FV_ERROR_UNSUPPORTED, "'%s' is a %s: it has no kernel to look at", layer.name, layer.kind);
  *maps = laid_out(&shape, is_depthwise, strstr(layer.kind, "Transpose") != NULL);
  maps->numbers = fv_model_weight_data(model, kernel);
  /* The bias of a separable convolution belongs to its other part. */
  if (bias >= 0 && (depthwise < 0 || find_weight(model, &layer, "pointwise_kernel") < 0))
    maps->bias = fv_model_weight_data(model, bias);
  return FV_OK;
}

static float number_at(const fv_kernel_maps *m, int64_t filter, int64_t input, int64_t y, int64_t x) {
  return m->numbers[y * m->row + x * m->column + input * m->input + filter * m->filter];
}

fv_status fv_kernel_maps_draw(float *planes, const fv_kernel_maps *maps, int64_t first, int64_t count,
                              int64_t first_input, int64_t input_count) {
  if (first < 0 || count < 0 || first > maps->filters - count)
    return fail(FV_ERROR_INVALID, "filters %" PRId64 " to %" PRId64 " of %" PRId64, first, first + count - 1,
                maps->filters);
  if (first_input < 0 || input_count < 0 || first_input > maps->inputs - input_count)
    return fail(FV_ERROR_INVALID, "inputs %" PRId64 " to %" PRId64 " of %" PRId64, first_input,
                first_input + input_count - 1, maps->inputs);
  for (int64_t f = first; f < first + count; f++)
    for (int64_t i = first_input; i < first_input + input_count; i++)
      for (int64_t y = 0; y < maps->height; y++)
        for (int64_t x = 0; x < maps->width; x++) *planes++ = number_at(maps, f, i, y, x);
  return FV_OK;
}

/* ---- likeness */

/* A window at another size, each of its cells the mean of what falls into it; a number counts by the part of its area.
 */
static void shrink(const double *from, int64_t height, int64_t width, double *to, int32_t to_height, int32_t to_width) {
  const double step_y = (double)height / to_height, step_x = (double)width / to_width;
  for (int32_t i = 0; i < to_height; i++)
    for (int32_t j = 0; j < to_width; j++) {
      double sum = 0;
      for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++) {
          const double part_y = fmin((double)y + 1, (i + 1) * step_y) - fmax((double)y, i * step_y);
          const double part_x = fmin((double)x + 1, (j + 1) * step_x) - fmax((double)x, j * step_x);
          if (part_y > 0 && part_x > 0) sum += part_y * part_x * from[y * width + x];
        }
      to[i * to_width + j] = sum / (step_y * step_x);
    }
}

/* The cosine between a window and a kernel; 0 where they cannot be compared. `space` has room for the kernel. */
static double cosine(const double *window, int64_t height, int64_t width, const fv_filter_kernel *kernel,
                     double *space) {
  if (height < kernel->height || width < kernel->width) return 0;
  if ((height > kernel->height || width > kernel->width) && kernel->height * kernel->width < 9) return 0;
  shrink(window, height, width, space, kernel->height, kernel->width);
  double product = 0, a = 0, b = 0;
  for (int32_t i = 0; i < kernel->height * kernel->width; i++) {
    product += space[i] * kernel->weights[i];
    a += space[i] * space[i];
    b += kernel->weights[i] * kernel->weights[i];
  }
  return a > 0 && b > 0 ? product / sqrt(a * b) : 0;
}

/* The named filter whose cosine is farthest from 0. */
static double nearest(const double *window, int64_t height, int64_t width, const char **name, double *space) {
  double best = 0;
  *name = NULL;
  for (int32_t i = 0; fv_filter_kernel_at(i) && height * width > 1; i++) {
    const fv_filter_kernel *kernel = fv_filter_kernel_at(i);
    const double found = cosine(window, height, width, kernel, space);
    if (!(fabs(found) > fabs(best) + 1e-6)) continue; /* of equal ones, as left and right, the first */
    best = found;
    *name = kernel->name;
  }
  return best;
}

static double norm_of(const fv_kernel_maps *m, int64_t filter, int64_t input) {
  double sum = 0;
  for (int64_t y = 0; y < m->height; y++)
    for (int64_t x = 0; x < m->width; x++) {
      const double number = (double)number_at(m, filter, input, y, x);
      sum += number * number;
    }
  return sqrt(sum);
}

/* The window of a filter that is compared; which input's, or -1. */
static int64_t compared_window(double *window, const fv_kernel_maps *m, int64_t filter) {
  int64_t strongest = 0;
  double most = -1;
  for (int64_t i = 0; m->inputs > FEW_INPUTS && i < m->inputs; i++) {
    const double norm = norm_of(m, filter, i);
    if (!(norm > most)) continue;
    most = norm;
    strongest = i;
  }
  const bool adds = m->inputs <= FEW_INPUTS;
  for (int64_t y = 0; y < m->height; y++)
    for (int64_t x = 0; x < m->width; x++) {
      double sum = adds ? 0 : (double)number_at(m, filter, strongest, y, x);
      for (int64_t i = 0; adds && i < m->inputs; i++) sum += (double)number_at(m, filter, i, y, x);
      window[y * m->width + x] = sum;
    }
  return adds ? -1 : strongest;
}

/* ---- statistics */

static double largest_magnitude(const fv_kernel_maps *m) {
  double largest = 0;
  for (int64_t i = 0; i < m->height * m->width * m->inputs * m->filters; i++) /* dense in every layout */
    if (fabs((double)m->numbers[i]) > largest) largest = fabs((double)m->numbers[i]);
  return largest;
}

static fv_kernel_statistics statistics_of(const fv_kernel_maps *m, int64_t filter, double least) {
  double sum = 0, squares = 0, min = INFINITY, max = -INFINITY;
  int64_t small = 0;
  for (int64_t i = 0; i < m->inputs; i++)
    for (int64_t y = 0; y < m->height; y++)
      for (int64_t x = 0; x < m->width; x++) {
        const double number = (double)number_at(m, filter, i, y, x);
        sum += number;
        squares += number * number;
        min = number < min || isnan(number) ? number : min;
        max = number > max || isnan(number) ? number : max;
        small += fabs(number) <= least;
      }
  const double count = (double)(m->inputs * m->height * m->width);
  return (fv_kernel_statistics){.norm = (float)sqrt(squares),
                                .mean = (float)(sum / count),
                                .min = (float)min,
                                .max = (float)max,
                                .sum = (float)sum,
                                .sparsity = (float)((double)small / count),
                                .bias = m->bias ? m->bias[filter] : 0};
}

fv_status fv_kernel_maps_measure(fv_kernel_statistics *statistics, const fv_kernel_maps *maps) {
  double *window = calloc((size_t)(maps->height * maps->width), sizeof *window);
  double *space = calloc((size_t)FV_FILTER_MAX_SIDE * FV_FILTER_MAX_SIDE, sizeof *space);
  const fv_status status = window && space ? FV_OK : no_memory();
  const double least = largest_magnitude(maps) / 1000;
  for (int64_t f = 0; f < maps->filters && !status; f++) {
    statistics[f] = statistics_of(maps, f, least);
    statistics[f].compared = compared_window(window, maps, f);
    statistics[f].likeness = (float)nearest(window, maps->height, maps->width, &statistics[f].name, space);
    if (!(fabsf(statistics[f].likeness) >= (float)FV_KERNEL_LIKENESS_LEAST)) statistics[f].name = NULL;
  }
  free(space);
  free(window);
  return status;
}

fv_status fv_kernel_maps_compare(float *likeness, const fv_kernel_maps *maps, const fv_filter_kernel *kernel) {
  double *window = calloc((size_t)(maps->height * maps->width), sizeof *window);
  double *space = calloc((size_t)FV_FILTER_MAX_SIDE * FV_FILTER_MAX_SIDE, sizeof *space);
  const fv_status status = window && space ? FV_OK : no_memory();
  for (int64_t f = 0; f < maps->filters && !status; f++) {
    compared_window(window, maps, f);
    likeness[f] = (float)cosine(window, maps->height, maps->width, kernel, space);
  }
  free(space);
  free(window);
  return status;
}
