/* Training without memory: every allocation of a training, and of one that goes on from a backup, fails in turn; each
 * time training answers with an error or does without, and leaves nothing behind. Backups are not written meanwhile:
 * jansson, which composes what Keras reads, ends the process in some of its own failures (2.14: an assertion).
 *
 * The program brings its own malloc and its kin around the C library's. Sanitizers bring theirs; under them there is
 * nothing to do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea/file.h>
#include <fovea/fit.h>
#include <fovea/fovea.h>

#include "support/failing_malloc.h"

#if OWN_MALLOC

enum { SAMPLES = 6, INPUTS = 4, CLASSES = 2 };
static float numbers[SAMPLES * INPUTS], targets[SAMPLES * CLASSES];
static const float *const inputs_of[1] = {numbers}, *const targets_of[1] = {targets};
static const fv_fit_arrays arrays = {SAMPLES, inputs_of, targets_of, NULL};
static char backup[64];

static fv_model *make_model(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {INPUTS});
  x = fv_dense(g, x, .units = CLASSES, .activation = "softmax");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  return model;
}

static fv_status train(fv_model *model, bool resumes, bool writes) {
  static const fv_fit_metric accuracy = {.name = "sparse_categorical_accuracy"};
  fv_callback callback;
  fv_status status = fv_callback_create(&callback, "EarlyStopping",
                                        &(fv_callback_options){.patience = 5, .restore_best_weights = true});
  if (!status)
    status = fv_fit(model,
                    &(fv_fit_options){.arrays = &arrays,
                                      .validation_arrays = &arrays,
                                      .epochs = resumes ? 3 : 2,
                                      .batch_size = 4,
                                      .optimizer = "adam",
                                      .metrics = &accuracy,
                                      .metric_count = 1,
                                      .callbacks = &callback,
                                      .callback_count = 1,
                                      .backup = writes ? backup : NULL,
                                      .resume = resumes ? backup : NULL,
                                      .threads = 1},
                    NULL);
  fv_callback_destroy(&callback);
  return status;
}

/* One training with allocation `number` failing; false when it never came to that. */
static bool train_with_failure(bool resumes, long number, bool ever) {
  const long before = atomic_load(&living);
  fv_model *model = make_model();
  atomic_store(&for_ever, ever);
  atomic_store(&before_failure, number);
  fv_status status = train(model, resumes, false);
  const bool reached = ever ? atomic_exchange(&before_failure, -1) == 0 : atomic_exchange(&before_failure, -1) < 0;
  if (status && !*fv_error_message()) fail_msg("failure %ld gave no sentence", number);
  fv_model_destroy(model);
  if (atomic_load(&living) != before)
    fail_msg("failure %ld left %ld pieces after: %s", number, atomic_load(&living) - before, fv_error_message());
  return reached;
}

static void every_failure_is_an_error(void **state) {
  (void)state;
  for (int i = 0; i < SAMPLES; i++) {
    numbers[i * INPUTS + i % INPUTS] = 1;
    targets[i * CLASSES + i % CLASSES] = 1;
  }
  /* In memory where that can be: a disk takes its time to keep a file safe. */
  snprintf(backup, sizeof backup, "%s/fovea-fit-memory-%d", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
           (int)getpid());
  fv_model *model = make_model();
  assert_int_equal(train(model, false, true), FV_OK);
  for (int resumes = 0; resumes < 2; resumes++)
    for (int ever = 0; ever < 2; ever++) {
      long number = 0;
      while (train_with_failure(resumes, number, ever)) number++;
      assert_true(number > 50);
    }
  fv_model_destroy(model);
  remove(backup);
}

#else

static void every_failure_is_an_error(void **state) {
  (void)state;
  skip();
}

#endif

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_failure_is_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
