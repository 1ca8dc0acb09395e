/* Callbacks that decide: with compat keras3 they do what Keras 3 did in every recorded run; without, a NaN is never the
 * best. A callback restored in the middle goes on as if nothing had happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "train/callback.h"
#include "train/log_path.h"

#undef fail
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"
#include "support/train.h"
#include "support/trainer.h"

/* ---- the recorded runs */

static double number_of(const json_t *value) { return json_is_null(value) ? (double)NAN : json_number_value(value); }

static bool is_same(double a, double b) { return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * (1 + fabs(b)); }

static void expect(size_t run, size_t epoch, const char *what, double found, const json_t *all) {
  const double expected = number_of(json_array_get(all, epoch));
  if (!is_same(found, expected))
    fail_msg("run %zu, epoch %zu: %s is %.10g, not %.10g", run, epoch, what, found, expected);
}

/* What Keras keeps in `best`: nothing and NaN are both null. */
static double best_of(const fv_callback *callback) {
  return trainer_number(callback, "has_best") != 0 ? trainer_number(callback, "best") : (double)NAN;
}

static fv_callback make(const char *name, const json_t *reference, const json_t *one, const char *path) {
  fv_callback_options options = {
      .compat = FV_CALLBACK_KERAS3, .monitor = "v", .filepath = path, .save_weights_only = path};
  const json_t *series =
      json_object_get(json_object_get(reference, "series"), json_string_value(json_object_get(one, "series")));
  options.mode = !strcmp(json_string_value(json_object_get(series, "mode")), "max") ? FV_MONITOR_MAX : FV_MONITOR_MIN;
  char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE];
  const char *unknown = train_options(&options, fv_callback_table(name), json_object_get(one, "config"), texts);
  if (unknown) fail_msg("%s: %s", name, unknown);
  fv_callback made;
  if (fv_callback_create(&made, name, &options)) fail_msg("%s", fv_error_message());
  return made;
}

/* A second callback takes over what the first remembers. */
static void exchange(fv_callback *callback, const char *name, const json_t *reference, const json_t *one,
                     const char *path) {
  fv_callback next = make(name, reference, one, path);
  fv_train_number numbers[FV_CALLBACK_MAX_NUMBERS];
  const int32_t count = callback->save(callback->context, numbers);
  assert_int_equal(next.restore(next.context, numbers, count), FV_OK);
  fv_callback_destroy(callback);
  *callback = next;
}

/* One run of one callback, restarted before every epoch. `check` looks at it after each. */
typedef void look(const fv_callback *callback, const pretence *p, const json_t *one, size_t run, size_t epoch);

static void run_all(const char *name, const char *group, const char *path, look *check, bool is_restarted) {
  json_t *reference = golden_json("train/callbacks.json"), *one;
  if (!reference) skip();
  size_t run;
  json_array_foreach(json_object_get(reference, group), run, one) {
    const json_t *series =
        json_object_get(json_object_get(reference, "series"), json_string_value(json_object_get(one, "series")));
    const json_t *values = json_object_get(series, "values"), *ends = json_object_get(one, "epochs_run");
    const size_t count = ends ? (size_t)json_integer_value(ends) : json_array_size(values);
    fv_callback callback = make(name, reference, one, path);
    pretence p = {.rate = 0.1f};
    const fv_trainer trainer = trainer_of(&p, NULL);
    fv_train_event event = {.epochs = (int32_t)count};
    for (size_t epoch = 0; epoch < count; epoch++) {
      if (is_restarted && epoch) exchange(&callback, name, reference, one, path);
      if (is_restarted || !epoch) assert_int_equal(callback.on_train_begin(callback.context, &trainer, &event), FV_OK);
      assert_int_equal(trainer_epoch(&callback, &p, (int32_t)epoch, "v", number_of(json_array_get(values, epoch))),
                       FV_OK);
      check(&callback, &p, one, run, epoch);
    }
    if (callback.on_train_end) {
      assert_int_equal(callback.on_train_end(callback.context, &trainer, &event), FV_OK);
      assert_int_equal(p.epoch, json_integer_value(json_object_get(one, "weights_epoch")));
    }
    fv_callback_destroy(&callback);
  }
  assert_true(run > 10);
  json_decref(reference);
}

static void look_at_stopping(const fv_callback *callback, const pretence *p, const json_t *one, size_t run,
                             size_t epoch) {
  const json_int_t stopped = json_integer_value(json_object_get(one, "stopped_epoch"));
  expect(run, epoch, "best", best_of(callback), json_object_get(one, "best"));
  expect(run, epoch, "wait", trainer_number(callback, "wait"), json_object_get(one, "wait"));
  expect(run, epoch, "best epoch", trainer_number(callback, "best_epoch"), json_object_get(one, "best_epoch"));
  assert_int_equal(p->stopped, stopped && (json_int_t)epoch == stopped);
}

static void look_at_rates(const fv_callback *callback, const pretence *p, const json_t *one, size_t run, size_t epoch) {
  expect(run, epoch, "best", best_of(callback), json_object_get(one, "best"));
  expect(run, epoch, "wait", trainer_number(callback, "wait"), json_object_get(one, "wait"));
  expect(run, epoch, "cooldown", trainer_number(callback, "cooldown_counter"), json_object_get(one, "cooldown"));
  expect(run, epoch, "rate", p->rate, json_object_get(one, "rate"));
}

static void look_at_files(const fv_callback *callback, const pretence *p, const json_t *one, size_t run, size_t epoch) {
  const json_t *saved = json_object_get(one, "saved");
  int32_t files = 0;
  for (size_t i = 0; i <= epoch; i++) files += json_is_true(json_array_get(saved, i));
  if (p->saved != files) fail_msg("run %zu, epoch %zu: %d files, not %d", run, epoch, p->saved, files);
  expect(run, epoch, "best", best_of(callback), json_object_get(one, "best"));
  if (json_is_true(json_array_get(saved, epoch)))
    assert_string_equal(p->path, json_string_value(json_array_get(json_object_get(one, "files"), (size_t)files - 1)));
}

static void early_stopping_is_that_of_keras(void **state) {
  (void)state;
  run_all("EarlyStopping", "early_stopping", NULL, look_at_stopping, false);
  run_all("EarlyStopping", "early_stopping", NULL, look_at_stopping, true);
}

static void lower_rates_are_those_of_keras(void **state) {
  (void)state;
  run_all("ReduceLROnPlateau", "reduce_lr_on_plateau", NULL, look_at_rates, false);
  run_all("ReduceLROnPlateau", "reduce_lr_on_plateau", NULL, look_at_rates, true);
}

static void checkpoints_are_those_of_keras(void **state) {
  (void)state;
  run_all("ModelCheckpoint", "model_checkpoint", "e{epoch:02d}.weights.h5", look_at_files, false);
  run_all("ModelCheckpoint", "model_checkpoint", "e{epoch:02d}.weights.h5", look_at_files, true);
}

/* ---- what is right by default */

static void run(const fv_callback *callback, pretence *p, const double *values, int32_t count) {
  const fv_trainer trainer = trainer_of(p, NULL);
  fv_train_event event = {.epochs = count};
  assert_int_equal(callback->on_train_begin(callback->context, &trainer, &event), FV_OK);
  for (int32_t i = 0; i < count && !p->stopped; i++)
    assert_int_equal(trainer_epoch(callback, p, i, "val_loss", values[i]), FV_OK);
  if (callback->on_train_end) assert_int_equal(callback->on_train_end(callback->context, &trainer, &event), FV_OK);
}

static void nan_is_never_the_best(void **state) {
  (void)state;
  static const double values[] = {NAN, NAN, 0.9, 0.8, 0.85, 0.86, -INFINITY, 0.87};
  fv_callback callback;
  pretence p = {.rate = 0.1f};
  assert_int_equal(fv_callback_create(&callback, "early_stopping",
                                      &(fv_callback_options){.patience = 3, .restore_best_weights = true}),
                   FV_OK);
  assert_true(callback.keeps_weights);
  run(&callback, &p, values, 8);
  assert_int_equal(p.stopped, 1);
  assert_int_equal(p.epoch, 3);
  assert_true(trainer_number(&callback, "best") == 0.8);
  assert_true(trainer_number(&callback, "stopped_epoch") == 6);
  fv_callback_destroy(&callback);
  assert_null(callback.context);
  p = (pretence){.rate = 0.1f};
  assert_int_equal(fv_callback_create(&callback, "ModelCheckpoint",
                                      &(fv_callback_options){.save_best_only = true, .filepath = "best.keras"}),
                   FV_OK);
  run(&callback, &p, values, 8);
  assert_int_equal(p.saved, 2);
  fv_callback_destroy(&callback);
  p = (pretence){.rate = 0.1f};
  assert_int_equal(fv_callback_create_from_text(&callback, "reduce_lr_on_plateau", NULL, "patience=2,factor=0.5"),
                   FV_OK);
  run(&callback, &p, values, 8);
  assert_true(p.rate == 0.0125f); /* after epochs 1, 5 and 7 */
  fv_callback_destroy(&callback);
}

/* A baseline that is never reached ends training when patience is over, also while the number still improves. */
static void a_baseline_counts(void **state) {
  (void)state;
  static const double values[] = {1, 0.9, 0.8, 0.7, 0.6};
  for (int32_t compat = FV_CALLBACK_DOCUMENTED; compat <= FV_CALLBACK_KERAS3; compat++) {
    fv_callback callback;
    pretence p = {0};
    const fv_callback_options options = {.patience = 3, .baseline = 0.5, .compat = compat};
    assert_int_equal(fv_callback_create(&callback, "EarlyStopping", &options), FV_OK);
    run(&callback, &p, values, 5);
    assert_int_equal(p.stopped, compat == FV_CALLBACK_DOCUMENTED);
    fv_callback_destroy(&callback);
  }
}

static void early_stopping_tells_those_after_it(void **state) {
  (void)state;
  fv_callback callback;
  assert_int_equal(fv_callback_create_from_text(&callback, "early_stopping", NULL, "patience=4,monitor=val_acc"),
                   FV_OK);
  pretence p = {0};
  const fv_trainer trainer = trainer_of(&p, NULL);
  const double values[] = {0.5, 0.6, 0.55, 0.58};
  fv_train_number log = {"val_accuracy", 0};
  fv_train_event event = {.logs = &log, .log_count = 1};
  assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__TRAIN_BEGIN, &event), FV_OK);
  for (event.epoch = 0; event.epoch < 4; event.epoch++) {
    log.value = values[event.epoch];
    assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__EPOCH_END, &event), FV_OK);
  }
  assert_true(event.best == 0.6);
  assert_int_equal(event.patience_left, 2);
  fv_callback_destroy(&callback);
}

/* With a best from before training its weights come back unless an epoch is better. */
static void the_best_before_training_counts(void **state) {
  (void)state;
  const double values[2][3] = {{0.5, 0.41, 0.6}, {0.5, 0.39, 0.6}};
  for (int k = 0; k < 2; k++) {
    fv_callback callback;
    assert_int_equal(
        fv_callback_create(
            &callback, "early_stopping",
            &(fv_callback_options){.restore_best_weights = true, .patience = 9, .initial_value_threshold = 0.4}),
        FV_OK);
    pretence p = {.epoch = 77};
    const fv_trainer trainer = trainer_of(&p, NULL);
    fv_train_event event = {.epoch = 0};
    assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__TRAIN_BEGIN, &event), FV_OK);
    for (int32_t epoch = 0; epoch < 3; epoch++)
      assert_int_equal(trainer_epoch(&callback, &p, epoch, "val_loss", values[k][epoch]), FV_OK);
    assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__TRAIN_END, &event), FV_OK);
    assert_int_equal(p.epoch, k ? 1 : 77);
    assert_string_equal(p.said, k ? "early_stopping: weights are those of the end of epoch 2 again"
                                  : "early_stopping: weights are those that training began with again");
    fv_callback_destroy(&callback);
  }
}

/* ---- modes and monitors */

static int32_t mode_of(const char *monitor, fv_status expected) {
  fv_callback callback;
  const fv_trainer trainer = trainer_of(&(pretence){0}, NULL);
  assert_int_equal(fv_callback_create(&callback, "early_stopping", &(fv_callback_options){.monitor = monitor}), FV_OK);
  assert_int_equal(callback.on_train_begin(callback.context, &trainer, &(fv_train_event){0}), expected);
  const int32_t mode = ((fv__callback *)callback.context)->options.mode;
  fv_callback_destroy(&callback);
  return mode;
}

static void numbers_know_their_way(void **state) {
  (void)state;
  static const char *const up[] = {"accuracy", "val_acc",      "val_accuracy",
                                   "f1_score", "val_mean_iou", "cosine_similarity"};
  static const char *const down[] = {"loss", "val_loss", "mean_squared_error", "val_mae", "head_loss"};
  for (int i = 0; i < 6; i++) assert_int_equal(mode_of(up[i], FV_OK), FV_MONITOR_MAX);
  for (int i = 0; i < 5; i++) assert_int_equal(mode_of(down[i], FV_OK), FV_MONITOR_MIN);
  (void)mode_of("luck", FV_ERROR_INVALID);
}

static void missing_monitors_are_refused_at_once(void **state) {
  (void)state;
  const fv_train_number logs[] = {{"loss", NAN}, {"accuracy", NAN}};
  fv_train_event event = {.logs = logs, .log_count = 2};
  const fv_trainer trainer = trainer_of(&(pretence){0}, NULL);
  fv_callback callback;
  assert_int_equal(fv_callback_create(&callback, "early_stopping", NULL), FV_OK);
  assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__TRAIN_BEGIN, &event), FV_ERROR_INVALID);
  assert_string_equal(fv_error_message(),
                      "early_stopping: monitor: training has no number 'val_loss', but loss, accuracy");
  fv_callback_destroy(&callback);
  pretence p = {0};
  assert_int_equal(fv_callback_create(&callback, "model_checkpoint",
                                      &(fv_callback_options){
                                          .filepath = "a.h5", .save_best_only = true, .compat = FV_CALLBACK_KERAS3}),
                   FV_OK);
  assert_int_equal(trainer_epoch(&callback, &p, 0, "loss", 1), FV_OK);
  assert_int_equal(p.saved, 1);
  fv_callback_destroy(&callback);
}

/* ---- names of files */

static void names_have_numbers(void **state) {
  (void)state;
  const fv_train_number logs[] = {{"val_accuracy", 0.63393}, {"loss", -1.5}, {"bad", NAN}};
  const fv_train_event event = {.epoch = 6, .step = 41, .logs = logs, .log_count = 3};
  static const char *const cases[][2] = {
      {"run/{epoch:02d}-{val_acc:.2f}.keras", "run/07-0.63.keras"},
      {"{epoch}", "7"},
      {"{epoch:4d}|{batch:05d}", "   7|00042"},
      {"{loss:08.3f}{{x}}", "-001.500{x}"},
      {"{loss}", "-1.5"},
      {"{val_accuracy:.1%}{val_accuracy:.3e}", "63.4%6.339e-01"},
      {"{val_accuracy:.3g}", "0.634"},
      {"{bad:.2f}", "nan"},
  };
  char path[FV__LOG_PATH];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (fv__log_path_fill(path, cases[i][0], &event)) fail_msg("%s", fv_error_message());
    assert_string_equal(path, cases[i][1]);
  }
  static const char *const wrong[] = {"{",         "{}",         "}",           "{epoch",         "{epoch:}}",
                                      "{epoch:q}", "{epoch:.d}", "{epoch:.2d}", "{epoch:99999d}", "{a{b}}"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (fv__log_path_fill(path, wrong[i], &event) != FV_ERROR_INVALID) fail_msg("%s is %s", wrong[i], path);
  assert_int_equal(fv__log_path_fill(path, "{val_los}", &event), FV_ERROR_INVALID);
}

static void wrong_names_are_refused_before_training(void **state) {
  (void)state;
  const fv_train_number logs[] = {{"loss", NAN}, {"val_loss", NAN}};
  fv_train_event event = {.logs = logs, .log_count = 2};
  const fv_trainer trainer = trainer_of(&(pretence){0}, NULL);
  fv_callback callback;
  assert_int_equal(
      fv_callback_create(&callback, "model_checkpoint", &(fv_callback_options){.filepath = "{epoch}-{val_acc}.h5"}),
      FV_OK);
  assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__TRAIN_BEGIN, &event), FV_ERROR_INVALID);
  assert_string_equal(fv_error_message(),
                      "model_checkpoint: training has no number 'val_acc' for the name of its file, "
                      "but epoch, batch, loss, val_loss");
  fv_callback_destroy(&callback);
}

/* ---- the others, and lists */

static double halve(void *context, int32_t epoch, double rate) {
  (void)context;
  return epoch < 2 ? rate : rate / 2;
}

static void rates_of_epochs(void **state) {
  (void)state;
  fv_callback callback;
  pretence p = {.rate = 1};
  assert_int_equal(fv_callback_create(&callback, "learning_rate_scheduler", NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_callback_create(&callback, "LearningRateScheduler", &(fv_callback_options){.rate = halve}),
                   FV_OK);
  const fv_trainer trainer = trainer_of(&p, NULL);
  for (int32_t i = 0; i < 4; i++)
    assert_int_equal(callback.on_epoch_begin(callback.context, &trainer, &(fv_train_event){.epoch = i}), FV_OK);
  assert_true(p.rate == 0.25);
  assert_string_equal(p.said, "learning_rate_scheduler: epoch 4: the learning rate is 0.25");
  fv_callback_destroy(&callback);
}

static void nan_ends_training(void **state) {
  (void)state;
  fv_callback callback;
  const fv_trainer trainer = trainer_of(&(pretence){0}, NULL);
  fv_train_number log = {"loss", 0.5};
  fv_train_event event = {.epoch = 1, .step = 41, .logs = &log, .log_count = 1};
  assert_int_equal(fv_callback_create(&callback, "terminate_on_nan", NULL), FV_OK);
  assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__BATCH_END, &event), FV_OK);
  log.value = NAN;
  assert_int_equal(fv__callbacks_call(&callback, &trainer, 1, FV__BATCH_END, &event), FV_ERROR_NUMBERS);
  assert_string_equal(fv_error_message(), "terminate_on_nan: the loss of epoch 2, step 42 is not a number: "
                                          "conv1/kernel is not finite");
  fv_callback_destroy(&callback);
}

static fv_status count_call(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  (void)event;
  return ++*(int *)context > 1 ? fv_error_set(FV_ERROR_IO, "the bell is broken") : FV_OK;
}

static void lists_are_called_in_order(void **state) {
  (void)state;
  int calls[3] = {0, 1, 0};
  fv_callback callbacks[3];
  fv_trainer trainers[3] = {{0}};
  for (int i = 0; i < 3; i++)
    callbacks[i] = (fv_callback){.context = &calls[i], .on_epoch_end = count_call, .on_train_end = count_call};
  callbacks[1].name = "bell";
  fv_train_event event = {0};
  assert_int_equal(fv__callbacks_call(callbacks, trainers, 3, FV__BATCH_END, &event), FV_OK);
  assert_int_equal(fv__callbacks_call(callbacks, trainers, 3, FV__EPOCH_END, &event), FV_ERROR_IO);
  assert_string_equal(fv_error_message(), "bell: the bell is broken");
  assert_int_equal(calls[2], 0);
  assert_int_equal(fv__callbacks_call(callbacks, trainers, 3, FV__TRAIN_END, &event), FV_ERROR_IO);
  assert_string_equal(fv_error_message(), "callback: the bell is broken");
  assert_int_equal(calls[2], 1);
  char key[FV__CALLBACK_KEY];
  fv__callbacks_key(key, callbacks, 2);
  assert_string_equal(key, "callback_1");
}

static void what_is_wrong_is_refused(void **state) {
  (void)state;
  static const char *const wrong[][2] = {
      {"early_stopping", "patience"},
      {"early_stopping", "patience=-1"},
      {"early_stopping", "luck=3"},
      {"early_stopping", "patience=3,,a="},
      {"early_stopping", "mode=up"},
      {"reduce_lr_on_plateau", "factor=1"},
      {"model_checkpoint", ""},
      {"model_checkpoint", "filepath=a.txt"},
      {"model_checkpoint", "filepath=a.weights.h5"},
      {"model_checkpoint", "filepath={epoch.keras"},
  };
  fv_callback callback;
  assert_int_equal(fv_callback_create(&callback, "luck", NULL), FV_ERROR_NOT_FOUND);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    if (fv_callback_create_from_text(&callback, wrong[i][0], NULL, wrong[i][1]) != FV_ERROR_INVALID)
      fail_msg("%s %s", wrong[i][0], wrong[i][1]);
    assert_null(callback.context);
  }
  for (int32_t i = 0; fv_callback_name(i); i++) assert_non_null(fv_callback_help(fv_callback_name(i)));
  fv_callback_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(early_stopping_is_that_of_keras),
      cmocka_unit_test(lower_rates_are_those_of_keras),
      cmocka_unit_test(checkpoints_are_those_of_keras),
      cmocka_unit_test(nan_is_never_the_best),
      cmocka_unit_test(a_baseline_counts),
      cmocka_unit_test(early_stopping_tells_those_after_it),
      cmocka_unit_test(the_best_before_training_counts),
      cmocka_unit_test(numbers_know_their_way),
      cmocka_unit_test(missing_monitors_are_refused_at_once),
      cmocka_unit_test(names_have_numbers),
      cmocka_unit_test(wrong_names_are_refused_before_training),
      cmocka_unit_test(rates_of_epochs),
      cmocka_unit_test(nan_ends_training),
      cmocka_unit_test(lists_are_called_in_order),
      cmocka_unit_test(what_is_wrong_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
