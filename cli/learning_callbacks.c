/* Callbacks from the words of the command. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "learning.h"

const char *learning_monitor(const train_options *o, bool has_validation) {
  return o->monitor ? o->monitor : has_validation ? "val_loss" : "loss";
}

/* Callbacks are called as their options are: messages and backups say it. */
static const char *const early_stopping = "--early-stopping", *const checkpoint_name = "--checkpoint";

/* Words may be apart by blanks or commas. `what` is a constant. */
static int make(learning *l, const char *what, const char *name, const fv_callback_options *options, const char *text) {
  char list[LEARNING_TEXT];
  if (strlen(text) >= sizeof list) return command_usage("%s is too long", what);
  snprintf(list, sizeof list, "%s", text);
  for (char *c = list; *c; c++)
    if (*c == ' ') *c = ',';
  const fv_status failed = fv_callback_create_from_text(&l->callbacks[l->callback_count], name, options, list);
  if (failed) {
    const char *message = fv_error_message();
    const size_t length = strlen(name);
    const bool is_named = !strncmp(message, name, length) && !strncmp(message + length, ": ", 2);
    return command_usage("%s: %s", what, message + (is_named ? length + 2 : 0));
  }
  l->callbacks[l->callback_count++].name = what;
  return COMMAND_OK;
}

/* The best number that a callback has seen; NaN: none. */
static double best_of(const learning *l, const char *name) {
  for (int32_t i = 0; i < l->callback_count; i++) {
    const fv_callback *c = &l->callbacks[i];
    fv_train_number numbers[FV_CALLBACK_MAX_NUMBERS];
    double best = NAN;
    bool has_best = false;
    const int32_t count = strcmp(c->name, name) ? 0 : c->save(c->context, numbers);
    for (int32_t k = 0; k < count; k++) {
      if (!strcmp(numbers[k].name, "best")) best = numbers[k].value;
      if (!strcmp(numbers[k].name, "has_best")) has_best = numbers[k].value != 0;
    }
    if (has_best) return best;
  }
  return NAN;
}

static bool is_wanted(const char *text) { return text && strcmp(text, "none") != 0; }

int learning_make_callbacks(learning *l, const train_options *o, bool has_validation, bool append) {
  l->best = append ? best_of(l, early_stopping) : NAN;
  l->best_saved = append ? best_of(l, checkpoint_name) : NAN;
  for (; l->callback_count; l->callback_count--) fv_callback_destroy(&l->callbacks[l->callback_count - 1]);
  fv_callback_options watch = {.monitor = learning_monitor(o, has_validation),
                               .compat = o->compat == TRAIN_KERAS3 ? FV_CALLBACK_KERAS3 : FV_CALLBACK_DOCUMENTED};
  fv_callback_options checkpoint = watch, stopping = watch;
  checkpoint.filepath = o->checkpoint;
  checkpoint.save_best_only = o->save_best_only;
  stopping.restore_best_weights = o->compat != TRAIN_KERAS3;
  if (isfinite(l->best)) stopping.initial_value_threshold = l->best == 0 ? FV_ZERO : l->best;
  if (isfinite(l->best_saved)) checkpoint.initial_value_threshold = l->best_saved == 0 ? FV_ZERO : l->best_saved;
  const fv_callback_options csv = {.filename = o->csv_log, .append = append},
                            json = {.filename = o->log_file, .append = append}, board = {.log_dir = o->tensorboard};
  int status = COMMAND_OK;
  if (is_wanted(o->reduce_lr)) status = make(l, "--reduce-lr", "ReduceLROnPlateau", &watch, o->reduce_lr);
  if (o->checkpoint && status == COMMAND_OK) status = make(l, checkpoint_name, "ModelCheckpoint", &checkpoint, "");
  if (is_wanted(o->early_stopping) && status == COMMAND_OK)
    status = make(l, early_stopping, "EarlyStopping", &stopping, o->early_stopping);
  if (o->csv_log && status == COMMAND_OK) status = make(l, "--csv-log", "CSVLogger", &csv, "");
  if (o->log_file && status == COMMAND_OK) status = make(l, "--log-file", "JSONLogger", &json, "");
  if (o->tensorboard && status == COMMAND_OK) status = make(l, "--tensorboard", "TensorBoard", &board, "");
  return status;
}
