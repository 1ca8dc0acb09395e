/* What nobody has said: how a network learns, from scratch, or from weights that know pictures already. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <fovea/preprocessing.h>
#include <fovea/self_organize.h>

#include "train_run.h"

int64_t train_steps(const train_run *run) {
  const double samples =
      run->o.samples_per_epoch > 0 ? run->o.samples_per_epoch : (double)fv_dataset_count(run->data.training);
  return (int64_t)ceil(samples / run->o.batch_size);
}

/* With nothing but data, a trained network learns in two parts: first its new head, then its last layers, slowly. */
static bool is_left_to_us(const train_options *o) {
  return !o->freeze && !o->optimizer && !o->learning_rate && !o->momentum && !o->schedule && !o->epochs &&
         o->max_steps <= 0 && !o->overfit && !o->find_lr && !o->early_stopping;
}

/* Moving statistics of a network of ImageNet's lag behind when it learns a small set (learner.h). Detectors keep the
 * normalisation of their backbones. */
static void choose_moving_momentum(train_run *run) {
  train_options *o = &run->o;
  if (o->moving_momentum == 0 && o->compat == TRAIN_DOCUMENTED && o->task != TASK_DETECT)
    o->moving_momentum = fmax(1 - 10 / (double)train_steps(run), 0.9);
}

/* What learns first and alone sees pictures that are hardly changed; what learns then could know them all by heart. */
static const char *const first_augment = "horizontal_flip rotation=15 zoom=0.2 width_shift=0.1 height_shift=0.1";
static const char *const second_augment =
    "horizontal_flip random_crop=0.4,1 rotation=20 brightness=0.7,1.3 random_saturation=0.3,0.7";

enum { PHOTO_SIDE = 96 };
static const double PHOTO_CROP = 0.875;

/* Networks of ImageNet's are used on the central square of photos: what is in them keeps its proportions. They learn
 * from whole photos, in which things are smaller than in what they are asked about, and from windows of them. */
static fv_status choose_crop(train_run *run) {
  fv_preprocessing p = fv_model_preprocessing(run->network.model);
  const bool are_photos = !fv_dataset_shape(run->data.training).rank && p.size.height >= PHOTO_SIDE;
  if (!are_photos || run->o.model.crop) return FV_OK;
  run->o.train_whole = true;
  if (p.crop > 0) return FV_OK;
  p.crop = PHOTO_CROP;
  return fv_model_set_preprocessing(run->network.model, &p);
}

static int read_augment(train_run *run) {
  const train_options *o = &run->o;
  run->is_augmented = o->augment && strcmp(o->augment, "none") != 0;
  if (run->is_augmented && fv_augment_parse(&run->augment, o->augment))
    return command_usage("--augment: %s", fv_error_message());
  if (run->is_augmented && o->compat > TRAIN_DOCUMENTED)
    run->augment.compat = o->compat == TRAIN_KERAS3 ? FV_AUGMENT_KERAS3 : FV_AUGMENT_KERAS2;
  return COMMAND_OK;
}

static int choose_for_transfer(train_run *run) {
  train_options *o = &run->o;
  run->in_two_parts = is_left_to_us(o) && run->data.validation;
  if (!o->optimizer) o->optimizer = "adam";
  if (!o->batch_size) o->batch_size = 32;
  if (!o->epochs) o->epochs = 15;
  choose_moving_momentum(run);
  if (!run->in_two_parts) return COMMAND_OK;
  o->learning_rate = "0.003";
  o->epochs = 12;
  run->epochs[1] = 8;
  o->early_stopping = "patience=4";
  if (!o->augment) o->augment = first_augment;
  const fv_status failed = choose_crop(run);
  return failed ? command_fail(failed) : COMMAND_OK;
}

static void choose_from_scratch(train_run *run) {
  train_options *o = &run->o;
  const bool is_free = !o->optimizer && !o->learning_rate && !o->schedule && !o->find_lr && !o->reduce_lr;
  /* A linear read-out of cells that say little: small numbers, and a convex loss. */
  if (is_free && fv_model_self_organizes(run->network.model)) o->schedule = "cosine:0.5";
  const bool is_small = fv_model_parameters(run->network.model) < 1000000;
  if (is_free && !o->schedule) o->schedule = is_small ? "cosine:0.05" : "cosine:0.001";
  if (!o->optimizer) {
    o->optimizer = is_small ? "sgd" : "adam";
    if (is_small && !o->momentum) o->momentum = "0.9";
  }
  if (!o->batch_size) o->batch_size = is_small ? 64 : 32;
  if (!o->epochs) o->epochs = o->overfit ? 100 : 12;
}

int train_choose(train_run *run) {
  train_options *o = &run->o;
  int status = COMMAND_OK;
  if (run->network.kind == TRAIN_SCRATCH)
    choose_from_scratch(run);
  else
    status = choose_for_transfer(run);
  run->epochs[0] = o->epochs;
  run->epochs[1] += o->epochs;
  if (status == COMMAND_OK) status = read_augment(run);
  learning_free(&run->learning);
  if (status == COMMAND_OK && run->is_augmented) status = train_standardise(run);
  if (status == COMMAND_OK) status = learning_read(&run->learning, o);
  return status ? status : learning_class_weights(&run->class_weights, o, run->data.training);
}

/* ---- the second part */

/* The last layers learn too, with their normalisation: a network of ImageNet's whose normalisation stays as it is loses
 * more than it learns, for some of its channels hardly vary, and moving one weight moves the answer by thirty times as
 * much. The rate is SGD's. --reduce-lr wants a rate that nothing else lowers. */
int train_choose_second_part(train_run *run) {
  train_options *o = &run->o;
  run->part = 1;
  run->network.why[0] = 0;
  snprintf(run->learning.optimizer, sizeof run->learning.optimizer, "sgd");
  run->learning.optimizer_options = (fv_optimizer_options){.learning_rate = 0.01, .momentum = 0.9};
  if (!o->reduce_lr) o->schedule = "cosine:0.01";
  o->early_stopping = "patience=8"; /* all of them, for the rate is small at the end alone; the best one counts */
  if (o->augment == first_augment) {
    o->augment = second_augment;
    const int status = read_augment(run);
    if (status) return status;
  }
  const fv_status failed = train_model_thaw(run->network.model);
  return failed ? command_fail(failed) : COMMAND_OK;
}
