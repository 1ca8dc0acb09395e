/* Resizing with OpenCV's linear and area, one thread: milliseconds, bytes of pixels in and out per second.
 * bench/peers/filters measures beside OpenCV.
 *
 * Usage: bench_resize [ROUNDS].
 */
#include <stdio.h>
#include <stdlib.h>

#include <fovea/image.h>

#include "measure.h"

static const int32_t SIZES[][4] = {{2160, 3840, 1080, 1920}, {2160, 3840, 1440, 2560}, {2160, 3840, 720, 1280},
                                   {2160, 3840, 600, 1000},  {1080, 1920, 2160, 3840}, {1440, 2560, 2160, 3840}};
enum { SIZES_COUNT = sizeof SIZES / sizeof *SIZES, CASES = SIZES_COUNT * 8 };

typedef struct line {
  const int32_t *size;
  const char *method;
  bool floats;
  int32_t channels;
  double seconds;
} line;

static void stop(fv_status status) {
  if (!status) return;
  fprintf(stderr, "%s\n", fv_error_message());
  exit(4);
}

static double resize_floats(const line *l) {
  fv_tensor in, out;
  stop(fv_tensor_create(&in, &(fv_shape){3, {l->size[0], l->size[1], l->channels}}));
  stop(fv_tensor_create(&out, &(fv_shape){3, {l->size[2], l->size[3], l->channels}}));
  stop(fv_image_resize_floats_into(&out, &in, l->method, NULL)); /* the memory is there and warm */
  const double start = measure_seconds();
  stop(fv_image_resize_floats_into(&out, &in, l->method, NULL));
  const double seconds = measure_seconds() - start;
  fv_tensor_destroy(&in);
  fv_tensor_destroy(&out);
  return seconds;
}

static double resize_bytes(const line *l) {
  fv_image in, out;
  stop(fv_image_create(&in, l->size[0], l->size[1], l->channels));
  stop(fv_image_create(&out, l->size[2], l->size[3], l->channels));
  stop(fv_image_resize_into(&out, &in, l->method, NULL));
  const double start = measure_seconds();
  stop(fv_image_resize_into(&out, &in, l->method, NULL));
  const double seconds = measure_seconds() - start;
  fv_image_destroy(&in);
  fv_image_destroy(&out);
  return seconds;
}

static void report(const line *l) {
  const double pixels = (double)l->size[0] * l->size[1] + (double)l->size[2] * l->size[3];
  const double bytes = pixels * l->channels * (l->floats ? sizeof(float) : 1);
  printf("  %-9s %-5s %-4s %4d x %4d -> %4d x %4d %8.2f ms %6.1f GB/s\n", l->method, l->floats ? "float" : "8-bit",
         l->channels == 1 ? "gray" : "RGB", l->size[1], l->size[0], l->size[3], l->size[2], l->seconds * 1e3,
         bytes / l->seconds * 1e-9);
}

int main(int count, char **arguments) {
  const int rounds = count > 1 ? atoi(arguments[1]) : 3;
  line lines[CASES];
  for (int i = 0; i < CASES; i++)
    lines[i] = (line){SIZES[i % SIZES_COUNT], i / SIZES_COUNT % 2 ? "cv-area" : "cv-linear", i / (4 * SIZES_COUNT) == 1,
                      i / (2 * SIZES_COUNT) % 2 ? 3 : 1, 1e9};
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < CASES; i++) {
      const double seconds = lines[i].floats ? resize_floats(&lines[i]) : resize_bytes(&lines[i]);
      if (seconds < lines[i].seconds) lines[i].seconds = seconds;
    }
  printf("%s, one thread\n", fv_cpu_name(fv_cpu()));
  for (int i = 0; i < CASES; i++) report(&lines[i]);
  return 0;
}
