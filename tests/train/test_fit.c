/* Training: a tiny set is learnt by heart; numbers do not depend on threads; a training stopped after any step and
 * resumed ends with the weights of one that was not; early stopping gives the best weights back; what is no number is
 * named; a resume with anything else is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fovea/file.h>
#include <fovea/fit.h>
#include <fovea/fovea.h>

enum { SIDE = 6, CLASSES = 3, SAMPLES = 22, VALIDATION = 9, PIXELS = SIDE * SIDE };

static float images[SAMPLES * PIXELS], targets[SAMPLES * CLASSES], labels[SAMPLES];

static const float *const inputs_of[1] = {images}, *const targets_of[1] = {targets}, *const labels_of[1] = {labels};
static const fv_fit_arrays arrays = {SAMPLES, inputs_of, targets_of, NULL};
static const fv_fit_arrays sparse_arrays = {SAMPLES, inputs_of, labels_of, NULL};
static const fv_fit_arrays few = {VALIDATION, inputs_of, targets_of, NULL};

/* Noise with a bar whose place is the class. */
static void draw_images(void) {
  uint32_t state = 7;
  memset(targets, 0, sizeof targets);
  for (int i = 0; i < SAMPLES; i++) {
    const int label = i % CLASSES;
    for (int k = 0; k < PIXELS; k++) {
      state = state * 1664525u + 1013904223u;
      images[i * PIXELS + k] = (float)(state >> 8) / 16777216.0f - 0.5f + (k / SIDE == 2 * label ? 0.5f : 0.0f);
    }
    targets[i * CLASSES + label] = 1;
    labels[i] = (float)label;
  }
}

static fv_model *make_model(bool random_layers) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {SIDE, SIDE, 1});
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3}, .name = "conv");
  x = fv_batch_normalization(g, x, .name = "norm");
  x = fv_re_lu(g, x);
  x = fv_flatten(g, x);
  if (random_layers) x = fv_dropout(g, x, .rate = 0.2);
  x = fv_dense(g, x, .units = CLASSES, .activation = "softmax", .name = "head");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "random:3"), FV_OK);
  return model;
}

static void check(fv_status status) {
  if (status) fail_msg("%s: %s", fv_status_name(status), fv_error_message());
}

static void expect_same_weights(fv_model *a, fv_model *b, const char *what, int64_t where) {
  for (int32_t i = 0; i < fv_model_weight_count(a); i++) {
    const fv_weight_info info = fv_model_weight(a, i);
    int64_t count;
    check(fv_shape_elements(&count, &info.shape));
    if (memcmp(fv_model_weight_data(a, i), fv_model_weight_data(b, i), (size_t)count * sizeof(float)))
      fail_msg("%s %lld: %s differs", what, (long long)where, info.path);
  }
}

static double find(const fv_fit_history *history, int32_t epoch, const char *name) {
  for (int32_t i = 0; i < history->name_count; i++)
    if (!strcmp(history->names[i], name)) return history->values[epoch * history->name_count + i];
  fail_msg("no log %s", name);
  return NAN;
}

static const fv_fit_metric accuracy = {.name = "accuracy"};
static const fv_optimizer_options rate = {.learning_rate = 0.01};

/* ---- */

static void a_tiny_set_is_learnt_by_heart(void **state) {
  (void)state;
  for (int sparse = 0; sparse < 2; sparse++) {
    fv_model *model = make_model(false);
    fv_fit_history history;
    check(fv_fit(model,
                 &(fv_fit_options){.arrays = sparse ? &sparse_arrays : &arrays,
                                   .loss = sparse ? "sparse_categorical_crossentropy" : NULL,
                                   .epochs = 40,
                                   .batch_size = 8,
                                   .optimizer = "adam",
                                   .optimizer_options = &rate,
                                   .metrics = &accuracy,
                                   .metric_count = 1},
                 &history));
    assert_int_equal(history.epoch_count, 40);
    assert_int_equal(history.iterations, 120);
    assert_true(find(&history, 39, "accuracy") == 1);
    assert_true(find(&history, 39, "loss") < 0.2 * find(&history, 0, "loss"));
    assert_true(fabs(find(&history, 39, "learning_rate") - 0.01) < 1e-7);
    fv_fit_history_destroy(&history);

    fv_evaluation *evaluation;
    check(fv_evaluate(&evaluation, model, NULL,
                      &(fv_evaluate_options){.arrays = sparse ? &sparse_arrays : &arrays,
                                             .loss = sparse ? "sparse_categorical_crossentropy" : NULL,
                                             .batch_size = 5}));
    const fv_evaluation_report *report = fv_evaluation_report_of(evaluation);
    assert_int_equal(report->samples, SAMPLES);
    assert_true(report->accuracy > 0.9);
    assert_true(report->loss < 0.5);
    fv_evaluation_destroy(evaluation);
    fv_model_destroy(model);
  }
}

/* Loss and metrics of validation are those of fv_evaluate, however batches are cut. */
static void validation_is_of_the_whole_set(void **state) {
  (void)state;
  fv_model *model = make_model(true);
  fv_fit_history history;
  fv_evaluation *evaluation;
  check(fv_fit(model,
               &(fv_fit_options){.arrays = &arrays,
                                 .validation_arrays = &few,
                                 .epochs = 2,
                                 .batch_size = 4,
                                 .metrics = &accuracy,
                                 .metric_count = 1},
               &history));
  check(fv_evaluate(&evaluation, model, NULL, &(fv_evaluate_options){.arrays = &few, .batch_size = 7}));
  const fv_evaluation_report *report = fv_evaluation_report_of(evaluation);
  assert_true(fabs(report->loss - find(&history, 1, "val_loss")) < 1e-6);
  assert_true(fabs(report->accuracy - find(&history, 1, "val_accuracy")) < 1e-12);
  fv_evaluation_destroy(evaluation);
  fv_fit_history_destroy(&history);
  fv_model_destroy(model);
}

/* As Keras's evaluate: the loss has the penalties of trained weights on top, and so it is the one of validation. */
static void the_loss_has_penalties(void **state) {
  (void)state;
  fv_model *model = make_model(true);
  fv_fit_history history;
  double losses[2], penalty = 0;
  check(fv_fit(model, &(fv_fit_options){.arrays = &arrays, .epochs = 1, .batch_size = 4}, NULL));
  for (int regularized = 0; regularized < 2; regularized++) {
    fv_evaluation *evaluation;
    check(fv_evaluate(&evaluation, model, NULL, &(fv_evaluate_options){.arrays = &few, .batch_size = 7}));
    losses[regularized] = fv_evaluation_report_of(evaluation)->loss;
    fv_evaluation_destroy(evaluation);
    for (int32_t i = 0; !regularized && i < fv_model_weight_count(model); i++) {
      const fv_weight_info info = fv_model_weight(model, i);
      int64_t count;
      check(fv_shape_elements(&count, &info.shape));
      check(fv_model_set_regularizer(model, i, &(fv_regularizer){0.01, 0.1}));
      for (int64_t k = 0; info.trainable && k < count; k++) {
        const double x = fv_model_weight_data(model, i)[k];
        penalty += 0.01 * fabs(x) + 0.1 * x * x;
      }
    }
  }
  assert_true(penalty > 0.01);
  assert_true(fabs(losses[1] - losses[0] - penalty) < 1e-9);
  check(fv_fit(model, &(fv_fit_options){.arrays = &arrays, .validation_arrays = &few, .epochs = 1, .batch_size = 4},
               &history));
  fv_evaluation *evaluation;
  check(fv_evaluate(&evaluation, model, NULL, &(fv_evaluate_options){.arrays = &few, .batch_size = 7}));
  assert_true(fabs(fv_evaluation_report_of(evaluation)->loss - find(&history, 0, "val_loss")) < 1e-6);
  fv_evaluation_destroy(evaluation);
  fv_fit_history_destroy(&history);
  fv_model_destroy(model);
}

static void numbers_do_not_depend_on_threads(void **state) {
  (void)state;
  static const int32_t threads[] = {1, 2, 3, 4, 8, 1};
  enum { TRAININGS = sizeof threads / sizeof *threads };
  fv_model *models[TRAININGS];
  for (int i = 0; i < TRAININGS; i++) {
    models[i] = make_model(true);
    check(
        fv_fit(models[i],
               &(fv_fit_options){
                   .arrays = &arrays, .epochs = 67, .batch_size = 8, .seed = 5, .threads = threads[i]}, /* 201 steps */
               NULL));
    if (i) expect_same_weights(models[0], models[i], "threads", threads[i]);
  }
  for (int i = 0; i < TRAININGS; i++) fv_model_destroy(models[i]);
}

/* ---- stopping and going on */

typedef struct stopper {
  int64_t left; /* steps until it stops; below 0: never */
} stopper;

static bool stops(void *context) {
  stopper *s = context;
  return s->left >= 0 && s->left-- == 0;
}

/* All that has a state. Patience lets early stopping end training in some of the epochs. */
static fv_status train(fv_model *model, stopper *s, const char *backup, const char *resume, const char *optimizer,
                       const fv_optimizer_options *options, fv_fit_history *history) {
  fv_callback callbacks[2];
  check(fv_callback_create(&callbacks[0], "ReduceLROnPlateau",
                           &(fv_callback_options){.factor = 0.5, .patience = 1, .min_delta = 0.5}));
  check(fv_callback_create(&callbacks[1], "EarlyStopping",
                           &(fv_callback_options){.patience = 2, .min_delta = 0.05, .restore_best_weights = true}));
  fv_status status = fv_fit(model,
                            &(fv_fit_options){.arrays = &arrays,
                                              .validation_arrays = &few,
                                              .epochs = 4,
                                              .batch_size = 8,
                                              .samples_per_epoch = 20,
                                              .seed = 11,
                                              .optimizer = optimizer,
                                              .optimizer_options = options,
                                              .kernel_regularizer = {.l2 = 1e-3},
                                              .metrics = &accuracy,
                                              .metric_count = 1,
                                              .callbacks = callbacks,
                                              .callback_count = 2,
                                              .should_stop = stops,
                                              .context = s,
                                              .backup = backup,
                                              .resume = resume,
                                              .threads = 1},
                            history);
  fv_callback_destroy(&callbacks[0]);
  fv_callback_destroy(&callbacks[1]);
  return status;
}

/* In memory where that can be: a disk takes its time to keep a file safe. */
static void path_of(char path[64]) {
  snprintf(path, 64, "%s/fovea-fit-%d.backup", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (int)getpid());
}

/* Stops at every moment at which it asks, each step and each batch of validation; goes on in a model of other weights.
 */
static void resume_everywhere(const char *optimizer, const fv_optimizer_options *options) {
  char path[64];
  path_of(path);
  fv_model *whole = make_model(true);
  fv_fit_history expected;
  check(train(whole, &(stopper){-1}, NULL, NULL, optimizer, options, &expected));
  fv_status status = FV_ERROR_STOPPED;
  int64_t at = 0;
  for (; status == FV_ERROR_STOPPED; at++) {
    fv_model *model = make_model(true);
    fv_fit_history history;
    status = train(model, &(stopper){at}, path, NULL, optimizer, options, &history);
    fv_fit_history_destroy(&history);
    fv_model_destroy(model);
    if (status && status != FV_ERROR_STOPPED) check(status);
    model = make_model(true);
    check(fv_model_initialize(model, "by-name:1"));
    check(train(model, &(stopper){-1}, NULL, path, optimizer, options, &history));
    expect_same_weights(whole, model, "stop", at);
    assert_int_equal(history.epoch_count, expected.epoch_count);
    assert_int_equal(history.iterations, expected.iterations);
    assert_int_equal(history.ended_early, expected.ended_early);
    assert_memory_equal(history.values, expected.values,
                        (size_t)(expected.epoch_count * expected.name_count) * sizeof(double));
    fv_fit_history_destroy(&history);
    fv_model_destroy(model);
  }
  assert_true(at > 12);
  fv_fit_history_destroy(&expected);
  fv_model_destroy(whole);
  remove(path);
}

static void resumed_is_as_never_stopped(void **state) {
  (void)state;
  resume_everywhere("sgd", &(fv_optimizer_options){.learning_rate = 0.05, .momentum = 0.9});
  resume_everywhere("adam",
                    &(fv_optimizer_options){
                        .learning_rate = 0.02, .amsgrad = true, .use_ema = true, .gradient_accumulation_steps = 2});
  resume_everywhere("nadam", NULL);
}

static void another_training_is_refused(void **state) {
  (void)state;
  char path[64];
  path_of(path);
  const fv_fit_arrays fewer = {SAMPLES - 1, inputs_of, targets_of, NULL};
  fv_fit_options options = {.arrays = &arrays, .epochs = 2, .batch_size = 8, .backup = path};
  fv_model *model = make_model(true);
  check(fv_fit(model, &options, NULL));
  options.resume = path;
  options.epochs = 3;
  check(fv_fit(model, &options, NULL));
  options.optimizer_options = &rate;
  options.seed = 9;
  options.arrays = &fewer;
  assert_int_equal(fv_fit(model, &options, NULL), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "optimizer.learning_rate is 0.01, was 0.001"));
  assert_non_null(strstr(fv_error_message(), "seed is 9, was 0"));
  assert_non_null(strstr(fv_error_message(), "training.samples is 21, was 22"));
  options.resume_anyway = true;
  check(fv_fit(model, &options, NULL));
  options.resume_anyway = false;
  check(fv_model_freeze_to(model, "all-but-head"));
  options.backup = NULL;
  assert_int_equal(fv_fit(model, &options, NULL), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "layer conv"));
  char plain[80];
  snprintf(plain, sizeof plain, "%s.plain.h5", path);
  check(fv_model_save(model, plain, NULL));
  options.resume = plain;
  assert_int_equal(fv_fit(model, &options, NULL), FV_ERROR_FORMAT);
  assert_non_null(strstr(fv_error_message(), "is no backup"));
  remove(plain);
  remove(path);
  fv_model_destroy(model);
}

/* ---- callbacks */

static fv_status count_call(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  (void)event;
  ++*(int *)context;
  return FV_OK;
}

static fv_status stop_at_two(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)context;
  if (event->iteration == 2) trainer->stop(trainer->context);
  return FV_OK;
}

static void callbacks_are_called(void **state) {
  (void)state;
  int begins = 0, epochs = 0, steps = 0, ends = 0, finished = 0;
  fv_callback callbacks[6] = {
      {.context = &begins, .on_train_begin = count_call}, {.context = &epochs, .on_epoch_begin = count_call},
      {.context = &steps, .on_batch_end = count_call},    {.context = &ends, .on_epoch_end = count_call},
      {.context = &finished, .on_train_end = count_call}, {.on_batch_end = stop_at_two}};
  fv_model *model = make_model(false);
  fv_fit_options options = {
      .arrays = &arrays, .epochs = 2, .batch_size = 8, .callbacks = callbacks, .callback_count = 5};
  check(fv_fit(model, &options, NULL));
  assert_int_equal(begins, 1);
  assert_int_equal(epochs, 2);
  assert_int_equal(steps, 6);
  assert_int_equal(ends, 2);
  assert_int_equal(finished, 1);
  options.callback_count = 6;
  fv_fit_history history;
  check(fv_fit(model, &options, &history));
  assert_int_equal(steps, 8);
  assert_int_equal(ends, 3);
  assert_true(history.ended_early);
  fv_fit_history_destroy(&history);
  options.callback_count = 5;
  options.max_steps = 4;
  check(fv_fit(model, &options, &history));
  assert_int_equal(history.iterations, 4);
  assert_int_equal(history.epoch_count, 2);
  fv_fit_history_destroy(&history);
  fv_model_destroy(model);
}

/* ---- numbers */

static void what_is_no_number_is_named(void **state) {
  (void)state;
  fv_fit_options options = {.arrays = &arrays, .epochs = 2, .batch_size = 8, .no_shuffle = true};
  fv_model *model = make_model(false);
  images[9 * PIXELS + 3] = NAN;
  assert_int_equal(fv_fit(model, &options, NULL), FV_ERROR_NUMBERS);
  assert_non_null(strstr(fv_error_message(), "epoch 1, step 2"));
  assert_non_null(strstr(fv_error_message(), "sample 9"));
  draw_images();
  fv_model_weight_data(model, fv_model_weight_count(model) - 2)[1] = INFINITY;
  fv_model_weights_changed(model);
  assert_int_equal(fv_fit(model, &options, NULL), FV_ERROR_NUMBERS);
  assert_non_null(strstr(fv_error_message(), "'head'"));
  assert_non_null(strstr(fv_error_message(), "sample 0"));
  fv_model_destroy(model);
}

static void backups_are_never_of_no_numbers(void **state) {
  (void)state;
  char path[64];
  path_of(path);
  fv_model *model = make_model(false), *kept = make_model(false);
  fv_fit_options options = {.arrays = &arrays, .epochs = 1, .batch_size = 8, .backup = path};
  check(fv_fit(model, &options, NULL));
  options.optimizer = "sgd";
  options.optimizer_options = &(fv_optimizer_options){.learning_rate = 1e30};
  options.epochs = 3;
  assert_int_equal(fv_fit(model, &options, NULL), FV_ERROR_NUMBERS);
  check(fv_model_load_weights(kept, path));
  remove(path);
  fv_model_destroy(kept);
  fv_model_destroy(model);
}

/* Bytes of a file; to be freed. */
static char *bytes_of(const char *path, size_t *size) {
  FILE *file = fopen(path, "rbe");
  assert_non_null(file);
  char *bytes = malloc(1 << 20);
  assert_non_null(bytes);
  *size = fread(bytes, 1, 1 << 20, file);
  assert_int_equal(fclose(file), 0);
  return bytes;
}

/* No file may grow beyond 2000 bytes: as on a disk that is full. */
static void a_full_disk_leaves_the_old_backup(void **state) {
  (void)state;
  char path[64];
  path_of(path);
  fv_model *model = make_model(false);
  fv_fit_options options = {.arrays = &arrays, .epochs = 1, .batch_size = 8, .backup = path};
  check(fv_fit(model, &options, NULL));
  size_t size, size_after;
  char *before = bytes_of(path, &size);
  struct rlimit usual;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){2000, usual.rlim_max}), 0);
  options.epochs = 3;
  options.resume = path;
  const fv_status status = fv_fit(model, &options, NULL);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
  signal(SIGXFSZ, handler);
  assert_int_equal(status, FV_ERROR_IO);
  assert_non_null(strstr(fv_error_message(), "a backup of about"));
  char *after = bytes_of(path, &size_after);
  assert_true(size > 2000);
  assert_int_equal(size, size_after);
  assert_memory_equal(before, after, size);
  options.epochs = 2;
  check(fv_fit(model, &options, NULL)); /* and it is good */
  free(before);
  free(after);
  remove(path);
  fv_model_destroy(model);
}

/* ---- rates, options */

static void a_rate_is_found(void **state) {
  (void)state;
  fv_model *model = make_model(false), *before = make_model(false);
  fv_rate_search search;
  check(fv_find_rate(&search, model, &(fv_fit_options){.arrays = &arrays, .batch_size = 8, .optimizer = "adam"}, NULL));
  assert_true(search.count > 30 && search.count <= 100);
  assert_true(search.steepest > 1e-5 && search.steepest <= search.lowest);
  expect_same_weights(before, model, "search", 0);
  fv_rate_search_destroy(&search);
  fv_model_destroy(model);
  fv_model_destroy(before);
}

static void wrong_options_are_refused(void **state) {
  (void)state;
  fv_model *model = make_model(false);
  const fv_fit_metric unknown = {.name = "nonsense"}, several = {.name = "f1_score"};
  const fv_fit_options wrong[] = {
      {.epochs = 1},
      {.arrays = &arrays, .batch_size = -1},
      {.arrays = &arrays, .epochs = -2},
      {.arrays = &arrays, .loss = "nonsense"},
      {.arrays = &arrays, .optimizer = "nonsense"},
      {.arrays = &arrays, .metrics = &unknown, .metric_count = 1},
      {.arrays = &arrays, .metrics = &several, .metric_count = 1},
      {.arrays = &arrays, .validation_arrays = &few, .augment = &(fv_augment_options){.horizontal_flip = true}},
      {.arrays = &arrays, .resume = "/nowhere/at/all"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (fv_fit(model, &wrong[i], NULL) == FV_OK) fail_msg("options %zu were taken", i);
  check(fv_model_freeze(model, 0, INT32_MAX));
  assert_int_equal(fv_fit(model, &(fv_fit_options){.arrays = &arrays}, NULL), FV_ERROR_INVALID);
  fv_model_destroy(model);
}

static int setup(void **state) {
  (void)state;
  draw_images();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_tiny_set_is_learnt_by_heart),
                                     cmocka_unit_test(validation_is_of_the_whole_set),
                                     cmocka_unit_test(the_loss_has_penalties),
                                     cmocka_unit_test(numbers_do_not_depend_on_threads),
                                     cmocka_unit_test(resumed_is_as_never_stopped),
                                     cmocka_unit_test(another_training_is_refused),
                                     cmocka_unit_test(callbacks_are_called),
                                     cmocka_unit_test(what_is_no_number_is_named),
                                     cmocka_unit_test(backups_are_never_of_no_numbers),
                                     cmocka_unit_test(a_full_disk_leaves_the_old_backup),
                                     cmocka_unit_test(a_rate_is_found),
                                     cmocka_unit_test(wrong_options_are_refused)};
  return cmocka_run_group_tests(tests, setup, NULL);
}
