/* Segmenters: models that answer with a class for every pixel.
 *
 *   fv_mask_set *set;
 *   TRY(fv_mask_set_open(&set, "nuclei", NULL));
 *   fv_model *model;
 *   TRY(fv_segmenter_build(&model, "UNet", &(fv_zoo_options){.alpha = 0.25}, set, 1));
 *   fv_target_maker targets;
 *   TRY(fv_segmenter_targets(&targets, model, set));
 *   TRY(fv_fit(model, &(fv_fit_options){.dataset = fv_mask_set_pictures(set), .targets = &targets, .loss = "pixel",
 *                                       ...}, NULL));
 *   fv_segmenter_targets_end(&targets);
 *
 *   fv_segmenter *segmenter;
 *   TRY(fv_segmenter_create(&segmenter, model, NULL));
 *   TRY(fv_segment(&classes, segmenter, &image));
 *
 * A segmenter's one output is (height, width, classes), the extents of its input. What its classes look like in masks
 * (fv_mask_key) is part of the model and its file (fv_model_task); class names are its labels.
 */
#ifndef FOVEA_SEGMENTER_H
#define FOVEA_SEGMENTER_H

#include <fovea/loader.h>
#include <fovea/mask_scores.h>
#include <fovea/mask_set.h>
#include <fovea/plan.h>
#include <fovea/zoo.h>

FV_BEGIN_DECLARATIONS

/* Says what a model's classes are in masks, and names them. Errors: FV_ERROR_SHAPE for a model whose one output is not
 * its input's extents with a channel a class; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_segmenter_describe(fv_model *model, const fv_mask_key *key, const char *const *names);

/* Whether the model is a segmenter, and its key. Errors: FV_ERROR_STATE for a model that is none. */
FV_API bool fv_model_is_segmenter(const fv_model *model);
FV_API FV_CHECK fv_status fv_segmenter_key(fv_mask_key *key, const fv_model *model);

/* A segmenter of the zoo ("UNet", "FCN8s", "SegNet", "DeepLabV3Lite") for the classes of a set, with their names.
 * Without options.input_shape its input is the set's first picture, sides rounded to what the network takes and at most
 * 512. options.weights are those of a backbone: a file of its whole classifier or without its top, or "imagenet";
 * "random:SEED" and NULL: none. The rest is drawn by `seed`. The caller destroys *model. Errors: FV_ERROR_INVALID for a
 * network that is no segmenter; those of fv_zoo_build. */
FV_API FV_CHECK fv_status fv_segmenter_build(fv_model **model, const char *network, const fv_zoo_options *options,
                                             const fv_mask_set *set, uint64_t seed);

/* Makes the targets of a set's pictures for the loss Pixel: a class number a pixel. Masks are brought to the extents of
 * the input and changed with the picture, always by the nearest pixel; what comes from outside with the fill
 * "constant" does not count. Set and model must outlive the maker. Errors: FV_ERROR_STATE for a model that is no
 * segmenter, FV_ERROR_INVALID for a class that it lacks, FV_ERROR_MEMORY. End it with fv_segmenter_targets_end, which
 * takes an empty one too. */
FV_API FV_CHECK fv_status fv_segmenter_targets(fv_target_maker *targets, const fv_model *model, const fv_mask_set *set);
FV_API void fv_segmenter_targets_end(fv_target_maker *targets);

/* ---- segmenting */

typedef struct fv_segmenter fv_segmenter;

/* Without `tile` a picture is brought to the extents of the model's input, and the answer back, bilinearly. With it the
 * picture stays as it is, and the network goes over it in tiles of tile x tile pixels, of which neighbours share
 * `overlap`: half of that at each inner side is not used. Where it is twice what a pixel of the answer sees of the
 * picture to one side, or more, the mask is the same as of one tile. A tile that reaches beyond the picture has the
 * picture's last row and column there. */
typedef struct fv_segment_options {
  int32_t tile;    /* 0: none. At least 32, a multiple of what the network halves in all */
  int32_t overlap; /* an even multiple of that below tile; 0: about a quarter; FV_ZERO: none */
  int32_t threads; /* 0: one per processor */
  fv_accuracy accuracy;
} fv_segment_options;

/* The model must outlive the segmenter. `options` may be NULL. Errors: FV_ERROR_STATE for a model that is no segmenter;
 * FV_ERROR_INVALID for tiles out of range; FV_ERROR_SHAPE for tiles that the network does not take; those of
 * fv_plan_create. */
FV_API FV_CHECK fv_status fv_segmenter_create(fv_segmenter **segmenter, fv_model *model,
                                              const fv_segment_options *options);
FV_API void fv_segmenter_destroy(fv_segmenter *segmenter);

/* The class of every pixel, in a new image of one channel: the most likely one, the first of equals. Errors: those of
 * fv_preprocess and fv_run; FV_ERROR_NUMBERS when the model's answers are not numbers. */
FV_API FV_CHECK fv_status fv_segment(fv_image *classes, fv_segmenter *segmenter, const fv_image *image);

/* Measures a segmenter on a set, at the extents of the pictures. `on_picture` (may be NULL) is called after each; false
 * stops with FV_ERROR_STOPPED. The caller destroys *scores. Errors: as fv_segment; FV_ERROR_SHAPE for a mask of other
 * extents than its picture. */
FV_API FV_CHECK fv_status fv_segmenter_evaluate(fv_mask_scores **scores, fv_model *model, const fv_mask_set *set,
                                                const fv_segment_options *options,
                                                bool (*on_picture)(void *context, int64_t done, int64_t total),
                                                void *context);

FV_END_DECLARATIONS

#endif
