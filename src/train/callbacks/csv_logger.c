/* A table with a line for each epoch: epoch (from 0), then all numbers in the order of their names, NA where an epoch
 * lacks one. The first line names the columns, and later lines keep to them, also those of a resumed or appended file.
 * Lines end in CR LF, as RFC 4180 and Keras have it. With compat keras3 a training without validation gets empty val_
 * columns.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "train/callback.h"
#include "train/log_file.h"

enum { SIZE };
static const char *const numbers[] = {"size", NULL};

enum { MOST_COLUMNS = 128, LINE = 8192 };

typedef struct csv_logger {
  fv__callback base;
  fv__log_file file;
  const char *columns[MOST_COLUMNS]; /* after epoch; the arena's */
  int32_t column_count;
} csv_logger;

static fv_status check(fv__callback *self) {
  const fv_callback_options *o = &self->options;
  if (!o->filename || !*o->filename) return fail(FV_ERROR_INVALID, "filename must be given");
  if (strlen(o->separator) != 1 || strchr("\"\r\n", *o->separator))
    return fail(FV_ERROR_INVALID, "separator must be one character, not '%s'", o->separator);
  return FV_OK;
}

/* ---- columns */

static fv_status add_column(csv_logger *self, const char *prefix, const char *name, size_t length) {
  char text[200];
  if (self->column_count == MOST_COLUMNS) return fail(FV_ERROR_UNSUPPORTED, "more than %d columns", MOST_COLUMNS);
  snprintf(text, sizeof text, "%s%.*s", prefix, (int)length, name);
  if (strpbrk(text, "\"\r\n") || strchr(text, *self->base.options.separator))
    return fail(FV_ERROR_INVALID, "a column cannot be called '%s'", text);
  const char *copy = fv__arena_text(&self->base.arena, text);
  if (!copy) return fail(FV_ERROR_MEMORY, "no memory for the columns");
  self->columns[self->column_count++] = copy;
  return FV_OK;
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static fv_status columns_of_event(csv_logger *self, const fv_train_event *event) {
  bool has_validation = false;
  for (int32_t i = 0; i < event->log_count; i++) {
    TRY(add_column(self, "", event->logs[i].name, strlen(event->logs[i].name)));
    has_validation |= !strncmp(event->logs[i].name, "val_", 4);
  }
  const int32_t count = self->column_count;
  qsort(self->columns, (size_t)count, sizeof *self->columns, by_name);
  const bool is_keras = self->base.options.compat == FV_CALLBACK_KERAS3;
  for (int32_t i = 0; is_keras && !has_validation && i < count; i++)
    TRY(add_column(self, "val_", self->columns[i], strlen(self->columns[i])));
  return FV_OK;
}

/* The columns of a file that is there; none when it does not begin as ours do. */
static fv_status columns_of_file(csv_logger *self) {
  const char separator = *self->base.options.separator;
  uint8_t *bytes;
  size_t size;
  fv_status status = fv__file_read(&bytes, &size, self->base.options.filename, INT32_MAX);
  if (status) return status == FV_ERROR_MEMORY ? status : FV_OK; /* of others opening it will tell */
  const char *text = (const char *)bytes, ends[] = {separator, '\r', '\n', 0};
  if (!strncmp(text, "epoch", 5) && text[5] == separator)
    for (const char *name = text + 6; !status && *name && *name != '\r' && *name != '\n';) {
      const size_t length = strcspn(name, ends);
      status = add_column(self, "", name, length);
      name += length + (name[length] == separator);
    }
  free(bytes);
  return status;
}

/* ---- lines */

static fv_status write_line(csv_logger *self, const fv_train_event *event) {
  char text[LINE], number[64];
  size_t used = event ? (size_t)snprintf(text, sizeof text, "%" PRId32, event->epoch)
                      : (size_t)snprintf(text, sizeof text, "epoch");
  for (int32_t i = 0; i < self->column_count; i++) {
    double value;
    const char *cell = event ? "NA" : self->columns[i];
    if (event && fv_train_event_find(event, self->columns[i], &value)) {
      fv__text_from_double(number, sizeof number, value);
      cell = number;
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", self->base.options.separator, cell);
    if (used >= sizeof text - 3) return fail(FV_ERROR_UNSUPPORTED, "a line of more than %d characters", LINE);
  }
  memcpy(text + used, "\r\n", 2);
  TRY(fv__log_file_write(&self->file, text, used + 2));
  self->base.numbers[SIZE] = (double)self->file.size;
  return FV_OK;
}

static fv_status begin(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  csv_logger *self = context;
  const bool begins = fv__callback_begins(&self->base);
  const int64_t from = begins ? self->base.options.append ? -1 : 0 : (int64_t)self->base.numbers[SIZE];
  self->column_count = 0;
  TRY(fv__log_file_close(&self->file));
  if (from != 0) TRY(columns_of_file(self));
  TRY(fv__log_file_open(&self->file, self->base.options.filename, from));
  self->base.numbers[SIZE] = (double)self->file.size;
  if (self->column_count || !event->log_count) return FV_OK;
  TRY(columns_of_event(self, event));
  return write_line(self, NULL);
}

static fv_status epoch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  csv_logger *self = context;
  if (!self->column_count) {
    TRY(columns_of_event(self, event));
    TRY(write_line(self, NULL));
  }
  return write_line(self, event);
}

static fv_status train_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  (void)event;
  return fv__log_file_close(&((csv_logger *)context)->file);
}

static void end(fv__callback *self) {
  fv_status status = fv__log_file_close(&((csv_logger *)self)->file);
  (void)status; /* nobody is left to be told; train_end has told */
}

static const fv_option table[] = {FV__CALLBACK_LINE(filename, TEXT, NULL, 0, 0, NULL, "the file"),
                                  FV__CALLBACK_LINE(separator, TEXT, ",", 0, 0, NULL, "one character between numbers"),
                                  FV__CALLBACK_FLAG(append, "behind what the file has"),
                                  FV__CALLBACK_COMPAT,
                                  {.name = NULL}};

const fv__callback_type fv__callback_csv_logger = {
    .name = "CSVLogger",
    .help = "writes a table with a line for each epoch",
    .table = table,
    .only_writes = true,
    .numbers = numbers,
    .size = sizeof(csv_logger),
    .on_train_begin = begin,
    .on_epoch_end = epoch_end,
    .on_train_end = train_end,
    .check = check,
    .end = end,
};
