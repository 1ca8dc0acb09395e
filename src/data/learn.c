/* Standardisation learnt of a data set: all its pictures in one tensor, then what is learnt of a tensor. */
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

fv_status fv_standardisation_learn(fv_standardisation **fitted, const fv_dataset *dataset,
                                   const fv_preprocessing *preprocessing, const fv_standardise_options *options) {
  *fitted = NULL;
  if (!fv__standardise_needs_set(options)) return fv_standardisation_fit(fitted, NULL, options);
  fv_tensor pictures = {{0}, NULL};
  fv_status status = gather(&pictures, dataset, preprocessing);
  if (!status) status = fv_standardisation_fit(fitted, &pictures, options);
  fv_tensor_destroy(&pictures);
  return status;
}
