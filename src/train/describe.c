/* What a training is, as lines "name=value": a backup keeps them, and a training that goes on from it has the same. How
 * far to train, where to write, and how many threads work are not among them.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <fovea/cpu.h>
#include <fovea/labels.h>

#include "base/text.h"
#include "train/fit.h"
#include "train/loss.h"
#include "train/metric.h"
#include "train/optimizer.h"

/* ---- lines */

static void add(fv__lines *lines, const char *format, ...) FV_PRINTF(2, 3);
static void add(fv__lines *lines, const char *format, ...) {
  char text[600];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  if (lines->count == lines->room && !lines->failed) {
    const int32_t room = lines->room ? 2 * lines->room : 64;
    const char **texts = fv__arena_take(&lines->arena, (size_t)room * sizeof *texts);
    if (texts && lines->count) memcpy(texts, lines->texts, (size_t)lines->count * sizeof *texts);
    lines->failed = !texts;
    lines->texts = texts;
    lines->room = room;
  }
  if (lines->failed) return;
  lines->texts[lines->count] = fv__arena_text(&lines->arena, text);
  lines->failed = !lines->texts[lines->count++];
}

void fv__lines_clear(fv__lines *lines) {
  fv__arena_clear(&lines->arena);
  *lines = (fv__lines){.count = 0};
}

/* All options of a part, "NAME.momentum=0.9". */
static void add_options(fv__lines *lines, const char *part, const void *options, const fv_option *table) {
  for (const fv_option *option = table; option->name; option++) {
    char value[200];
    add(lines, "%s.%s=%s", part, option->name, fv_option_text(value, sizeof value, options, option));
  }
}

/* ---- parts */

static void add_layers(fv__lines *lines, const fv_model *model) {
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    const fv_layer_info layer = fv_model_layer(model, i);
    char shape[128];
    if (layer.weight_count == 0) continue;
    add(lines, "layer %s=%s %s, %" PRId64 " parameters, %" PRId64 " trainable", layer.name, layer.kind,
        fv_shape_text(shape, sizeof shape, &layer.output), layer.parameters, layer.trainable_parameters);
    for (int32_t w = 0; w < layer.weight_count; w++) {
      const fv_regularizer cost = fv_model_regularizer(model, layer.weights[w]);
      char text[100];
      if (cost.l1 != 0 || cost.l2 != 0)
        add(lines, "regularizer %s=%s", fv_model_weight(model, layer.weights[w]).path,
            fv_regularizer_text(text, sizeof text, &cost));
    }
  }
  add(lines, "layers=%" PRId32, fv_model_layer_count(model));
}

static void add_feed(fv__lines *lines, const char *part, const fv__feed *feed) {
  const fv_dataset *dataset = feed->options.dataset;
  add(lines, "%s.samples=%" PRId64, part, feed->count);
  if (dataset)
    for (int32_t i = 0; i < fv_dataset_class_count(dataset); i++)
      add(lines, "%s.class %" PRId32 "=%s, %" PRId64 " samples", part, i, fv_dataset_class_name(dataset, i),
          fv_dataset_class_samples(dataset, i));
  add(lines, "%s.fingerprint=%016" PRIx64, part, fv__feed_fingerprint(feed));
}

static void add_weights(fv__lines *lines, const fv__fit *fit) {
  const fv_dataset *dataset = fit->options.dataset;
  const float *weights = fit->options.class_weights;
  for (int32_t i = 0; weights && dataset && i < fv_dataset_class_count(dataset); i++)
    add(lines, "class_weight %" PRId32 "=%.9g", i, (double)weights[i]);
}

static void add_augment(fv__lines *lines, const fv_augment_options *given) {
  fv_augment_options augment = given ? *given : (fv_augment_options){0};
  add(lines, "augment=%s", given ? "yes" : "no");
  if (!given || fv_options_complete(&augment, fv_augment_table())) return;
  add_options(lines, "augment", &augment, fv_augment_table());
  add(lines, "augment.zoom=%.17g %.17g", augment.zoom.low, augment.zoom.high);
  add(lines, "augment.brightness=%.17g %.17g", augment.brightness.low, augment.brightness.high);
}

static void add_preprocessing(fv__lines *lines, const fv_model *model) {
  const fv_preprocessing p = fv_model_preprocessing(model);
  add(lines,
      "preprocessing=%s %" PRId32 "x%" PRId32
      " %s crop %.9g channels %d scale %.9g mean %.9g %.9g %.9g std %.9g %.9g %.9g",
      fv_preprocessing_mode_name(p.mode), p.size.height, p.size.width, p.resize, p.crop, (int)p.channels, p.scale,
      p.mean[0], p.mean[1], p.mean[2], p.std[0], p.std[1], p.std[2]);
}

static fv_status add_loss(fv__lines *lines, const fv_fit_options *o) {
  fv_loss_options loss = {.reduction = 0};
  char text[100];
  if (o->loss_options) loss = *o->loss_options;
  const fv_option *table = fv_loss_table(o->loss);
  TRY(fv_options_complete(&loss, table));
  add(lines, "loss=%s", o->loss);
  add_options(lines, "loss", &loss, table);
  add(lines, "kernel_regularizer=%s", fv_regularizer_text(text, sizeof text, &o->kernel_regularizer));
  return FV_OK;
}

/* A schedule is known by its rates. */
static fv_status add_optimizer(fv__lines *lines, const fv_fit_options *o) {
  fv_optimizer_options optimizer = {.learning_rate = 0};
  if (o->optimizer_options) optimizer = *o->optimizer_options;
  const fv_schedule *schedule = optimizer.schedule;
  const fv_option *table = fv_optimizer_table(o->optimizer);
  TRY(fv_options_complete(&optimizer, table));
  add(lines, "optimizer=%s", o->optimizer);
  add_options(lines, "optimizer", &optimizer, table);
  for (int64_t step = 1; schedule && step < 10000000; step *= 10)
    add(lines, "optimizer.schedule at step %" PRId64 "=%.9g", step, fv_schedule_rate(schedule, step));
  return FV_OK;
}

static void add_callbacks(fv__lines *lines, const fv_fit_options *o) {
  for (int32_t i = 0; i < o->callback_count; i++) {
    char key[FV__CALLBACK_KEY];
    fv__callbacks_key(key, o->callbacks, i);
    if (o->callbacks[i].save && !o->callbacks[i].only_writes) add(lines, "callback %s=yes", key);
  }
}

fv_status fv__fit_describe(fv__fit *fit) {
  fv__lines *lines = &fit->lines;
  const fv_fit_options *o = &fit->options;
  add(lines, "fovea=%s", fv_version());
  add(lines, "processor=%s", fv_cpu_name(fv_cpu()));
  add_layers(lines, fit->model);
  add_preprocessing(lines, fit->model);
  add_feed(lines, "training", &fit->training);
  if (fit->validates) add_feed(lines, "validation", &fit->validation);
  add(lines, "validates=%s", fit->validates ? "yes" : "no");
  add(lines, "samples_per_epoch=%" PRId64, fit->training.samples_per_epoch);
  add(lines, "batch_size=%" PRId32, fit->training.options.batch_size);
  add(lines, "slice=%" PRId32, fv_learner_memory_use(fit->learner).slice);
  add(lines, "shuffle=%s", o->no_shuffle ? "no" : "yes");
  add(lines, "takes_whole=%s", o->takes_whole ? "yes" : "no");
  add(lines, "skip_broken=%s", o->skip_broken ? "yes" : "no");
  add(lines, "seed=%" PRIu64, o->seed);
  add(lines, "initial_epoch=%" PRId32, o->initial_epoch);
  add(lines, "accuracy=%d", (int)o->accuracy);
  add(lines, "unbiased_variance=%s", o->unbiased_variance ? "yes" : "no");
  add(lines, "moving_momentum=%.9g", o->moving_momentum);
  add_augment(lines, o->augment);
  add_weights(lines, fit);
  TRY(add_loss(lines, o));
  TRY(add_optimizer(lines, o));
  for (int32_t i = 0; i < fit->meter.count; i++) add(lines, "metric %s=yes", fit->meter.names[i]);
  add_callbacks(lines, o);
  return lines->failed ? fail(FV_ERROR_MEMORY, "no memory for what the training is") : FV_OK;
}

/* ---- comparing */

/* The line with the same name, what is before the '='. */
static const char *find(const char *const *texts, int32_t count, const char *line, size_t length) {
  for (int32_t i = 0; i < count; i++)
    if (!strncmp(texts[i], line, length + 1)) return texts[i];
  return NULL;
}

static size_t name_length(const char *line) {
  const char *end = strchr(line, '=');
  return end ? (size_t)(end - line) : strlen(line);
}

/* Sentences of all differences, as many as there is room for. */
typedef struct differences {
  char text[400];
  size_t used;
  int32_t count, left_out;
} differences;

static void differ(differences *all, const char *format, ...) FV_PRINTF(2, 3);
static void differ(differences *all, const char *format, ...) {
  char text[200];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  all->count++;
  if (all->used + strlen(text) + 3 > sizeof all->text) {
    all->left_out++;
    return;
  }
  all->used +=
      (size_t)snprintf(all->text + all->used, sizeof all->text - all->used, "%s%s", all->used ? "; " : "", text);
}

/* Name, value now and value before, each NULL when it is not there, for who has words of their own. */
static void tell(const fv__fit *fit, const char *now, const char *before) {
  const char *line = now ? now : before;
  const size_t length = name_length(line);
  char name[600];
  if (!fit->options.on_difference) return;
  snprintf(name, sizeof name, "%.*s", (int)length, line);
  fit->options.on_difference(fit->options.context, name, now ? now + length + 1 : NULL,
                             before ? before + length + 1 : NULL);
}

fv_status fv__fit_compare(const fv__fit *fit, const char *const *before, int32_t count) {
  const fv__lines *now = &fit->lines;
  differences all = {.used = 0};
  for (int32_t i = 0; i < now->count; i++) {
    const char *line = now->texts[i];
    const size_t length = name_length(line);
    const char *old = find(before, count, line, length);
    if (!old || strcmp(old, line)) tell(fit, line, old);
    if (!old)
      differ(&all, "%.*s is %.40s, was not there", (int)length, line, line + length + 1);
    else if (strcmp(old, line))
      differ(&all, "%.*s is %.60s, was %.60s", (int)length, line, line + length + 1, old + length + 1);
  }
  for (int32_t i = 0; i < count; i++) {
    const size_t length = name_length(before[i]);
    if (find(now->texts, now->count, before[i], length)) continue;
    if (before[i][length]) tell(fit, NULL, before[i]);
    differ(&all, "%.*s was %.40s, is not there", (int)length, before[i],
           before[i][length] ? before[i] + length + 1 : "");
  }
  if (all.count == 0) return FV_OK;
  char more[40] = "";
  if (all.left_out) snprintf(more, sizeof more, "; and %" PRId32 " more", all.left_out);
  return fail(FV_ERROR_INVALID, "the training that was kept is another one: %s%s", all.text, more);
}
