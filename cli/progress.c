/* Progress in the words of Keras 3 and of Keras 1.2.
 *
 *   Keras 3      188/938 ━━━━━━━━━━━━━━━━━━━━ 3s 4ms/step - accuracy: 0.9010 - loss: 0.3240 - 15321 images/s
 *   Keras 1.2    304/300 [==============================] - ETA: 0s - loss: 0.7809 - acc: 0.5000
 *
 * Keras 3's bar counts steps, has 20 places, and its times leave the first step out; that of Keras 1.2 counts samples
 * and has 30. Both write a number as %.4f, or as %.4e when it is at most 0.001. Lines are drawn at most 20 times a
 * second.
 */
#include "progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

enum { LINE_SIZE = 2048, BAR_KERAS3 = 20, BAR_KERAS1 = 30 };

/* A line in the making. */
typedef struct line {
  char text[LINE_SIZE];
  size_t used;
  int columns;
} line;

static void put(line *l, int columns, const char *format, ...) FV_PRINTF(3, 4);
static void put(line *l, int columns, const char *format, ...) {
  va_list list;
  va_start(list, format);
  const int length = vsnprintf(l->text + l->used, LINE_SIZE - l->used, format, list);
  va_end(list);
  if (length < 0 || l->used + (size_t)length >= LINE_SIZE) return; /* what does not fit is left out */
  l->used += (size_t)length;
  l->columns += columns < 0 ? length : columns;
}

progress progress_create(const train_options *o) {
  const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
  const bool can_move = isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
  return (progress){.is_json = o->format == TRAIN_JSON,
                    .is_keras1 = o->style == STYLE_KERAS1,
                    .is_quiet = command_quiet(),
                    .has_bar = can_move && o->format != TRAIN_JSON,
                    .in_color = can_move && !(no_color && *no_color),
                    .epoch = -1};
}

void progress_begin(progress *p, int64_t samples, int64_t steps, int32_t batch_size) {
  p->samples = samples;
  p->steps = steps;
  p->batch_size = batch_size;
  p->epoch = -1;
}

/* ---- numbers */

static void put_value(line *l, const char *name, double value) {
  put(l, -1, fabs(value) > 1e-3 ? " - %s: %.4f" : " - %s: %.4e", name, value);
}

static bool is_validation(const char *name) { return !strncmp(name, "val_", 4); }

/* Keras 3 sorts names; validation comes after training, the rate last. */
static bool comes_before(const fv_train_number *a, const fv_train_number *b) {
  const int a_group = !strcmp(a->name, "learning_rate") ? 2 : is_validation(a->name);
  const int b_group = !strcmp(b->name, "learning_rate") ? 2 : is_validation(b->name);
  return a_group != b_group ? a_group < b_group : strcmp(a->name, b->name) < 0;
}

static void put_logs_keras3(line *l, const fv_train_event *event, bool with_rate) {
  const fv_train_number *last = NULL;
  for (int32_t k = 0; k < event->log_count; k++) {
    const fv_train_number *next = NULL;
    for (int32_t i = 0; i < event->log_count; i++) {
      const fv_train_number *here = &event->logs[i];
      if ((!last || comes_before(last, here)) && (!next || comes_before(here, next))) next = here;
    }
    if (!next) return;
    if (with_rate || strcmp(next->name, "learning_rate") != 0) put_value(l, next->name, next->value);
    last = next;
  }
}

/* Keras 1 says acc, keeps the order of its metrics, and does not show the rate. */
static void put_logs_keras1(line *l, const fv_train_event *event) {
  for (int32_t i = 0; i < event->log_count; i++) {
    const char *name = event->logs[i].name;
    if (!strcmp(name, "learning_rate")) continue;
    put_value(l,
              !strcmp(name, "accuracy")       ? "acc"
              : !strcmp(name, "val_accuracy") ? "val_acc"
                                              : name,
              event->logs[i].value);
  }
}

static void put_eta(line *l, double seconds) {
  const long eta = lround(floor(seconds));
  if (seconds > 3600)
    put(l, -1, "%ld:%02ld:%02ld", eta / 3600, eta % 3600 / 60, eta % 60);
  else if (seconds > 60)
    put(l, -1, "%ld:%02ld", eta / 60, eta % 60);
  else
    put(l, -1, "%lds", eta);
}

static void put_step_time(line *l, double seconds) {
  if (seconds >= 1 || seconds == 0)
    put(l, -1, " %.0fs/step", seconds);
  else if (seconds >= 1e-3)
    put(l, -1, " %.0fms/step", seconds * 1e3);
  else
    put(l, -1, " %.0fus/step", seconds * 1e6);
}

/* The first step takes longer than others: plans are made, pages touched. */
static double seconds_a_step(const progress *p, const fv_train_event *event) {
  const int64_t since = event->step - p->first_step;
  return since > 0 ? (event->seconds - p->first) / (double)since : event->seconds;
}

static double images_a_second(const progress *p, const fv_train_event *event) {
  const double step = seconds_a_step(p, event);
  return step > 0 ? p->batch_size / step : NAN;
}

/* ---- bars */

static int digits(int64_t number) {
  int count = 1;
  while (number >= 10) number /= 10, count++;
  return count;
}

static void put_color(line *l, const progress *p, const char *code) {
  if (p->in_color) put(l, 0, "\033[%sm", code);
}

static void put_bar_keras3(line *l, const progress *p, const fv_train_event *event, int64_t done, bool is_last) {
  const int filled = p->steps ? (int)(BAR_KERAS3 * done / p->steps) : 0;
  put_color(l, p, "1");
  put(l, -1, "%*" PRId64 "/%" PRId64, digits(p->steps), done, p->steps);
  put_color(l, p, "0");
  put(l, 1, " ");
  if (filled) put_color(l, p, "32");
  for (int i = 0; i < BAR_KERAS3; i++) {
    if (filled && i == filled) put_color(l, p, "0");
    if (i == filled) put_color(l, p, "37");
    put(l, 1, i < filled || p->in_color ? "\xe2\x94\x81" : " ");
  }
  put_color(l, p, "0");
  put(l, 1, " ");
  put_color(l, p, "1");
  const double step = seconds_a_step(p, event);
  if (is_last)
    put(l, -1, "%.0fs", event->seconds);
  else
    put_eta(l, step * (double)(p->steps - done));
  put_color(l, p, "0");
  put_step_time(l, step);
}

/* Steps of the epoch that are done: fewer than it has when training was told to end. */
static int64_t steps_done(const progress *p) { return p->first_step + p->done; }

static int64_t samples_until(const progress *p, int64_t steps) {
  const int64_t samples = steps * p->batch_size;
  return samples < p->samples ? samples : p->samples;
}

static void put_bar_keras1(line *l, const progress *p, int64_t samples) {
  const int64_t target = p->samples;
  const int filled = target ? (int)(BAR_KERAS1 * samples / target) : 0;
  put(l, -1, "%*" PRId64 "/%" PRId64 " [", digits(target), samples, target);
  for (int i = 0; i < filled - 1; i++) put(l, 1, "=");
  if (filled > 0) put(l, 1, samples < target ? ">" : "=");
  for (int i = filled; i < BAR_KERAS1; i++) put(l, 1, ".");
  put(l, 1, "]");
}

/* Over the line that stands there. */
static void draw(progress *p, line *l, bool ends) {
  const int left = p->columns - l->columns;
  printf("\r%s%*s", l->text, left > 0 ? left : 0, "");
  if (ends) putchar('\n');
  p->columns = ends ? 0 : l->columns;
  p->line_is_open = !ends;
  fflush(stdout);
}

/* ---- what happens */

/* The epoch's heading, before its first step. */
static void open_epoch(progress *p, const fv_train_event *event) {
  if (p->epoch == event->epoch) return;
  p->epoch = event->epoch;
  p->first_step = event->step;
  p->first = event->seconds;
  p->drawn = -1;
  if (p->has_bar || p->is_keras1) printf("Epoch %" PRId32 "/%" PRId32 "\n", event->epoch + 1, event->epochs);
}

void progress_step(progress *p, const fv_train_event *event) {
  if (p->is_quiet || p->is_json) return;
  open_epoch(p, event);
  p->done = event->step - p->first_step + 1;
  if (!p->has_bar || (event->seconds - p->drawn < 0.05 && event->step + 1 < p->steps)) return;
  p->drawn = event->seconds;
  line l = {.used = 0};
  if (p->is_keras1) {
    put_bar_keras1(&l, p, samples_until(p, event->step + 1));
    put(&l, -1, " - ETA: %.0fs", floor(seconds_a_step(p, event) * (double)(p->steps - event->step - 1)));
    put_logs_keras1(&l, event);
  } else {
    put_bar_keras3(&l, p, event, event->step + 1, false);
    put_logs_keras3(&l, event, false);
    put(&l, -1, " - %.0f images/s", images_a_second(p, event));
  }
  p->event = *event;
  draw(p, &l, false);
}

void progress_validation(progress *p, int64_t samples, int64_t total) {
  if (!p->has_bar || p->is_quiet || p->is_keras1 || !p->line_is_open) return;
  line l = {.used = 0};
  put_bar_keras3(&l, p, &p->event, steps_done(p), false);
  put(&l, -1, " - validating: %" PRId64 "/%" PRId64, samples, total);
  draw(p, &l, false);
}

static void print_epoch_json(const fv_train_event *event) {
  printf("{\"event\":\"train.epoch\",\"epoch\":%" PRId32, event->epoch + 1);
  for (int32_t i = 0; i < event->log_count; i++) {
    putchar(',');
    output_json(event->logs[i].name);
    if (isfinite(event->logs[i].value))
      printf(":%.9g", event->logs[i].value);
    else
      fputs(":null", stdout);
  }
  printf(",\"sec\":%.3f", event->seconds);
  if (isfinite(event->best)) printf(",\"best\":%.9g", event->best);
  if (event->patience_left >= 0) printf(",\"patience_left\":%" PRId32, event->patience_left);
  puts("}");
  fflush(stdout);
}

/* What Keras prints when an epoch is over; a piped line names its epoch, so that it stands for itself. */
static void put_epoch(line *l, const progress *p, const fv_train_event *event) {
  if (p->is_keras1) {
    if (p->has_bar) put_bar_keras1(l, p, samples_until(p, steps_done(p)));
    put(l, -1, p->has_bar ? " - %.0fs" : "%.0fs", event->seconds);
    put_logs_keras1(l, event);
    return;
  }
  if (p->has_bar) {
    put_bar_keras3(l, p, event, steps_done(p), true);
  } else {
    put(l, -1, "Epoch %" PRId32 "/%" PRId32 " - %.0fs -", event->epoch + 1, event->epochs, event->seconds);
    put_step_time(l, event->seconds / (double)(p->done ? p->done : 1));
  }
  put_logs_keras3(l, event, true);
}

void progress_epoch(progress *p, const fv_train_event *event) {
  if (p->is_json) {
    print_epoch_json(event);
    return;
  }
  if (p->is_quiet) return;
  open_epoch(p, event);
  line l = {.used = 0};
  put_epoch(&l, p, event);
  if (p->has_bar) {
    draw(p, &l, true);
    return;
  }
  puts(l.text);
  fflush(stdout);
}

void progress_rest(progress *p) {
  if (!p->line_is_open) return;
  putchar('\n');
  p->line_is_open = false;
  p->columns = 0;
}

/* ---- messages */

static const char *keras1_name(const char *monitor) {
  return !strcmp(monitor, "val_accuracy") ? "val_acc" : !strcmp(monitor, "accuracy") ? "acc" : monitor;
}

/* In Keras's words where it has some for this; false otherwise. */
static bool put_message(line *l, const progress *p, const fv_train_message *m) {
  const char *monitor = m->monitor && p->is_keras1 ? keras1_name(m->monitor) : m->monitor;
  const char *head = p->is_keras1 ? "Epoch %05" PRId32 ": " : "Epoch %" PRId32 ": ";
  const int32_t epoch = m->epoch + !p->is_keras1;
  switch (m->kind) {
  case FV_MESSAGE_IMPROVED:
    put(l, -1, head, epoch);
    if (isfinite(m->from))
      put(l, -1, "%s improved from %.5f to %.5f, saving model to %s", monitor, m->from, m->to, m->path);
    else
      put(l, -1, "%s improved from %s to %.5f, saving model to %s", monitor,
          !p->is_keras1            ? "None"
          : strstr(monitor, "acc") ? "-inf"
                                   : "inf",
          m->to, m->path);
    return true;
  case FV_MESSAGE_NOT_IMPROVED:
    put(l, -1, head, epoch);
    if (p->is_keras1)
      put(l, -1, "%s did not improve", monitor);
    else
      put(l, -1, "%s did not improve from %.5f", monitor, m->from);
    return true;
  case FV_MESSAGE_SAVING:
    put(l, -1, head, epoch);
    put(l, -1, "saving model to %s", m->path);
    return true;
  case FV_MESSAGE_SAVED:
    if (!p->is_keras1) put(l, -1, "Epoch %" PRId32 ": finished saving model to %s", epoch, m->path);
    return true;
  case FV_MESSAGE_STOPPED:
    put(l, -1, head, epoch);
    put(l, -1, "early stopping");
    return true;
  case FV_MESSAGE_RESTORED:
    if (m->epoch < 0) break;
    put(l, -1, "Restoring model weights from the end of the best epoch: %" PRId32 ".", m->epoch + 1);
    return true;
  case FV_MESSAGE_RATE:
    put(l, -1, head, epoch);
    put(l, -1, "ReduceLROnPlateau reducing learning rate to %.9g.", m->to);
    return true;
  case FV_MESSAGE_WARNING: break;
  }
  return false; /* in ours */
}

void progress_message(progress *p, const fv_train_message *message) {
  if (message->kind == FV_MESSAGE_WARNING) { /* for the reader, whatever stdout is for */
    progress_rest(p);
    if (!p->is_quiet) command_error(COMMAND_OK, "%s", message->text);
    return;
  }
  if (p->is_json) {
    fputs("{\"event\":\"train.message\",\"text\":", stdout);
    output_json(message->text);
    puts("}");
    return;
  }
  if (p->is_quiet) return;
  line l = {.used = 0};
  if (!put_message(&l, p, message)) put(&l, -1, "%s", message->text);
  progress_rest(p);
  if (l.used) {
    output_plain(l.text);
    putchar('\n');
    fflush(stdout);
  }
}
