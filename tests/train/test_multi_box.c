/* MultiBox loss: by hand for a few anchors, gradients as central differences, hard negatives, anchors that do not
 * count, batches without objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <fovea/loss.h>

enum { CHANNELS = 7, ANCHORS = 6, SAMPLES = 2, NUMBERS = SAMPLES * ANCHORS * CHANNELS };

static float targets[NUMBERS], predictions[NUMBERS];

static void set_target(int row, float class, float aspect, float dx, float dw) {
  float *t = targets + row * CHANNELS;
  memset(t, 0, CHANNELS * sizeof *t);
  t[0] = dx;
  t[1] = -dx / 2;
  t[2] = dw;
  t[3] = -dw;
  t[4] = class;
  t[5] = aspect;
}

/* Two objects in the first sample, one in the second; one anchor does not count. Logits are apart from each other, so
 * that a small step never changes which negatives are the hardest. */
static int fill(void **state) {
  (void)state;
  for (int row = 0; row < SAMPLES * ANCHORS; row++) {
    set_target(row, 0, 1.5F, 0, 0);
  }
  for (int i = 0; i < NUMBERS; i++) predictions[i] = (float)((i * i * 37 + i * 11) % 101 - 50) / 40;
  set_target(1, 1, 1.5F, 0.4F, 0.3F);
  set_target(4, 2, 0.5F, -0.8F, -0.2F);
  set_target(5, -1, 1, 0, 0);
  set_target(8, 2, 2, 1.7F, 0.6F);
  return 0;
}

static const fv_loss_batch batch = {SAMPLES, ANCHORS, CHANNELS, targets, predictions, NULL};

static double compute(const fv_loss_options *options, float *gradient) {
  fv_loss *loss;
  double value;
  if (fv_loss_create(&loss, "multi_box", options)) fail_msg("%s", fv_error_message());
  assert_false(fv_loss_is_sparse(loss));
  assert_int_equal(fv_loss_value_count(loss, &batch), 1);
  assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, gradient), FV_OK);
  fv_loss_destroy(loss);
  return value;
}

static double crossentropy(int row, int class) {
  const float *logits = predictions + row * CHANNELS + 4;
  double sum = 0;
  for (int i = 0; i < 3; i++) sum += exp((double)logits[i]);
  return log(sum) - (double)logits[class];
}

static double smooth_l1(int row) {
  double sum = 0;
  for (int i = 0; i < 4; i++) {
    const double e = fabs((double)predictions[row * CHANNELS + i] - (double)targets[row * CHANNELS + i]);
    sum += e < 1 ? e * e / 2 : e - 0.5;
  }
  return sum;
}

/* With three negatives a match the first sample counts all it has, the second the three hardest of five. */
static void by_hand(void **state) {
  (void)state;
  double expected = crossentropy(1, 1) + crossentropy(4, 2) + crossentropy(8, 2) + smooth_l1(1) + smooth_l1(4) +
                    smooth_l1(8) + crossentropy(0, 0) + crossentropy(2, 0) + crossentropy(3, 0);
  double hardest[] = {crossentropy(6, 0), crossentropy(7, 0), crossentropy(9, 0), crossentropy(10, 0),
                      crossentropy(11, 0)};
  for (int taken = 0; taken < 3; taken++) {
    int best = 0;
    for (int i = 1; i < 5; i++)
      if (hardest[i] > hardest[best]) best = i;
    expected += hardest[best];
    hardest[best] = -1;
  }
  assert_true(fabs(compute(NULL, NULL) - expected / 3) < 1e-6);
}

static void check_gradient(const fv_loss_options *options, const char *what) {
  float gradient[NUMBERS], kept;
  const float step = 1.0F / 512;
  compute(options, gradient);
  for (int i = 0; i < NUMBERS; i++) {
    kept = predictions[i];
    predictions[i] = kept + step;
    const double high = compute(options, NULL);
    predictions[i] = kept - step;
    const double low = compute(options, NULL);
    predictions[i] = kept;
    const double wanted = (high - low) / (2 * (double)step);
    if (fabs(wanted - (double)gradient[i]) > 2e-4 * (1 + fabs(wanted)))
      fail_msg("%s: number %d: expected %g, found %g", what, i, wanted, (double)gradient[i]);
  }
}

/* Of CIoU the gradient has a constant by its authors' will; boxes.h's tests have its numbers. */
static void gradients_are_differences(void **state) {
  (void)state;
  check_gradient(NULL, "smooth l1");
  check_gradient(&(fv_loss_options){.box_loss = FV_BOX_LOSS_IOU}, "iou");
  check_gradient(&(fv_loss_options){.box_loss = FV_BOX_LOSS_GIOU, .box_weight = 2}, "giou");
  check_gradient(&(fv_loss_options){.box_loss = FV_BOX_LOSS_DIOU}, "diou");
  check_gradient(&(fv_loss_options){.gamma = 2, .alpha = 0.4}, "focal");
  check_gradient(&(fv_loss_options){.hard_negatives = 2}, "two negatives each");
}

static void anchors_between_do_not_count(void **state) {
  (void)state;
  float gradient[NUMBERS];
  const double before = compute(NULL, gradient);
  for (int c = 0; c < CHANNELS; c++) {
    assert_true(gradient[5 * CHANNELS + c] == 0);
    predictions[5 * CHANNELS + c] += 3;
  }
  assert_true(compute(NULL, NULL) == before);
  assert_true(gradient[0] == 0); /* offsets of a negative */
}

/* Nothing to find is something to learn: three negatives a sample. */
static void pictures_without_objects(void **state) {
  (void)state;
  float gradient[NUMBERS];
  for (int row = 0; row < SAMPLES * ANCHORS; row++) set_target(row, 0, 1, 0, 0);
  int moved = 0;
  assert_true(compute(NULL, gradient) > 0);
  for (int row = 0; row < SAMPLES * ANCHORS; row++) moved += gradient[row * CHANNELS + 4] != 0;
  assert_int_equal(moved, 3 * SAMPLES);
  for (int i = 0; i < NUMBERS; i++) predictions[i] = 0.25F; /* all alike: the first three */
  compute(NULL, gradient);
  assert_true(gradient[2 * CHANNELS + 4] != 0 && gradient[3 * CHANNELS + 4] == 0);
}

static void wrong_targets_are_refused(void **state) {
  (void)state;
  static const float wrong[] = {3, -2, NAN};
  fv_loss *loss;
  double value;
  assert_int_equal(fv_loss_create(&loss, "MultiBox", NULL), FV_OK);
  for (int i = 0; i < 3; i++) {
    targets[3 * CHANNELS + 4] = wrong[i];
    assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, NULL), FV_ERROR_INVALID);
  }
  const fv_loss_batch narrow = {1, 1, 5, targets, predictions, NULL};
  assert_int_equal(fv_loss_compute(loss, &narrow, &value, NULL, NULL), FV_ERROR_INVALID);
  fv_loss_destroy(loss);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(by_hand, fill),
      cmocka_unit_test_setup(gradients_are_differences, fill),
      cmocka_unit_test_setup(anchors_between_do_not_count, fill),
      cmocka_unit_test_setup(pictures_without_objects, fill),
      cmocka_unit_test_setup(wrong_targets_are_refused, fill),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
