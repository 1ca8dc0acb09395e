/* MultiBox loss: of detectors that answer for many anchors at once. Liu et al., "SSD", 2016.
 *
 *   prediction of an anchor   4 offsets (boxes.h), then a logit for "nothing" and one for each class
 *   its target                4 offsets, the class (0: nothing, 1 ...; -1: does not count), the anchor's width by its
 *                             height; what is behind does not count
 *
 *   loss = (sum of crossentropies + box_weight * sum of box losses of anchors with an object) / anchors with an object
 *
 * Of anchors without an object those count that are most wrong: in each sample hard_negatives for each with an object,
 * at least that many. With gamma above 0 all count, by focal crossentropy (Lin et al. 2017): alpha (1 - p)^gamma for
 * objects, (1 - alpha) (1 - p)^gamma for nothing.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <fovea/boxes.h>

#include "base/fail.h"
#include "train/loss.h"

enum { OFFSETS = 4, CLASS = 4, ASPECT = 5 };

/* ---- classes ---- */

/* Crossentropy of one anchor, with the focus if there is one; slopes by logits. */
static double class_loss(const fv_loss_options *o, const float *logits, int64_t count, int64_t label, float *slopes) {
  const double plain = fv__loss_of_logits(o, NULL, label, logits, count, slopes);
  if (o->gamma == 0) return plain;
  const double p = exp(-plain), weight = label > 0 ? o->alpha : 1 - o->alpha, focus = pow(1 - p, o->gamma);
  /* d(focus * plain) by plain; d p = -p d plain */
  const double slope = focus + plain * o->gamma * pow(1 - p, o->gamma - 1) * p;
  for (int64_t i = 0; slopes && i < count; i++) slopes[i] = (float)(weight * slope * slopes[i]);
  return weight * focus * plain;
}

typedef struct sample {
  const fv_loss_options *options;
  const float *targets, *predictions;
  int64_t anchors, channels;
} sample;

static int64_t label_of(const sample *s, int64_t anchor) { return (int64_t)s->targets[anchor * s->channels + CLASS]; }

static double loss_of(const sample *s, int64_t anchor, int64_t label, float *slopes) {
  return class_loss(s->options, s->predictions + anchor * s->channels + OFFSETS, s->channels - OFFSETS, label, slopes);
}

static int64_t count_objects(const sample *s) {
  int64_t count = 0;
  for (int64_t i = 0; i < s->anchors; i++) count += label_of(s, i) > 0;
  return count;
}

/* ---- hard negatives ---- */

/* What is no number is above all. */
static int64_t count_above(const sample *s, float limit) {
  int64_t count = 0;
  for (int64_t i = 0; i < s->anchors; i++) count += label_of(s, i) == 0 && !((float)loss_of(s, i, 0, NULL) <= limit);
  return count;
}

static float number_of(int32_t bits) {
  float number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

/* The least number that at most `wanted` losses are above: bits of numbers that are not negative are in their order. No
 * memory is needed, which a step of training does not take. */
static float limit_for(const sample *s, int64_t wanted) {
  int32_t low = -1, high = 0x7f800000; /* infinity: none is above */
  while (high - low > 1) {
    const int32_t middle = low + (high - low) / 2;
    if (count_above(s, number_of(middle)) <= wanted)
      high = middle;
    else
      low = middle;
  }
  return number_of(high);
}

/* Which anchors without an object count: those above the limit, and of those at it the first. */
typedef struct choice {
  float limit;
  int64_t at_limit; /* that may still be taken */
} choice;

static choice choose(const sample *s, int64_t objects) {
  if (s->options->gamma != 0) return (choice){-1, 0};
  const int64_t wanted = (int64_t)(s->options->hard_negatives * (double)(objects ? objects : 1));
  const float limit = limit_for(s, wanted);
  return (choice){limit, wanted - count_above(s, limit)};
}

static bool takes(choice *c, double loss) {
  const float rounded = (float)loss;
  if (!(rounded <= c->limit)) return true;
  return rounded == c->limit && c->at_limit-- > 0;
}

/* ---- boxes ---- */

static double smooth_l1(const float *found, const float *wanted, double slopes[OFFSETS]) {
  double sum = 0;
  for (int i = 0; i < OFFSETS; i++) {
    const double error = (double)found[i] - wanted[i], size = fabs(error);
    sum += size < 1 ? error * error / 2 : size - 0.5;
    slopes[i] = size < 1 ? error : error > 0 ? 1 : -1;
  }
  return sum;
}

/* 1 - overlap of boxes around an anchor that is one high; where it lies and how large it is changes nothing. */
static double one_less_overlap(int32_t kind, const float *found, const float *wanted, double aspect,
                               double slopes[OFFSETS]) {
  static const fv_overlap kinds[] = {FV_OVERLAP_IOU, FV_OVERLAP_GIOU, FV_OVERLAP_DIOU, FV_OVERLAP_CIOU};
  const fv_box anchor = {(float)(-aspect / 2), -0.5F, (float)(aspect / 2), 0.5F};
  const fv_box a = fv_box_decode(found, &anchor), b = fv_box_decode(wanted, &anchor);
  double sides[4];
  const double overlap = fv_box_overlap(kinds[kind - FV_BOX_LOSS_IOU], &a, &b, sides);
  slopes[0] = -FV_BOX_VARIANCE_CENTRE * aspect * (sides[0] + sides[2]);
  slopes[1] = -FV_BOX_VARIANCE_CENTRE * (sides[1] + sides[3]);
  slopes[2] = -FV_BOX_VARIANCE_SIZE * ((double)a.x1 - a.x0) * (sides[2] - sides[0]) / 2;
  slopes[3] = -FV_BOX_VARIANCE_SIZE * ((double)a.y1 - a.y0) * (sides[3] - sides[1]) / 2;
  return 1 - overlap;
}

static double box_loss(const sample *s, int64_t anchor, float *gradient) {
  const float *wanted = s->targets + anchor * s->channels, *found = s->predictions + anchor * s->channels;
  const int32_t kind = s->options->box_loss;
  double slopes[4];
  const double loss = kind == FV_BOX_LOSS_SMOOTH_L1
                          ? smooth_l1(found, wanted, slopes)
                          : one_less_overlap(kind, found, wanted, (double)wanted[ASPECT], slopes);
  for (int i = 0; gradient && i < OFFSETS; i++) gradient[i] = (float)(s->options->box_weight * slopes[i]);
  return s->options->box_weight * loss;
}

/* ---- all ---- */

static double of_sample(const sample *s, int64_t objects, float *gradient) {
  choice negatives = choose(s, objects);
  double sum = 0;
  for (int64_t i = 0; i < s->anchors; i++) {
    float *slopes = gradient ? gradient + i * s->channels : NULL;
    const int64_t label = label_of(s, i);
    if (slopes) memset(slopes, 0, (size_t)s->channels * sizeof *slopes);
    if (label < 0) continue;
    if (label == 0 && !takes(&negatives, loss_of(s, i, 0, NULL))) continue;
    sum += loss_of(s, i, label, slopes ? slopes + OFFSETS : NULL);
    if (label > 0) sum += box_loss(s, i, slopes);
  }
  return sum;
}

static fv_status check(const fv_loss_batch *batch) {
  const int64_t classes = batch->channels - OFFSETS - 1;
  if (classes < 1)
    return fail(FV_ERROR_INVALID, "%" PRId64 " channels; expected 4 offsets, nothing and at least one class",
                batch->channels);
  for (int64_t i = 0; i < batch->samples * batch->positions; i++) {
    const float label = batch->targets[i * batch->channels + CLASS];
    if (!(label >= -1 && label <= (float)classes))
      return fail(FV_ERROR_INVALID, "class %g of anchor %" PRId64 "; expected -1 to %" PRId64, (double)label, i,
                  classes);
  }
  return FV_OK;
}

static fv_status multi_box(double *value, const fv_loss_options *options, const fv_loss_batch *batch, float *gradient) {
  TRY(check(batch));
  const int64_t each = batch->positions * batch->channels;
  int64_t objects = 0;
  double sum = 0;
  for (int64_t i = 0; i < batch->samples; i++) {
    const sample s = {options, batch->targets + i * each, batch->predictions + i * each, batch->positions,
                      batch->channels};
    const int64_t here = count_objects(&s);
    objects += here;
    sum += of_sample(&s, here, gradient ? gradient + i * each : NULL);
  }
  const double share = 1.0 / (double)(objects ? objects : 1);
  for (int64_t i = 0; gradient && i < batch->samples * each; i++) gradient[i] = (float)(share * gradient[i]);
  *value = share * sum;
  return FV_OK;
}

static const char *const box_losses[] = {"smooth_l1", "iou", "giou", "diou", "ciou", NULL};

static const fv_option table[] = {
    FV__LOSS_REDUCTION,
    {"box_loss", FV_OPTION_NAME, offsetof(fv_loss_options, box_loss), "smooth_l1", 0, 0, box_losses,
     "how far a box is off: its offsets one by one, or 1 - overlap"},
    FV__LOSS_NUMBER(box_weight, "1", 1e30, "how much boxes count beside classes"),
    FV__LOSS_NUMBER(hard_negatives, "3", 1e30, "so many anchors without an object count for each with one"),
    FV__LOSS_NUMBER(gamma, "0", 100, "above 0: all anchors count, those that are nearly right little"),
    FV__LOSS_NUMBER(alpha, "0.25", 1, "with gamma: weight of objects; nothing has the rest of 1"),
    {.name = NULL}};

const fv__loss_type fv__loss_multi_box = {
    .name = "MultiBox",
    .short_name = NULL,
    .help = "classes and offsets of many anchors, of those without an object the hardest alone",
    .table = table,
    .batch = multi_box,
    .whole = true,
};
