/* Boxes under transforms: where the pixels of a filled box go, there its box goes, for flips, shifts, zooms, turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <fovea/augment.h>

enum { HEIGHT = 60, WIDTH = 80 };

static float before[HEIGHT * WIDTH], after[HEIGHT * WIDTH];

static fv_box bounds_of(const float *pixels) {
  fv_box box = {WIDTH, HEIGHT, 0, 0};
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      if (pixels[y * WIDTH + x] < 127.5F) continue;
      box.x0 = fminf(box.x0, (float)x);
      box.y0 = fminf(box.y0, (float)y);
      box.x1 = fmaxf(box.x1, (float)x + 1);
      box.y1 = fmaxf(box.y1, (float)y + 1);
    }
  return box;
}

static void boxes_go_where_their_pixels_go(void **state) {
  (void)state;
  static const struct {
    const char *what;
    fv_transform transform;
    float tolerance;
  } cases[] = {{"nothing", {0}, 1e-4F},
               {"flip", {.flip_horizontal = true}, 1e-4F},
               {"both flips", {.flip_horizontal = true, .flip_vertical = true}, 1e-4F},
               {"shift", {.tx = 7, .ty = -4}, 1e-4F},
               {"quarter turn", {.theta = 180}, 0.01F},
               {"zoom out", {.zx = 1.5, .zy = 1.25}, 1},
               {"zoom in, shift, flip", {.zx = 0.8, .zy = 0.9, .tx = 3, .ty = 2, .flip_horizontal = true}, 1},
               {"turn", {.theta = 20}, 1.5F},
               {"turn and shear", {.theta = -15, .shear = 10, .flip_vertical = true}, 1.5F}};
  const fv_box box = {25, 20, 52, 38};
  for (int y = 20; y < 38; y++)
    for (int x = 25; x < 52; x++) before[y * WIDTH + x] = 255;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const fv_tensor in = {{2, {HEIGHT, WIDTH}}, before}, out = {{2, {HEIGHT, WIDTH}}, after};
    const fv_augment_options how = {.fill = FV_AUGMENT_CONSTANT};
    assert_int_equal(fv_transform_apply(&out, &in, &cases[i].transform, &how), FV_OK);
    const fv_box seen = bounds_of(after), said = fv_transform_box(&box, &cases[i].transform, &how, HEIGHT, WIDTH);
    const float a[] = {seen.x0, seen.y0, seen.x1, seen.y1}, b[] = {said.x0, said.y0, said.x1, said.y1};
    for (int side = 0; side < 4; side++)
      if (fabsf(a[side] - b[side]) > cases[i].tolerance)
        fail_msg("%s, side %d: pixels end at %g, the box at %g", cases[i].what, side, (double)a[side], (double)b[side]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(boxes_go_where_their_pixels_go)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
