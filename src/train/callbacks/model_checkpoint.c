/* A file of the model after each epoch, or after each epoch that is the best so far. Each file appears whole or not at
 * all; a name without braces stands for the newest.
 *
 * The monitor of save_best_only decides strictly: an epoch that is as good as the best is not saved.
 */
#include <inttypes.h>
#include <math.h>

#include "base/file.h"
#include "base/text.h"
#include "train/log_path.h"
#include "train/monitor.h"

enum { STEPS = FV__MONITOR_NUMBERS }; /* since the last file, with save_freq */
static const char *const numbers[] = {FV__MONITOR_NUMBER_NAMES, "steps", NULL};

static fv_status check(fv__callback *self) {
  const fv_callback_options *o = &self->options;
  if (!o->filepath || !*o->filepath) return fail(FV_ERROR_INVALID, "filepath must be given");
  const char *const weights = ".weights.h5";
  if (o->save_weights_only && !fv__text_ends_with(o->filepath, weights))
    return fail(FV_ERROR_INVALID, "filepath must end in %s with save_weights_only, not '%s'", weights, o->filepath);
  if (!o->save_weights_only &&
      (fv__text_ends_with(o->filepath, weights) ||
       (!fv__text_ends_with(o->filepath, ".h5") && !fv__text_ends_with(o->filepath, ".keras"))))
    return fail(FV_ERROR_INVALID, "filepath must end in .keras or .h5, not '%s'", o->filepath);
  return fv__log_path_check(o->filepath);
}

static fv_status begin(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  fv__callback *self = context;
  if (fv__callback_begins(self) && isfinite(self->options.initial_value_threshold))
    fv__monitor_take(self, self->options.initial_value_threshold);
  char path[FV__LOG_PATH]; /* names that training does not have are refused now, not after an epoch */
  if (event->log_count) TRY(fv__log_path_fill(path, self->options.filepath, event));
  return self->options.save_best_only ? fv__monitor_begin(self, event) : FV_OK;
}

static fv_status write(fv__callback *self, const fv_trainer *trainer, const fv_train_event *event,
                       const fv_train_message *why, const char *path) {
  const char *monitor = why->monitor;
  if (why->kind == FV_MESSAGE_IMPROVED && isnan(why->from))
    fv__callback_say(self, trainer, *why, "epoch %d: %s is %.5f, saving %s", event->epoch + 1, monitor, why->to, path);
  else if (why->kind == FV_MESSAGE_IMPROVED)
    fv__callback_say(self, trainer, *why, "epoch %d: %s improved from %.5f to %.5f, saving %s", event->epoch + 1,
                     monitor, why->from, why->to, path);
  else
    fv__callback_say(self, trainer, *why, "epoch %d: saving %s", event->epoch + 1, path);
  TRY(fv__file_make_folders(path));
  TRY(trainer->save_model(trainer->context, path, self->options.save_weights_only));
  fv_train_message done = *why;
  done.kind = FV_MESSAGE_SAVED;
  fv__callback_say(self, trainer, done, "epoch %d: %s is saved", event->epoch + 1, path);
  return FV_OK;
}

static fv_status save(fv__callback *self, const fv_trainer *trainer, const fv_train_event *event) {
  const fv_callback_options *o = &self->options;
  char path[FV__LOG_PATH];
  double value = NAN;
  TRY(fv__log_path_fill(path, o->filepath, event));
  fv_train_message why = {
      .kind = FV_MESSAGE_SAVING, .epoch = event->epoch, .from = fv__monitor_best(self), .to = NAN, .path = path};
  if (!o->save_best_only) return write(self, trainer, event, &why, path);
  if (!fv__monitor_read(self, trainer, event, &value))
    return o->compat == FV_CALLBACK_KERAS3 ? write(self, trainer, event, &why, path) : FV_OK;
  why.monitor = o->monitor;
  why.to = value;
  if (!fv__monitor_improves(self, value)) {
    why.kind = FV_MESSAGE_NOT_IMPROVED;
    why.path = NULL;
    fv__callback_say(self, trainer, why, "epoch %d: %s did not improve from %.5f", event->epoch + 1, o->monitor,
                     why.from);
    return FV_OK;
  }
  why.kind = FV_MESSAGE_IMPROVED;
  TRY(write(self, trainer, event, &why, path));
  fv__monitor_take(self, value);
  return FV_OK;
}

static fv_status epoch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  fv__callback *self = context;
  return self->options.save_freq ? FV_OK : save(self, trainer, event);
}

static fv_status batch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  fv__callback *self = context;
  if (!self->options.save_freq) return FV_OK;
  self->numbers[STEPS] += 1;
  if (self->numbers[STEPS] < self->options.save_freq) return FV_OK;
  self->numbers[STEPS] = 0;
  return save(self, trainer, event);
}

static const fv_option table[] = {
    FV__CALLBACK_LINE(filepath, TEXT, NULL, 0, 0, NULL, "the file, which may have {epoch:02d} and {val_accuracy:.2f}"),
    FV__CALLBACK_LINE(monitor, TEXT, "val_loss", 0, 0, NULL, "the number that is watched; acc is accuracy"),
    FV__CALLBACK_LINE(mode, NAME, "auto", 0, 0, fv__monitor_modes, "which way it improves"),
    FV__CALLBACK_FLAG(save_best_only, "only epochs that are the best so far"),
    FV__CALLBACK_FLAG(save_weights_only, "weights without the network"),
    FV__CALLBACK_COUNT(save_freq, "0", "save after so many steps; 0: after each epoch"),
    FV__CALLBACK_LINE(initial_value_threshold, FLOAT, "none", -INFINITY, INFINITY, NULL, "the best before training"),
    FV__CALLBACK_COMPAT,
    {.name = NULL}};

const fv__callback_type fv__callback_model_checkpoint = {
    .name = "ModelCheckpoint",
    .help = "saves the model after each epoch, or the best one",
    .table = table,
    .only_writes = true,
    .numbers = numbers,
    .on_train_begin = begin,
    .on_batch_end = batch_end,
    .on_epoch_end = epoch_end,
    .check = check,
};
