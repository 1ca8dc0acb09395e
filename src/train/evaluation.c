/* Evaluation of a classifier: a matrix of counts, and what follows from it. */
#include "train/evaluation.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "train/metric.h"

struct fv_evaluation {
  fv_evaluation_options options;
  fv_evaluation_report report;
  fv_evaluation_class *classes;
  int64_t *confusion;
  fv_evaluation_mistake *mistakes; /* the worst first */
  double loss_sum;
  int64_t loss_count;
  fv_loss *own_loss; /* ends with it */
};

fv_status fv_evaluation_create(fv_evaluation **evaluation, const fv_evaluation_options *options) {
  *evaluation = NULL;
  int64_t cells;
  if (options->classes < 2 || options->most_mistakes < 0)
    return fail(FV_ERROR_INVALID, "an evaluation has at least 2 classes and no negative number of mistakes");
  fv_evaluation *made = calloc(1, sizeof *made);
  if (!made || !fv__size_multiply(&cells, options->classes, options->classes)) {
    free(made);
    return fail(FV_ERROR_MEMORY, "no memory for an evaluation");
  }
  made->options = *options;
  made->classes = calloc((size_t)options->classes, sizeof *made->classes);
  made->confusion = calloc((size_t)cells, sizeof *made->confusion);
  made->mistakes = calloc((size_t)options->most_mistakes + 1, sizeof *made->mistakes);
  *evaluation = made;
  if (made->classes && made->confusion && made->mistakes) return FV_OK;
  fv_evaluation_destroy(made);
  *evaluation = NULL;
  return fail(FV_ERROR_MEMORY, "no memory for an evaluation of %" PRId32 " classes", options->classes);
}

void fv_evaluation_destroy(fv_evaluation *evaluation) {
  if (!evaluation) return;
  free(evaluation->classes);
  free(evaluation->confusion);
  free(evaluation->mistakes);
  fv_loss_destroy(evaluation->own_loss);
  free(evaluation);
}

void fv__evaluation_finish(fv_evaluation *evaluation, fv_loss *loss, double penalty, const int64_t *samples) {
  evaluation->loss_sum += penalty * (double)evaluation->loss_count;
  evaluation->own_loss = loss;
  for (int32_t i = 0; i < evaluation->report.mistake_count; i++)
    evaluation->mistakes[i].sample = samples[evaluation->mistakes[i].sample];
}

/* ---- one answer */

static fv_status find_label(const fv_evaluation *e, const fv_loss_batch *batch, int64_t row, int64_t *label) {
  const bool is_whole_row = e->options.one_hot && batch->channels > 1;
  *label = is_whole_row ? fv__metric_largest(batch->targets + row * batch->channels, batch->channels)
                        : fv__metric_label(batch->targets[row]);
  if (*label >= 0 && *label < e->options.classes) return FV_OK;
  return fail(FV_ERROR_INVALID, "class %g of sample %" PRId64 ": expected a whole number from 0 to %" PRId32,
              (double)batch->targets[row], e->report.samples, e->options.classes - 1);
}

static fv_status find_answer(const fv_evaluation *e, const fv_loss_batch *batch, int64_t row, int64_t *found) {
  const float *scores = batch->predictions + row * batch->channels;
  for (int64_t i = 0; i < batch->channels; i++)
    if (isnan(scores[i]))
      return fail(FV_ERROR_NUMBERS, "the prediction of sample %" PRId64 " is not a number", e->report.samples);
  *found = batch->channels > 1 ? fv__metric_largest(scores, batch->channels) : scores[0] > 0.5f;
  return FV_OK;
}

static double score_of(const fv_loss_batch *batch, int64_t row, int64_t class_number) {
  const float *scores = batch->predictions + row * batch->channels;
  if (batch->channels > 1) return scores[class_number];
  return class_number ? (double)scores[0] : 1 - (double)scores[0];
}

/* Into the list of the worst, behind those that are as bad. */
static void remember(fv_evaluation *e, fv_evaluation_mistake mistake) {
  int32_t place = e->report.mistake_count;
  while (place > 0 && e->mistakes[place - 1].margin < mistake.margin) place--;
  if (place == e->options.most_mistakes) return;
  if (e->report.mistake_count < e->options.most_mistakes) e->report.mistake_count++;
  const int32_t behind = e->report.mistake_count - place - 1;
  memmove(e->mistakes + place + 1, e->mistakes + place, (size_t)behind * sizeof mistake);
  e->mistakes[place] = mistake;
}

static fv_status add_row(fv_evaluation *e, const fv_loss_batch *batch, int64_t row) {
  int64_t label = 0, found = 0;
  TRY(find_label(e, batch, row, &label));
  TRY(find_answer(e, batch, row, &found));
  e->confusion[label * e->options.classes + found]++;
  if (label != found) {
    const double score = score_of(batch, row, found);
    remember(e, (fv_evaluation_mistake){.sample = e->report.samples,
                                        .is = (int32_t)label,
                                        .found = (int32_t)found,
                                        .score = score,
                                        .margin = score - score_of(batch, row, label)});
  }
  e->report.samples++;
  return FV_OK;
}

/* ---- batches */

static fv_status add_loss(fv_evaluation *e, const fv_loss_batch *batch, int64_t sample) {
  const int64_t rows = sample * batch->positions;
  const int64_t target_channels = fv_loss_is_sparse(e->options.loss) ? 1 : batch->channels;
  const fv_loss_batch one = {1,
                             batch->positions,
                             batch->channels,
                             batch->targets + rows * target_channels,
                             batch->predictions + rows * batch->channels,
                             NULL};
  double value;
  TRY(fv_loss_compute(e->options.loss, &one, &value, NULL, NULL));
  e->loss_sum += value;
  e->loss_count++;
  return FV_OK;
}

fv_status fv_evaluation_add(fv_evaluation *evaluation, const fv_loss_batch *batch) {
  const int32_t classes = evaluation->options.classes;
  if (batch->channels != classes && !(batch->channels == 1 && classes == 2))
    return fail(FV_ERROR_INVALID, "expected predictions of %" PRId32 " channels, found %" PRId64, classes,
                batch->channels);
  for (int64_t sample = 0; sample < batch->samples; sample++) {
    for (int64_t position = 0; position < batch->positions; position++)
      TRY(add_row(evaluation, batch, sample * batch->positions + position));
    if (evaluation->options.loss) TRY(add_loss(evaluation, batch, sample));
  }
  return FV_OK;
}

/* ---- the report */

static void fill_class(fv_evaluation *e, int64_t class_number) {
  const int64_t n = e->options.classes;
  fv_evaluation_class *c = &e->classes[class_number];
  *c = (fv_evaluation_class){.right = e->confusion[class_number * n + class_number]};
  for (int64_t i = 0; i < n; i++) {
    c->support += e->confusion[class_number * n + i];
    c->predicted += e->confusion[i * n + class_number];
  }
  c->precision = fv__metric_quotient((double)c->right, (double)c->predicted);
  c->recall = fv__metric_quotient((double)c->right, (double)c->support);
  c->f1 = fv__metric_quotient(2 * (double)c->right, (double)(c->support + c->predicted));
}

const fv_evaluation_report *fv_evaluation_report_of(fv_evaluation *evaluation) {
  fv_evaluation_report *r = &evaluation->report;
  double classes = 0;
  *r = (fv_evaluation_report){.samples = r->samples,
                              .loss = evaluation->loss_count ? evaluation->loss_sum / (double)evaluation->loss_count
                                                             : (double)NAN,
                              .class_count = evaluation->options.classes,
                              .classes = evaluation->classes,
                              .confusion = evaluation->confusion,
                              .mistake_count = r->mistake_count,
                              .mistakes = evaluation->mistakes};
  for (int32_t i = 0; i < r->class_count; i++) {
    fill_class(evaluation, i);
    const fv_evaluation_class *c = &evaluation->classes[i];
    r->right += c->right;
    if (!c->support) continue;
    r->precision += c->precision;
    r->recall += c->recall;
    r->f1 += c->f1;
    classes += 1;
  }
  r->accuracy = fv__metric_quotient((double)r->right, (double)r->samples);
  r->precision = fv__metric_quotient(r->precision, classes);
  r->recall = fv__metric_quotient(r->recall, classes);
  r->f1 = fv__metric_quotient(r->f1, classes);
  return r;
}
