/* Filters over a picture of 3840 x 2160, one thread: milliseconds, share of the core's multiply-add peak, bytes of
 * pixels in and out per second. bench/peers/filters measures beside OpenCV.
 *
 * Usage: bench_filter [ROUNDS].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/filter.h>

#include "measure.h"

enum { HEIGHT = 2160, WIDTH = 3840, SIDES = 3, CASES = 2 * 2 * SIDES };

static const int32_t SIDE[SIDES] = {3, 7, 15};

typedef struct line {
  bool floats;
  int32_t channels, side;
  double seconds;
} line;

static void stop(fv_status status) {
  if (!status) return;
  fprintf(stderr, "%s\n", fv_error_message());
  exit(4);
}

static fv_shape shape_of(int32_t channels) { return (fv_shape){3, {HEIGHT, WIDTH, channels}}; }

/* One run on zeros: what the numbers are changes nothing. */
static double run_once(const line *l, const fv_filter_kernel *kernel) {
  fv_image image, result;
  fv_tensor numbers, sums;
  const fv_shape shape = shape_of(l->channels);
  double start, end;
  if (l->floats) {
    stop(fv_tensor_create(&numbers, &shape));
    stop(fv_tensor_create(&sums, &shape));
    stop(fv_filter_apply_into(&sums, NULL, &numbers, kernel, NULL)); /* the memory is there and warm */
    start = measure_seconds();
    stop(fv_filter_apply_into(&sums, NULL, &numbers, kernel, NULL));
    end = measure_seconds();
    fv_tensor_destroy(&numbers);
    fv_tensor_destroy(&sums);
  } else {
    stop(fv_image_create(&image, HEIGHT, WIDTH, l->channels));
    stop(fv_image_create(&result, HEIGHT, WIDTH, l->channels));
    stop(fv_filter_image_into(&result, NULL, &image, kernel, NULL));
    start = measure_seconds();
    stop(fv_filter_image_into(&result, NULL, &image, kernel, NULL));
    end = measure_seconds();
    fv_image_destroy(&image);
    fv_image_destroy(&result);
  }
  return end - start;
}

static void report(const line *l, double peak) {
  const double numbers = (double)HEIGHT * WIDTH * l->channels, flops = 2 * numbers * l->side * l->side;
  printf("  %-6s %-5s %2d x %-2d %9.2f ms %5.1f %% of peak %6.1f GB/s\n", l->floats ? "float" : "8-bit",
         l->channels == 1 ? "gray" : "RGB", l->side, l->side, l->seconds * 1e3, flops / l->seconds * 1e-7 / peak,
         2 * numbers * (l->floats ? sizeof(float) : 1) / l->seconds * 1e-9);
}

int main(int count, char **arguments) {
  const int rounds = count > 1 ? atoi(arguments[1]) : 5;
  static double weights[15 * 15];
  line lines[CASES];
  double peak = 0;
  for (int i = 0; i < 15 * 15; i++) weights[i] = 1.0 / (i + 2);
  for (int i = 0; i < CASES; i++) lines[i] = (line){i / (2 * SIDES) == 1, i / SIDES % 2 ? 3 : 1, SIDE[i % SIDES], 1e9};
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < CASES; i++) {
      const fv_filter_kernel kernel = {NULL, NULL, lines[i].side, lines[i].side, weights};
      const double now = fv_cpu_peak(), seconds = run_once(&lines[i], &kernel);
      if (now > peak) peak = now;
      if (seconds < lines[i].seconds) lines[i].seconds = seconds;
    }
  printf("%s, one thread: peak %.1f GFLOP/s\n", fv_cpu_name(fv_cpu()), peak);
  for (int i = 0; i < CASES; i++) report(&lines[i], peak);
  return 0;
}
