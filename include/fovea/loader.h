/* Loaders: batches of a data set as a network's inputs and targets, decoded and augmented ahead by threads.
 *
 *   fv_loader *loader;
 *   TRY(fv_loader_create(&loader, dataset, &(fv_loader_options){.preprocessing = &p, .augment = &augment, .seed = 1}));
 *   const fv_batch *batch;
 *   for (int64_t i = 0; i < fv_loader_steps(loader) * epochs; i++) {
 *     TRY(fv_loader_next(&batch, loader));
 *     ... batch->inputs, batch->targets ...
 *   }
 *
 * What a batch holds depends on the set, the options and its place (epoch, step) alone: not on the number of threads,
 * and not on what was asked before, so that a run resumed with fv_loader_seek goes on with the same bits. Samples come
 * from passes through the set, each pass in an order of its own drawn from (seed, pass); without `samples_per_epoch` an
 * epoch is a pass, else epochs take up the pass where the one before left it. A sample is augmented by draws of
 * (seed, pass, number of the sample).
 *
 * With mix_up or cut_mix every sample of a batch is mixed with another of the batch, both drawn from (seed, epoch,
 * step); `samples` names the first of the two, and targets are parts of two classes.
 *
 * A sample is decoded, brought to the channels, the square and the size of `preprocessing`, augmented, and scaled, in
 * this order, as Keras does it; without augmentation its numbers are those of fv_preprocess, in every bit.
 */
#ifndef FOVEA_LOADER_H
#define FOVEA_LOADER_H

#include <fovea/augment.h>
#include <fovea/dataset.h>
#include <fovea/preprocessing.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_loader fv_loader;

/* Targets of another kind than a class: boxes, a mask. */
typedef struct fv_target_place {
  int64_t sample;                /* its number in the set */
  const fv_transform *transform; /* how the picture of height x width is changed; NULL: it is as it was */
  const fv_augment_options *how; /* that goes with it; NULL without */
  int32_t height, width;
} fv_target_place;

typedef struct fv_target_maker {
  int64_t numbers; /* of a sample's targets */
  /* Fills in the targets of one sample; on any thread, for several samples at once, before the picture is changed. */
  fv_status (*make)(void *context, float *targets, const fv_target_place *place);
  void *context;
} fv_target_maker;

typedef struct fv_loader_options {
  const fv_preprocessing *preprocessing; /* copied; size 0: the set's own; NULL: numbers as they are stored */
  const fv_augment_options *augment;     /* copied; NULL: none, as for validation */
  int32_t batch_size;                    /* 0: 32; the last batch of an epoch may have fewer */
  int64_t samples_per_epoch;             /* 0: as many as the set has */
  const fv_standardisation *standardise; /* after scaling; lent. Augmentation that asks for standardisation needs it
                                            here, where it is given for validation too: fv_standardisation_learn */
  bool no_shuffle;                       /* every pass in the set's order */
  uint64_t seed;
  bool class_numbers;             /* targets are one number a sample, the class, instead of one-hot rows */
  const float *class_weights;     /* one a class, copied; NULL: none */
  const fv_target_maker *targets; /* instead of classes, copied; NULL: classes. Pictures are then not mixed */
  bool skip_broken;    /* a sample that cannot be read is left out of its batch and listed once, instead of an
                          error; an error all the same when more than 10 samples and more than one in a
                          hundred of the set are broken, or all. A batch of which nothing is left has count 0 */
  int32_t threads;     /* that work ahead, 0: one per processor */
  int32_t ahead;       /* batches that are prepared ahead, at most 64; 0: 2 */
  int64_t cache_limit; /* bytes of decoded, resized pictures to keep, as long as all of the set fit; 0: none */
} fv_loader_options;

/* Learns a standardisation of a set: of its pictures as a loader with this preprocessing gives them. For ZCA all are in
 * memory meanwhile; means and deviations are learnt batch by batch, of the pictures that can be read. Errors: those of
 * loaders and of fv_standardisation_fit. */
FV_API FV_CHECK fv_status fv_standardisation_learn(fv_standardisation **fitted, const fv_dataset *dataset,
                                                   const fv_preprocessing *preprocessing,
                                                   const fv_standardise_options *options);

/* The preprocessing that does what `preprocessing` does and then the standardisation: rescale and the set's means and
 * deviations are a scale, a mean and a deviation a channel. A model that has it is fed alike in training, evaluation
 * and prediction. Errors: FV_ERROR_UNSUPPORTED, with *preprocessing as it was, for what no such numbers can do:
 * samplewise standardisation, ZCA, and sets of other than 1 or 3 channels. */
FV_API FV_CHECK fv_status fv_preprocessing_standardise(fv_preprocessing *preprocessing,
                                                       const fv_standardisation *fitted);

/* All is lent until the next call with the loader. */
typedef struct fv_batch {
  int64_t epoch, step; /* from 0; the step within the epoch */
  int32_t count;       /* samples */
  float *inputs;       /* count x (height, width, channels) */
  float *targets;      /* count x classes, or count class numbers, or count x numbers of the maker of targets */
  float *weights;      /* count, of the samples' classes; NULL without class_weights */
  int64_t *samples;    /* count: their numbers in the set */
} fv_batch;

/* The set must outlive the loader. `options` may be NULL. End it with fv_loader_destroy. Work begins with the first
 * fv_loader_next.
 * Errors: FV_ERROR_INVALID for options out of range; FV_ERROR_SHAPE when neither the set nor the preprocessing has one
 * size; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_loader_create(fv_loader **loader, const fv_dataset *dataset,
                                           const fv_loader_options *options);

/* Stops the threads. NULL is fine. */
FV_API void fv_loader_destroy(fv_loader *loader);

FV_API int64_t fv_loader_steps(const fv_loader *loader);             /* batches of an epoch */
FV_API int64_t fv_loader_samples_per_epoch(const fv_loader *loader); /* as asked for, or the set's */
FV_API fv_shape fv_loader_input_shape(const fv_loader *loader);      /* (height, width, channels) */
FV_API bool fv_loader_is_cached(const fv_loader *loader);            /* whether cache_limit is enough for the set */

/* The next batch; after the last of an epoch the first of the next. Errors: those of reading a sample, naming it;
 * the place stays, so that the next call tries again. */
FV_API FV_CHECK fv_status fv_loader_next(const fv_batch **batch, fv_loader *loader);

/* The next batch will be this one. Errors: FV_ERROR_INVALID for a step outside the epoch or below 0. */
FV_API FV_CHECK fv_status fv_loader_seek(fv_loader *loader, int64_t epoch, int64_t step);

/* Samples left out so far with skip_broken, each once. Lent until the next call with the loader. */
FV_API int64_t fv_loader_broken_count(const fv_loader *loader);
FV_API fv_broken_file fv_loader_broken(const fv_loader *loader, int64_t index);

FV_END_DECLARATIONS

#endif
