/* Standardisation learnt of a data set: means and deviations batch by batch; for ZCA all its pictures in one tensor.
 * And what a model's preprocessing can hold of it. */
#include <stdlib.h>
#include <string.h>

#include "data/loader.h"
#include "data/standardise.h"

static fv_status fill(const fv_tensor *pictures, fv_loader *loader, int64_t numbers) {
  float *at = pictures->data;
  for (int64_t step = 0; step < fv_loader_steps(loader); step++) {
    const fv_batch *batch;
    TRY(fv_loader_next(&batch, loader));
    memcpy(at, batch->inputs, (size_t)(batch->count * numbers) * sizeof *at);
    at += batch->count * numbers;
  }
  return FV_OK;
}

static fv_status gather(fv_tensor *pictures, const fv_dataset *dataset, const fv_preprocessing *preprocessing) {
  fv_loader *loader;
  TRY(fv_loader_create(&loader, dataset, &(fv_loader_options){.preprocessing = preprocessing, .no_shuffle = true}));
  const fv_shape one = fv_loader_input_shape(loader);
  const fv_shape all = {4, {fv_dataset_count(dataset), one.dims[0], one.dims[1], one.dims[2]}};
  fv_status status = fv_tensor_create(pictures, &all);
  if (!status) status = fill(pictures, loader, one.dims[0] * one.dims[1] * one.dims[2]);
  fv_loader_destroy(loader);
  return status;
}

/* Means and deviations need no more than a batch at a time. */
static fv_status add_batches(fv__moments *moments, fv_loader *loader, int64_t numbers, double *spare) {
  for (int64_t step = 0; step < fv_loader_steps(loader); step++) {
    const fv_batch *batch;
    TRY(fv_loader_next(&batch, loader));
    if (batch->count) fv__moments_add(moments, batch->inputs, batch->count * numbers / moments->channels, spare);
  }
  return FV_OK;
}

static fv_status learn_channels(fv_standardisation **fitted, const fv_dataset *dataset,
                                const fv_preprocessing *preprocessing, const fv_standardise_options *options) {
  fv_loader *loader;
  TRY(fv_loader_create(&loader, dataset,
                       &(fv_loader_options){.preprocessing = preprocessing, .no_shuffle = true, .skip_broken = true}));
  const fv_shape one = fv_loader_input_shape(loader);
  const size_t channels = (size_t)one.dims[2];
  double *room = calloc(4 * channels, sizeof *room);
  fv__moments moments = {.channels = (int32_t)channels, .means = room, .squares = room + channels};
  fv_status status = room ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for the means of %zu channels", channels);
  if (!status) status = add_batches(&moments, loader, one.dims[0] * one.dims[1] * one.dims[2], room + 2 * channels);
  if (!status) status = fv__standardisation_of_moments(fitted, &moments, options);
  free(room);
  fv_loader_destroy(loader);
  return status;
}

fv_status fv_standardisation_learn(fv_standardisation **fitted, const fv_dataset *dataset,
                                   const fv_preprocessing *preprocessing, const fv_standardise_options *options) {
  *fitted = NULL;
  if (!fv__standardise_needs_set(options)) return fv_standardisation_fit(fitted, NULL, options);
  if (!options->zca_whitening) return learn_channels(fitted, dataset, preprocessing, options);
  fv_tensor pictures = {{0}, NULL};
  fv_status status = gather(&pictures, dataset, preprocessing);
  if (!status) status = fv_standardisation_fit(fitted, &pictures, options);
  fv_tensor_destroy(&pictures);
  return status;
}

/* ---- into a preprocessing */

static const double TINY = 1e-6; /* added to deviations, as in Keras */

static fv_status check_fold(const fv_standardisation *fitted, int32_t channels) {
  const fv_standardise_options *o = fv__standardisation_options(fitted);
  if (o->zca_whitening)
    return fail(FV_ERROR_UNSUPPORTED,
                "zca_whitening mixes all numbers of a picture, and how a model is fed is a scale, a "
                "mean and a deviation for each channel: pictures to predict could not be fed alike");
  if (o->samplewise_center)
    return fail(FV_ERROR_UNSUPPORTED,
                "samplewise standardisation takes other numbers for each picture, and how a model is "
                "fed are the same numbers for all: pictures to predict could not be fed alike");
  if (channels != 1 && channels != 3)
    return fail(FV_ERROR_UNSUPPORTED, "a preprocessing is of 1 or 3 channels, not of %d", (int)channels);
  return FV_OK;
}

/* ((x s - m) / d r - M) / D = (x s - (m + M d / r)) / (d D / r) */
fv_status fv_preprocessing_standardise(fv_preprocessing *p, const fv_standardisation *fitted) {
  const fv_standardise_options *o = fv__standardisation_options(fitted);
  const int32_t channels = fv__standardisation_channels(fitted);
  TRY(check_fold(fitted, channels ? channels : 3));
  for (int32_t c = 0; c < 3; c++) {
    const int32_t from = channels == 1 ? 0 : c;
    const double own = p->std[c], deviation = fv_standardisation_deviation(fitted, from);
    p->mean[c] += fv_standardisation_mean(fitted, from) * own / o->rescale;
    p->std[c] = own * (o->featurewise_std_normalization ? deviation + TINY : 1) / o->rescale;
  }
  if (!p->channels && p->mode == FV_PREPROCESSING_CAFFE) p->channels = FV_CHANNELS_BGR;
  p->mode = FV_PREPROCESSING_OWN;
  return FV_OK;
}
