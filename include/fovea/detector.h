/* Detectors: models that answer for anchors, and the objects their answers stand for.
 *
 *   fv_model *model;
 *   TRY(fv_detector_build(&model, "SSDLite", &(fv_zoo_options){.weights = "imagenet"}, set, 1));
 *   fv_target_maker targets;
 *   TRY(fv_detector_targets(&targets, model, set));
 *   TRY(fv_fit(model, &(fv_fit_options){.dataset = fv_detection_set_pictures(set), .targets = &targets,
 *                                       .loss = "multi_box", ...}, NULL));
 *   fv_detector_targets_end(&targets);
 *
 *   fv_detector *detector;
 *   TRY(fv_detector_create(&detector, model, NULL));
 *   TRY(fv_detect(&found, detector, &image));
 *
 * A detector's one output is (anchors, 4 + 1 + classes): offsets from the anchor (boxes.h), a logit for nothing and one
 * for each class. Where its anchors stand is part of the model and its file (fv_model_task); class names are its
 * labels. Networks of Darknet with [yolo] sections (file.h) find objects too; they cannot be trained here.
 */
#ifndef FOVEA_DETECTOR_H
#define FOVEA_DETECTOR_H

#include <fovea/average_precision.h>
#include <fovea/detection_set.h>
#include <fovea/loader.h>
#include <fovea/plan.h>
#include <fovea/zoo.h>

FV_BEGIN_DECLARATIONS

/* One map's anchors: the sizes around the middle of each cell, in pixels of the network's input. */
typedef struct fv_anchor_map {
  int32_t rows, columns, count;
  const fv_box_size *sizes;
} fv_anchor_map;

/* Says where a model's anchors stand, map by map. Errors: FV_ERROR_SHAPE when they are not as many as the model answers
 * for; FV_ERROR_INVALID for sizes that are not above 0; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_detector_describe(fv_model *model, const fv_anchor_map *maps, int32_t count);

/* Whether the model knows its anchors. */
FV_API bool fv_model_is_detector(const fv_model *model);

/* A detector of the zoo ("SSDLite", "Localizer") for the classes of a set, with class names. SSDLite's anchors are
 * learnt from the set: about nine sizes, each on the map whose cells are a third as large; `options.anchors` says other
 * numbers. `options.weights` are the backbone's: "imagenet", "random:SEED", or a file of the whole classifier or
 * without its top; its batch normalisations are then frozen, which have learnt from more than a few batches. The rest
 * is drawn by `seed`. The caller destroys *model. Errors: FV_ERROR_INVALID for a network that is no detector; those of
 * fv_zoo_build. */
FV_API FV_CHECK fv_status fv_detector_build(fv_model **model, const char *network, const fv_zoo_options *options,
                                            const fv_detection_set *set, uint64_t seed);

/* Makes the targets of a set's pictures for the loss MultiBox: boxes move with the picture; one of which less than a
 * quarter is left is left out; anchors are matched at an IoU of 0.5, and do not count from 0.4 on. Model and set must
 * outlive the maker. Errors: FV_ERROR_STATE for a model that is no detector, FV_ERROR_INVALID for a class that it
 * lacks, FV_ERROR_UNSUPPORTED for YOLO's code, FV_ERROR_MEMORY. End it with fv_detector_targets_end, which takes an
 * empty one too. */
FV_API FV_CHECK fv_status fv_detector_targets(fv_target_maker *targets, const fv_model *model,
                                              const fv_detection_set *set);
FV_API void fv_detector_targets_end(fv_target_maker *targets);

/* ---- finding */

typedef struct fv_detector fv_detector;

typedef struct fv_detect_options {
  double score;                 /* least probability; 0: 0.3 */
  fv_suppress_options suppress; /* by class; overlap 0: 0.45, most 0: 100 */
  int32_t threads;              /* 0: one per processor */
  fv_accuracy accuracy;
} fv_detect_options;

/* The model must outlive the detector. `options` may be NULL. Errors: FV_ERROR_STATE for a model that is no detector;
 * those of fv_plan_create. */
FV_API FV_CHECK fv_status fv_detector_create(fv_detector **detector, fv_model *model, const fv_detect_options *options);
FV_API void fv_detector_destroy(fv_detector *detector);

/* Objects of one picture, best first; lent by the detector until its next picture. */
typedef struct fv_found {
  int32_t count;
  const fv_object *objects; /* boxes in pixels of the picture, score the probability */
} fv_found;

/* Errors: those of fv_preprocess and fv_run; FV_ERROR_NUMBERS when the model's answers are not numbers. */
FV_API FV_CHECK fv_status fv_detect(fv_found *found, fv_detector *detector, const fv_image *image);

/* Measures a detector on a set: score 0.01 unless options say another, 100 objects a picture. `on_picture` (may be
 * NULL) is called after each; false stops with FV_ERROR_STOPPED. The caller destroys *scores. Errors: as fv_detect; a
 * picture that cannot be read is one, naming it. */
FV_API FV_CHECK fv_status fv_detector_evaluate(fv_average_precision **scores, fv_model *model,
                                               const fv_detection_set *set, const fv_detect_options *options,
                                               bool (*on_picture)(void *context, int64_t done, int64_t total),
                                               void *context);

FV_END_DECLARATIONS

#endif
