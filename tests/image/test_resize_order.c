/* In which order the two passes of a resize come: since they round between, the order shows. Pillow 13 resizes the
 * columns of a picture first when the height shrinks by more than twice what the width shrinks by (found by trying 600
 * random sizes; older ones always resized the rows first). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <fovea/image.h>

static void fill(fv_image *image, int32_t height, int32_t width) {
  uint32_t state = 1;
  assert_int_equal(fv_image_create(image, height, width, 3), FV_OK);
  for (int32_t i = 0; i < height * width * 3; i++) {
    state = state * 1664525u + 1013904223u;
    image->pixels[i] = (uint8_t)(state >> 24);
  }
}

/* Both passes at once against one after the other. */
static bool equals_two_steps(int32_t height, int32_t width, int32_t to_height, int32_t to_width, bool columns_first) {
  fv_image in, whole, between, stepwise;
  const char *method = "pil-bilinear";
  fill(&in, height, width);
  assert_int_equal(fv_image_resize(&whole, &in, to_height, to_width, method), FV_OK);
  int32_t middle_height = columns_first ? to_height : height, middle_width = columns_first ? width : to_width;
  assert_int_equal(fv_image_resize(&between, &in, middle_height, middle_width, method), FV_OK);
  assert_int_equal(fv_image_resize(&stepwise, &between, to_height, to_width, method), FV_OK);
  bool equal = !memcmp(whole.pixels, stepwise.pixels, (size_t)(to_height * to_width * 3));
  fv_image_destroy(&in);
  fv_image_destroy(&whole);
  fv_image_destroy(&between);
  fv_image_destroy(&stepwise);
  return equal;
}

static void test_order(void **state) {
  (void)state;
  static const struct {
    int32_t height, width, to_height, to_width;
    bool columns_first;
  } cases[] = {{500, 335, 224, 224, true},  {500, 361, 224, 224, true},  {500, 362, 224, 224, false},
               {501, 362, 224, 224, true},  {501, 363, 224, 224, false}, {500, 375, 224, 224, false},
               {375, 500, 224, 224, false}, {37, 53, 80, 100, false},    {90, 20, 30, 50, true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int32_t h = cases[i].height, w = cases[i].width, to_h = cases[i].to_height, to_w = cases[i].to_width;
    assert_true(equals_two_steps(h, w, to_h, to_w, cases[i].columns_first));
    assert_false(equals_two_steps(h, w, to_h, to_w, !cases[i].columns_first));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
