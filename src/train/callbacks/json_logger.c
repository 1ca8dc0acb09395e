/* A log of one JSON object a line, for programs that follow a training: one after each step, one after each epoch.
 *
 *   {"event":"train.step","t":"t_1","step":304,"epoch":7,"loss":0.21,"accuracy":0.94,"learning_rate":0.0001,"sps":5.1,
 *    "gnorm":1.2}
 *   {"event":"train.epoch","t":"t_1","epoch":7,"loss":...,"val_loss":...,"learning_rate":...,"sec":59,"best":0.94,
 *    "patience_left":3}
 *
 * `step` counts all steps of the training, epochs count from 1 and t names the training of this file; between them
 * stand all numbers that training has. sps is pictures a second, gnorm the length of the gradient. What is not known,
 * and what is no number, is null.
 */
#include <inttypes.h>
#include <string.h>

#include "train/callback.h"
#include "train/log_file.h"

enum { SIZE };
static const char *const numbers[] = {"size", NULL};

typedef struct json_logger {
  fv__callback base;
  fv__log_file file;
} json_logger;

/* A line in the making; what does not fit is left out. */
enum { LINE = 4096 };
typedef struct line {
  char text[LINE];
  size_t used;
} line;

static void put(line *l, const char *text) {
  const size_t length = strlen(text);
  if (l->used + length >= LINE) return;
  memcpy(l->text + l->used, text, length);
  l->used += length;
}

/* Names of numbers are the network's and the user's, so their quotes are escaped. */
static void put_name(line *l, const char *name) {
  for (; *name; name++) {
    char sign[8] = {*name, 0};
    if (*name == '"' || *name == '\\')
      snprintf(sign, sizeof sign, "\\%c", *name);
    else if ((unsigned char)*name < 32)
      snprintf(sign, sizeof sign, "\\u%04x", (unsigned)*name);
    put(l, sign);
  }
}

static void put_number(line *l, const char *name, double value) {
  char number[FV__LOG_NUMBER];
  if (l->used + 6 * strlen(name) + 64 >= LINE) return;
  put(l, ",\"");
  put_name(l, name);
  put(l, "\":");
  put(l, fv__log_number(number, value));
}

static void put_logs(line *l, const fv_train_event *event) {
  for (int32_t i = 0; i < event->log_count; i++) put_number(l, event->logs[i].name, event->logs[i].value);
}

static fv_status write_line(json_logger *self, line *l) {
  put(l, "}\n");
  TRY(fv__log_file_write(&self->file, l->text, l->used));
  self->base.numbers[SIZE] = (double)self->file.size;
  return FV_OK;
}

static fv_status check(fv__callback *self) {
  const char *path = self->options.filename;
  return path && *path ? FV_OK : fail(FV_ERROR_INVALID, "filename must be given");
}

static fv_status begin(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  (void)event;
  json_logger *self = context;
  const bool begins = fv__callback_begins(&self->base);
  const int64_t from = begins ? self->base.options.append ? -1 : 0 : (int64_t)self->base.numbers[SIZE];
  TRY(fv__log_file_close(&self->file));
  TRY(fv__log_file_open(&self->file, self->base.options.filename, from));
  self->base.numbers[SIZE] = (double)self->file.size;
  return FV_OK;
}

static fv_status batch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  line l = {.used = 0};
  put(&l, "{\"event\":\"train.step\",\"t\":\"t_1\"");
  put_number(&l, "step", (double)event->iteration);
  put_number(&l, "epoch", event->epoch + 1);
  put_logs(&l, event);
  put_number(&l, "sps", event->samples_per_second);
  put_number(&l, "gnorm", event->gradient_norm);
  return write_line(context, &l);
}

static fv_status epoch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  line l = {.used = 0};
  char left[48] = ",\"patience_left\":null";
  if (event->patience_left >= 0) snprintf(left, sizeof left, ",\"patience_left\":%" PRId32, event->patience_left);
  put(&l, "{\"event\":\"train.epoch\",\"t\":\"t_1\"");
  put_number(&l, "epoch", event->epoch + 1);
  put_logs(&l, event);
  put_number(&l, "sec", event->seconds);
  put_number(&l, "best", event->best);
  put(&l, left);
  return write_line(context, &l);
}

static fv_status train_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  (void)event;
  return fv__log_file_close(&((json_logger *)context)->file);
}

static void end(fv__callback *self) {
  fv_status status = fv__log_file_close(&((json_logger *)self)->file);
  (void)status; /* nobody is left to be told; train_end has told */
}

static const fv_option table[] = {FV__CALLBACK_LINE(filename, TEXT, NULL, 0, 0, NULL, "the file"),
                                  FV__CALLBACK_FLAG(append, "behind what the file has"),
                                  {.name = NULL}};

const fv__callback_type fv__callback_json_logger = {
    .name = "JSONLogger",
    .help = "writes a JSON object a line after each step and epoch",
    .table = table,
    .only_writes = true,
    .numbers = numbers,
    .size = sizeof(json_logger),
    .on_train_begin = begin,
    .on_batch_end = batch_end,
    .on_epoch_end = epoch_end,
    .on_train_end = train_end,
    .check = check,
    .end = end,
};
