/* Callbacks from the words of the command. */
#include <stdio.h>
#include <string.h>

#include "learning.h"

const char *learning_monitor(const train_options *o, bool has_validation) {
  return o->monitor ? o->monitor : has_validation ? "val_loss" : "loss";
}

/* Words may be apart by blanks or commas. */
static int make(learning *l, const char *what, const char *name, const fv_callback_options *options, const char *text) {
  char list[LEARNING_TEXT];
  if (strlen(text) >= sizeof list) return command_usage("--%s is too long", what);
  snprintf(list, sizeof list, "%s", text);
  for (char *c = list; *c; c++)
    if (*c == ' ') *c = ',';
  const fv_status failed = fv_callback_create_from_text(&l->callbacks[l->callback_count], name, options, list);
  if (failed) return command_usage("--%s: %s", what, fv_error_message());
  l->callback_count++;
  return COMMAND_OK;
}

static bool is_wanted(const char *text) { return text && strcmp(text, "none") != 0; }

int learning_make_callbacks(learning *l, const train_options *o, bool has_validation, bool append) {
  for (; l->callback_count; l->callback_count--) fv_callback_destroy(&l->callbacks[l->callback_count - 1]);
  fv_callback_options watch = {.monitor = learning_monitor(o, has_validation),
                               .compat = o->compat == TRAIN_KERAS3 ? FV_CALLBACK_KERAS3 : FV_CALLBACK_DOCUMENTED};
  fv_callback_options checkpoint = watch, stopping = watch;
  checkpoint.filepath = o->checkpoint;
  checkpoint.save_best_only = o->save_best_only;
  stopping.restore_best_weights = o->compat != TRAIN_KERAS3;
  const fv_callback_options csv = {.filename = o->csv_log, .append = append},
                            json = {.filename = o->log_file, .append = append}, board = {.log_dir = o->tensorboard};
  int status = COMMAND_OK;
  if (is_wanted(o->reduce_lr)) status = make(l, "reduce-lr", "ReduceLROnPlateau", &watch, o->reduce_lr);
  if (o->checkpoint && status == COMMAND_OK) status = make(l, "checkpoint", "ModelCheckpoint", &checkpoint, "");
  if (is_wanted(o->early_stopping) && status == COMMAND_OK)
    status = make(l, "early-stopping", "EarlyStopping", &stopping, o->early_stopping);
  if (o->csv_log && status == COMMAND_OK) status = make(l, "csv-log", "CSVLogger", &csv, "");
  if (o->log_file && status == COMMAND_OK) status = make(l, "log-file", "JSONLogger", &json, "");
  if (o->tensorboard && status == COMMAND_OK) status = make(l, "tensorboard", "TensorBoard", &board, "");
  return status;
}
