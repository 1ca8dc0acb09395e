/* Pixel loss: of segmenters, which answer with a class for every pixel. Targets are class numbers, one a pixel.
 *
 *   loss = crossentropy * C + dice * D
 *
 *   C   sum of w[t] (1 - p)^gamma (-log p) / sum of w[t]       over pixels that count, p the probability of their class
 *       t. gamma above 0 plays down what is nearly right: focal loss, Lin et al. 2017
 *   D   1 - mean over classes of w[c] (2 sum(p y) + 1) / (sum(p) + sum(y) + 1), weighted by w; sums over pixels of the
 *       batch that count, y being 1 where the class is c. Milletari et al. 2016
 *
 * A pixel of the class `ignore_class` counts nowhere. C with weights is PyTorch's CrossEntropyLoss(weight,
 * ignore_index). Derivatives, by logits x of a pixel:
 *
 *   dC/dx[c] = w[t] / sum(w) * slope(p) * (p[c] - (c == t)),   slope = (1 - p)^gamma - gamma (1 - p)^(gamma - 1) p log
 * p dD/dx[c] = p[c] (s[c] - sum over k of p[k] s[k]),  s[c] = dD/dp[c]
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "train/loss.h"

enum { CLASSES = 256 };

/* What a batch is asked about. */
typedef struct pixels {
  const fv_loss_options *options;
  const fv_loss_batch *batch;
  int64_t count, channels;
  float weights[CLASSES];
  double both[CLASSES], sums[CLASSES]; /* of each class: sum(p y), sum(p) + sum(y) */
  double weight_sum, loss_sum;
} pixels;

/* ---- weights ---- */

static fv_status read_weights(pixels *p) {
  const char *at = p->options->class_weights;
  for (int64_t c = 0; c < p->channels; c++) p->weights[c] = 1;
  for (int64_t c = 0; at && *at; c++) {
    char word[32];
    double weight = -1;
    const size_t length = strcspn(at, ",");
    snprintf(word, sizeof word, "%.*s", length < sizeof word ? (int)length : 0, at);
    if (!fv__text_to_double(word, &weight) || weight < 0 || weight > 1e9 || c >= p->channels)
      return fail(FV_ERROR_INVALID, "class_weights must be up to %" PRId64 " numbers from 0 with commas between",
                  p->channels);
    p->weights[c] = (float)weight;
    at += length + (at[length] != 0);
  }
  return FV_OK;
}

/* ---- one pixel ---- */

/* The class of pixel `i`; -1: it does not count. */
static int64_t label_of(const pixels *p, int64_t i) {
  const float label = p->batch->targets[i];
  return label == (float)p->options->ignore_class ? -1 : (int64_t)label;
}

/* Probabilities of a pixel; returns the logarithm of that of `label`. */
static double probabilities(const pixels *p, const float *x, int64_t label, float *found) {
  if (!p->options->from_logits) {
    double kept = x[label], all = 0;
    for (int64_t c = 0; c < p->channels; c++) all += (double)(found[c] = x[c]);
    kept = kept < fv__loss_least ? fv__loss_least : kept > fv__loss_most ? fv__loss_most : kept;
    return isnan(all) ? (double)NAN : log(kept);
  }
  float largest = x[0], sum = 0;
  for (int64_t c = 1; c < p->channels; c++) largest = x[c] > largest || isnan(x[c]) ? x[c] : largest;
  for (int64_t c = 0; c < p->channels; c++) sum += found[c] = expf(x[c] - largest);
  for (int64_t c = 0; c < p->channels; c++) found[c] /= sum;
  return (double)(x[label] - largest) - log((double)sum);
}

/* Crossentropy with its focus, and its slope by log p. */
static double focal(const fv_loss_options *o, double logarithm, double *slope) {
  *slope = -1;
  if (o->gamma == 0) return -logarithm;
  const double p = exp(logarithm), wrong = 1 - p, focus = pow(wrong, o->gamma);
  *slope = -focus + o->gamma * pow(wrong, o->gamma - 1) * p * logarithm;
  return -focus * logarithm;
}

/* ---- all pixels: values first, then slopes, which need the sums ---- */

static void add_pixel(pixels *p, int64_t i, float *found) {
  const int64_t label = label_of(p, i);
  double slope;
  if (label < 0) return;
  const double logarithm = probabilities(p, p->batch->predictions + i * p->channels, label, found);
  p->loss_sum += (double)p->weights[label] * focal(p->options, logarithm, &slope);
  p->weight_sum += (double)p->weights[label];
  if (p->options->dice == 0) return;
  for (int64_t c = 0; c < p->channels; c++) p->sums[c] += (double)found[c];
  p->sums[label] += 1;
  p->both[label] += (double)found[label];
}

/* Slopes of D by the probability of a class where it is (`hit`) and where it is not. */
typedef struct dice_slopes {
  double hit[CLASSES], miss[CLASSES];
} dice_slopes;

static double dice(const pixels *p, dice_slopes *slopes) {
  double all = 0, value = 0;
  for (int64_t c = 0; c < p->channels; c++) all += (double)p->weights[c];
  for (int64_t c = 0; c < p->channels; c++) {
    const double part = all > 0 ? (double)p->weights[c] / all : 0, above = 2 * p->both[c] + 1, below = p->sums[c] + 1;
    value += part * above / below;
    slopes->miss[c] = p->options->dice * part * above / (below * below);
    slopes->hit[c] = slopes->miss[c] - p->options->dice * part * 2 / below;
  }
  return 1 - value;
}

static void slope_pixel(const pixels *p, int64_t i, const dice_slopes *d, float *found, float *gradient) {
  const int64_t label = label_of(p, i);
  const fv_loss_options *o = p->options;
  double slope, mean = 0;
  memset(gradient, 0, (size_t)p->channels * sizeof *gradient);
  if (label < 0) return;
  const double logarithm = probabilities(p, p->batch->predictions + i * p->channels, label, found);
  focal(o, logarithm, &slope);
  slope *= p->weight_sum > 0 ? o->crossentropy * (double)p->weights[label] / p->weight_sum : 0;
  for (int64_t c = 0; o->dice != 0 && c < p->channels; c++) {
    const double s = c == label ? d->hit[c] : d->miss[c];
    mean += (double)found[c] * s;
    gradient[c] = (float)s;
  }
  for (int64_t c = 0; o->from_logits && c < p->channels; c++)
    gradient[c] = (float)((double)found[c] * ((double)gradient[c] - mean) + slope * ((c == label) - (double)found[c]));
  if (o->from_logits) return;
  const double at = found[label];
  if (at > fv__loss_least && at < fv__loss_most) gradient[label] = (float)((double)gradient[label] + slope / at);
}

static fv_status pixel(double *value, const fv_loss_options *options, const fv_loss_batch *batch, float *gradient) {
  if (batch->channels < 2 || batch->channels > CLASSES)
    return fail(FV_ERROR_INVALID, "%" PRId64 " channels; expected one for each of 2 to %d classes", batch->channels,
                CLASSES);
  pixels p = {
      .options = options, .batch = batch, .count = batch->samples * batch->positions, .channels = batch->channels};
  dice_slopes slopes = {.hit = {0}};
  float found[CLASSES];
  TRY(read_weights(&p));
  for (int64_t i = 0; i < p.count; i++) add_pixel(&p, i, found);
  *value = p.weight_sum > 0 ? options->crossentropy * p.loss_sum / p.weight_sum : 0;
  if (options->dice != 0) *value += options->dice * dice(&p, &slopes);
  for (int64_t i = 0; gradient && i < p.count; i++) slope_pixel(&p, i, &slopes, found, gradient + i * p.channels);
  return FV_OK;
}

static const fv_option table[] = {
    FV__LOSS_REDUCTION,
    FV__LOSS_FROM_LOGITS,
    FV__LOSS_NUMBER(crossentropy, "1", 1e30, "how much crossentropy counts"),
    FV__LOSS_NUMBER(dice, "0", 1e30, "how much the overlap of areas counts beside it"),
    FV__LOSS_NUMBER(gamma, "0", 100, "above 0: focal, what is nearly right counts little"),
    {"class_weights", FV_OPTION_TEXT, offsetof(fv_loss_options, class_weights), "", 0, 0, NULL,
     "X,X,...: how much each class counts"},
    {"ignore_class", FV_OPTION_FLOAT, offsetof(fv_loss_options, ignore_class), "255", -1e9, INFINITY, NULL,
     "targets that do not count"},
    {.name = NULL}};

const fv__loss_type fv__loss_pixel = {
    .name = "Pixel",
    .short_name = NULL,
    .help = "a class for every pixel: crossentropy, focal or not, and the overlap of areas (Dice)",
    .table = table,
    .batch = pixel,
    .joins = FV__JOINED_SOFTMAX,
    .is_sparse = true,
};
