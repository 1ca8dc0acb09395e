/* Finding: a picture through the network, rows to probabilities and boxes, the best of each heap stays. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/predict.h>

#include "tasks/detector.h"

enum { MOST = 100 };

struct fv_detector {
  fv_model *model;
  fv_plan *plan;
  fv_detect_options options; /* explicit */
  fv__anchors anchors;
  fv_preprocessing preprocessing;
  /* one an anchor and class */
  fv_box *boxes;
  float *scores;
  int32_t *classes, *kept;
  fv_object *objects;
};

static fv_status prepare(fv_detector *d, const fv_detect_options *given) {
  d->options = given ? *given : (fv_detect_options){.score = 0};
  if (d->options.score == 0) d->options.score = 0.3;
  if (d->options.suppress.overlap == 0) d->options.suppress.overlap = 0.45;
  if (d->options.suppress.most == 0) d->options.suppress.most = MOST;
  if (d->options.suppress.lowest_score == 0) d->options.suppress.lowest_score = d->options.score;
  d->preprocessing = fv_model_preprocessing(d->model);
  if (d->preprocessing.mode == FV_PREPROCESSING_UNSET)
    return fail(FV_ERROR_STATE, "nobody has said how %s is fed", fv_model_name(d->model));
  TRY(fv__anchors_of(&d->anchors, d->model));
  const size_t rows = (size_t)d->anchors.count, classes = (size_t)(d->anchors.channels - FV__DETECTOR_OFFSETS - 1);
  if (rows > INT32_MAX / classes) return fail(FV_ERROR_SHAPE, "%zu anchors of %zu classes", rows, classes);
  d->boxes = calloc(rows * classes, sizeof *d->boxes);
  d->scores = calloc(rows * classes, sizeof *d->scores);
  d->classes = calloc(rows * classes, sizeof *d->classes);
  d->kept = calloc(rows * classes, sizeof *d->kept);
  d->objects = calloc(rows * classes, sizeof *d->objects);
  if (!d->boxes || !d->scores || !d->classes || !d->kept || !d->objects)
    return fail(FV_ERROR_MEMORY, "no memory for a detector's answers");
  return fv_plan_create(&d->plan, d->model,
                        &(fv_plan_options){.threads = d->options.threads, .accuracy = d->options.accuracy});
}

fv_status fv_detector_create(fv_detector **detector, fv_model *model, const fv_detect_options *options) {
  *detector = NULL;
  fv_detector *d = calloc(1, sizeof *d);
  if (!d) return fail(FV_ERROR_MEMORY, "no memory for a detector");
  d->model = model;
  fv_status status = prepare(d, options);
  if (status)
    fv_detector_destroy(d);
  else
    *detector = d;
  return status;
}

void fv_detector_destroy(fv_detector *d) {
  if (!d) return;
  fv_plan_destroy(d->plan);
  free(d->anchors.boxes);
  free(d->boxes);
  free(d->scores);
  free(d->classes);
  free(d->kept);
  free(d->objects);
  free(d);
}

/* ---- one picture ---- */

/* The sum of exp(logit - largest). */
static double normaliser(double *largest, const float *logits, int32_t count) {
  double sum = 0;
  *largest = logits[0];
  for (int32_t i = 1; i < count; i++) *largest = fmax(*largest, logits[i]);
  for (int32_t i = 0; i < count; i++) sum += exp(logits[i] - *largest);
  return sum;
}

/* From the network's input to the picture, cut to it. */
static fv_box to_picture(const fv_detector *d, const fv_box *box, const fv_image *image) {
  const double across = (double)image->width / d->anchors.width, down = (double)image->height / d->anchors.height;
  const fv_box bounds = {0, 0, (float)image->width, (float)image->height};
  const fv_box scaled = {(float)(box->x0 * across), (float)(box->y0 * down), (float)(box->x1 * across),
                         (float)(box->y1 * down)};
  return fv_box_clip(&scaled, &bounds);
}

/* One candidate, unless nothing of it is in the picture. */
static void add(fv_detector *d, int32_t *count, const fv_box *box, double score, int32_t class_index,
                const fv_image *image) {
  const fv_box placed = to_picture(d, box, image);
  if (fv_box_area(&placed) == 0) return;
  d->boxes[*count] = placed;
  d->scores[*count] = (float)score;
  d->classes[(*count)++] = class_index;
}

/* The same as collect() of rows in YOLO's code. */
static int32_t collect_yolo(fv_detector *d, const float *rows, const fv_image *image) {
  const int32_t channels = d->anchors.channels, first = FV__DETECTOR_OFFSETS + 1;
  int32_t count = 0;
  for (int32_t i = 0; i < d->anchors.count; i++, rows += channels) {
    for (int32_t k = 0; k < channels; k++)
      if (!isfinite(rows[k])) return -1;
    const double any = fv__yolo_probability(rows[FV__DETECTOR_OFFSETS]);
    if (any < d->options.score) continue;
    const fv_box box = fv__yolo_box(rows, &d->anchors.boxes[i], d->anchors.reach[i]);
    for (int32_t k = first; k < channels; k++) {
      const double score = any * fv__yolo_probability(rows[k]);
      if (score >= d->options.score) add(d, &count, &box, score, k - first, image);
    }
  }
  return count;
}

/* Every class of every anchor that is likely enough; how many, or -1 for answers that are no numbers. */
static int32_t collect(fv_detector *d, const float *rows, const fv_image *image) {
  const int32_t channels = d->anchors.channels, logits = channels - FV__DETECTOR_OFFSETS;
  int32_t count = 0;
  for (int32_t i = 0; i < d->anchors.count; i++, rows += channels) {
    double largest;
    const double sum = normaliser(&largest, rows + FV__DETECTOR_OFFSETS, logits);
    if (!isfinite(sum) || !isfinite(largest)) return -1;
    for (int32_t c = 1; c < logits; c++) {
      const double score = exp(rows[FV__DETECTOR_OFFSETS + c] - largest) / sum;
      if (score < d->options.score) continue;
      const fv_box box = fv_box_decode(rows, &d->anchors.boxes[i]);
      add(d, &count, &box, score, c - 1, image);
    }
  }
  return count;
}

fv_status fv_detect(fv_found *found, fv_detector *d, const fv_image *image) {
  static const fv_pixel_order orders[] = {FV_PIXELS_RGB, FV_PIXELS_GRAY, FV_PIXELS_RGB, FV_PIXELS_RGB, FV_PIXELS_RGBA};
  *found = (fv_found){.count = 0};
  if (!image->pixels || image->channels < 1 || image->channels > 4 || image->channels == 2)
    return fail(FV_ERROR_INVALID, "a picture of %" PRId32 " channels; expected 1, 3 or 4", image->channels);
  const fv_picture picture = {
      .pixels = image->pixels, .width = image->width, .height = image->height, .order = orders[image->channels]};
  TRY(fv_preprocess(fv_plan_input(d->plan, 0), &picture, &d->preprocessing));
  TRY(fv_run(d->plan, NULL));
  const float *rows = fv_plan_output(d->plan, 0);
  const int32_t count = d->anchors.reach ? collect_yolo(d, rows, image) : collect(d, rows, image);
  if (count < 0) return fail(FV_ERROR_NUMBERS, "the network's answers are not numbers");
  const int32_t kept = fv_boxes_suppress(d->kept, d->boxes, d->scores, d->classes, count, &d->options.suppress);
  for (int32_t i = 0; i < kept; i++) {
    const int32_t place = d->kept[i];
    d->objects[i] = (fv_object){.box = d->boxes[place], .class_index = d->classes[place], .score = d->scores[place]};
  }
  *found = (fv_found){kept, d->objects};
  return FV_OK;
}

/* ---- a set ---- */

static fv_status add_picture(fv_average_precision *scores, fv_detector *d, const fv_detection_set *set, int64_t i) {
  const fv_annotated known = fv_detection_set_at(set, i);
  fv_sample sample;
  fv_found found;
  TRY(fv_dataset_read(&sample, fv_detection_set_pictures(set), i));
  fv_status status = fv_detect(&found, d, &sample.image);
  fv_sample_destroy(&sample);
  if (status) return note(status, "%s", known.path);
  return fv_average_precision_add(scores, found.objects, found.count, known.objects, known.count);
}

fv_status fv_detector_evaluate(fv_average_precision **scores, fv_model *model, const fv_detection_set *set,
                               const fv_detect_options *options,
                               bool (*on_picture)(void *context, int64_t done, int64_t total), void *context) {
  fv_detect_options how = options ? *options : (fv_detect_options){.score = 0};
  const int64_t count = fv_detection_set_count(set);
  fv_detector *detector = NULL;
  if (how.score == 0) how.score = 0.01;
  *scores = NULL;
  TRY(fv_detector_create(&detector, model, &how));
  fv_status status = fv_average_precision_create(scores, detector->anchors.channels - FV__DETECTOR_OFFSETS - 1);
  for (int64_t i = 0; i < count && !status; i++) {
    status = add_picture(*scores, detector, set, i);
    if (!status && on_picture && !on_picture(context, i + 1, count)) status = fail(FV_ERROR_STOPPED, "stopped");
  }
  fv_detector_destroy(detector);
  if (!status) return FV_OK;
  fv_average_precision_destroy(*scores);
  *scores = NULL;
  return status;
}
