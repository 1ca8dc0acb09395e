/* Standardisation among the words of --augment, as Keras's ImageDataGenerator has it. It is no augmentation: pictures
 * for validation and prediction need the same. So it becomes a part of how the model is fed, which the model's file
 * keeps. */
#include <stdio.h>
#include <string.h>

#include <fovea/preprocessing.h>

#include "train_run.h"

/* What no numbers of the model's file can do is refused before it is learnt. */
static int refuse(const char *word, const char *why) {
  return command_usage("--augment: %s %s; the model's file keeps a scale, a mean and a deviation for each channel, so "
                       "pictures to predict could not be fed alike",
                       word, why);
}

int train_standardise_read(train_run *run) {
  train_options *o = &run->o;
  fv_augment_options augment;
  if (!o->augment || !strcmp(o->augment, "none")) return COMMAND_OK;
  if (fv_augment_parse(&augment, o->augment)) return command_usage("--augment: %s", fv_error_message());
  const fv_standardise_options *how = &augment.standardise;
  if (how->zca_whitening) return refuse("zca_whitening", "mixes all numbers of a picture");
  if (how->samplewise_center || how->samplewise_std_normalization)
    return refuse("samplewise_center and samplewise_std_normalization", "take other numbers for each picture");
  if (how->rescale == 0) return COMMAND_OK;
  if (o->rescale || o->model.preprocess)
    return command_usage("--augment: rescale says how pictures are scaled, and so does --%s: one of them is enough",
                         o->rescale ? "rescale" : "preprocess");
  snprintf(run->rescale, sizeof run->rescale, "%.17g", how->rescale);
  o->rescale = run->rescale;
  return COMMAND_OK;
}

static fv_status learn(train_run *run, const fv_standardise_options *how) {
  fv_preprocessing p = fv_model_preprocessing(run->network.model);
  fv_standardisation *fitted = NULL;
  fv_status status = fv_standardisation_learn(&fitted, run->data.training, &p, how);
  if (!status) status = fv_preprocessing_standardise(&p, fitted);
  fv_standardisation_destroy(fitted);
  return status ? status : fv_model_set_preprocessing(run->network.model, &p);
}

int train_standardise(train_run *run) {
  fv_standardise_options how = run->augment.standardise;
  run->augment.standardise = (fv_standardise_options){0};
  how.rescale = 0; /* in the preprocessing already */
  if (!how.featurewise_center && !how.featurewise_std_normalization) return COMMAND_OK;
  const fv_status failed = learn(run, &how);
  return failed ? command_fail(failed) : COMMAND_OK;
}
