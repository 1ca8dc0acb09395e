/* Event files for TensorBoard, with the tags that Keras 3 gives them.
 *
 *   train/       epoch_loss, epoch_accuracy, epoch_learning_rate ... by epoch (from 0)
 *                batch_loss ... by step, every update_freq steps
 *                conv1/kernel/histogram, conv1/kernel/image by epoch, every histogram_freq epochs
 *   validation/  epoch_loss ... by epoch; evaluation_loss_vs_iterations ... by step
 *
 * A resumed training writes new files into the same folders; TensorBoard itself forgets what they repeat.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "train/callback.h"
#include "train/event_file.h"
#include "train/weight_pictures.h"

typedef struct tensor_board {
  fv__callback base;
  fv__event_file train, validation; /* the second is opened when there is something to write */
} tensor_board;

enum { TAG = 512, FOLDER = 4128 };

static fv_status check(fv__callback *self) {
  const char *folder = self->options.log_dir;
  if (!folder || !*folder) return fail(FV_ERROR_INVALID, "log_dir must be given");
  return strlen(folder) < 4096 ? FV_OK : fail(FV_ERROR_INVALID, "the name of the folder is too long");
}

static fv_status open_file(tensor_board *self, fv__event_file *file, const char *name) {
  char folder[FOLDER];
  snprintf(folder, sizeof folder, "%s/%s", self->base.options.log_dir, name);
  return fv__event_file_open(file, folder);
}

static fv_status close_both(tensor_board *self) {
  const fv_status first = fv__event_file_close(&self->train), second = fv__event_file_close(&self->validation);
  return first ? first : second;
}

static fv_status begin(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  (void)event;
  tensor_board *self = context;
  TRY(close_both(self));
  return open_file(self, &self->train, "train");
}

static fv_status scalar(fv__event_file *file, const char *before, const char *name, const char *behind, int64_t step,
                        double value) {
  char tag[TAG];
  snprintf(tag, sizeof tag, "%s%.400s%s", before, name, behind);
  return fv__event_file_scalar(file, tag, step, value);
}

static fv_status batch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  tensor_board *self = context;
  const int32_t every = self->base.options.update_freq;
  if (!every || event->iteration % every) return FV_OK;
  for (int32_t i = 0; i < event->log_count; i++)
    TRY(scalar(&self->train, "batch_", event->logs[i].name, "", event->iteration, event->logs[i].value));
  return FV_OK;
}

static fv_status write_log(tensor_board *self, const fv_train_event *event, const fv_train_number *log) {
  if (strncmp(log->name, "val_", 4)) return scalar(&self->train, "epoch_", log->name, "", event->epoch, log->value);
  if (!self->validation.file.stream) TRY(open_file(self, &self->validation, "validation"));
  TRY(scalar(&self->validation, "evaluation_", log->name + 4, "_vs_iterations", event->iteration, log->value));
  return scalar(&self->validation, "epoch_", log->name + 4, "", event->epoch, log->value);
}

static fv_status write_weight(tensor_board *self, fv_model *model, int32_t index, int64_t step) {
  char tag[TAG];
  const fv_weight_info about = fv_model_weight(model, index);
  const float *values = fv_model_weight_data(model, index);
  int64_t elements;
  TRY(fv_shape_elements(&elements, &about.shape));
  snprintf(tag, sizeof tag, "%.400s/histogram", about.path);
  TRY(fv__event_file_histogram(&self->train, tag, step, values, elements));
  if (!self->base.options.write_images) return FV_OK;
  fv_image pictures[FV__WEIGHT_PICTURES];
  int32_t count;
  TRY(fv__weight_pictures(pictures, &count, values, &about.shape));
  snprintf(tag, sizeof tag, "%.400s/image", about.path);
  const fv_status status = count ? fv__event_file_images(&self->train, tag, step, pictures, count) : FV_OK;
  for (int32_t i = 0; i < count; i++) fv_image_destroy(&pictures[i]);
  return status;
}

static fv_status epoch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  tensor_board *self = context;
  const int32_t every = self->base.options.histogram_freq;
  for (int32_t i = 0; i < event->log_count; i++) TRY(write_log(self, event, &event->logs[i]));
  if (!every || event->epoch % every) return FV_OK;
  for (int32_t i = 0; i < fv_model_weight_count(trainer->model); i++)
    TRY(write_weight(self, trainer->model, i, event->epoch));
  return FV_OK;
}

static fv_status train_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  (void)event;
  return close_both(context);
}

static void end(fv__callback *self) {
  fv_status status = close_both((tensor_board *)self);
  (void)status; /* nobody is left to be told; train_end has told */
}

static const fv_option table[] = {
    FV__CALLBACK_LINE(log_dir, TEXT, NULL, 0, 0, NULL, "the folder, which gets train and validation"),
    FV__CALLBACK_COUNT(histogram_freq, "0", "epochs between two histograms of all weights; 0: none"),
    FV__CALLBACK_FLAG(write_images, "weights as pictures, with the histograms"),
    FV__CALLBACK_COUNT(update_freq, "0", "steps between two writings; 0: epochs alone"),
    {.name = NULL}};

const fv__callback_type fv__callback_tensor_board = {
    .name = "TensorBoard",
    .word = "tensorboard",
    .help = "writes event files for TensorBoard",
    .table = table,
    .only_writes = true,
    .size = sizeof(tensor_board),
    .on_train_begin = begin,
    .on_batch_end = batch_end,
    .on_epoch_end = epoch_end,
    .on_train_end = train_end,
    .check = check,
    .end = end,
};
