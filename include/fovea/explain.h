/* Explanations: where in a picture the reasons for an answer lie, and which channels it is owed to.
 *
 *   fv_activations seen;
 *   fv_activations_lend(&seen, plan);                     what a run in inspect mode left
 *   fv_score why = {.index = 14};                         the class that is asked for
 *   fv_value stages[FV_STAGES];
 *   int32_t count = fv_model_stages(stages, FV_STAGES, model);
 *   fv_tensor heat;                                       Grad-CAM at the last of them, rows x columns
 *   fv_explain_heat(&heat, &seen, &stages[count - 1], 1, &(fv_explain_options){.score = why});
 *
 * What is explained is a score: of one class, or of one class less that of another ("why a jay and not a crow"). The
 * score of a class is its number before a softmax or sigmoid at the end of the model, else the output itself; of an
 * output that is an image, its mean over the pixels of the class's channel.
 *
 * Gradients are those at inference: dropout rests and normalisation goes by its moving statistics. An explanation runs
 * the part of the model behind the layers that it is about, and no more. Results are the same for any number of
 * threads, in every bit.
 */
#ifndef FOVEA_EXPLAIN_H
#define FOVEA_EXPLAIN_H

#include <fovea/overlay.h>
#include <fovea/plan.h>
#include <fovea/tensor.h>

FV_BEGIN_DECLARATIONS

/* What a run of one picture left: every node's value. May be filled in by a program that keeps values itself. */
typedef struct fv_activations {
  fv_model *model;
  const fv_shape *shapes;     /* of node n's output at [n - 1], batch first; rank 0: no output needs it */
  const float *const *values; /* likewise, dense, of the first image; NULL: not kept. An explanation then fails with
                                 FV_ERROR_STATE when it needs that one */
  void *owned;                /* of fv_activations_lend */
} fv_activations;

/* Lends the values of a plan in inspect mode until its next run. Ends with fv_activations_destroy. Errors:
 * FV_ERROR_STATE when the plan does not keep values or has not run to the end, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_activations_lend(fv_activations *activations, const fv_plan *plan, fv_model *model);
FV_API void fv_activations_destroy(fv_activations *activations);

/* What is explained. */
typedef struct fv_score {
  int32_t output;  /* of the model, from 0 */
  int64_t index;   /* class: place along the last axis */
  bool is_against; /* less the score of another class */
  int64_t against; /* that one */
} fv_score;

typedef enum fv_heat_kind {
  FV_HEAT_GRADCAM, /* channels weighted by the mean of their gradient, summed, not below 0 (Selvaraju et al., Grad-CAM:
                      Visual Explanations from Deep Networks via Gradient-based Localization, 2017) */
  FV_HEAT_HIRES    /* channels times their gradient, pixel by pixel, summed, not below 0 (HiResCAM: Draelos, Carin, Use
                      HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks, 2020) */
} fv_heat_kind;

typedef struct fv_explain_options {
  fv_score score;
  fv_heat_kind heat;
  const fv_overlay *overlay; /* the one that the run was made with; NULL: none */
  int32_t threads;           /* 0: one per processor */
  int64_t memory_limit;      /* bytes, as in fv_plan_options */
  bool (*goes_on)(void *context, int64_t done,
                  int64_t of); /* asked between steps; false: FV_ERROR_STOPPED. NULL: none */
  void *context;
} fv_explain_options;

enum { FV_STAGES = 16 };

/* Layers at which heat is worth a look, in running order: the last of every size of image through which all paths from
 * the inputs to the outputs lead, poolings and paddings left out; the usual choice for Grad-CAM is the last. Where
 * there is none, as in branches that meet as vectors, the last of every size wherever it lies. At most `room`; returns
 * how many, 0 for a model that makes no image. */
FV_API int32_t fv_model_stages(fv_value *values, int32_t room, const fv_model *model);

/* Heat at `count` values, all from one run back: heats[i] is a new tensor of rows x columns of values[i] (a line has
 * one row), numbers 0 and above, as they are. Ends each with fv_tensor_destroy; on failure all are empty. Errors:
 * FV_ERROR_INVALID for a class or output that is not there; FV_ERROR_SHAPE for a value that is no image;
 * FV_ERROR_UNSUPPORTED where no gradient goes through; FV_ERROR_STATE when the output does not depend on a value, or
 * for values that were not kept; FV_ERROR_STOPPED; those of fv_plan_create. */
FV_API FV_CHECK fv_status fv_explain_heat(fv_tensor *heats, const fv_activations *activations, const fv_value *values,
                                          int32_t count, const fv_explain_options *options);

/* What each channel of a value adds to the score, estimated: its numbers times the gradients by them, summed over
 * pixels; estimates[c], as many as the value has channels. To first order this is how far the score would fall with the
 * channel switched off; fv_explain_ablations measures it. Errors: as above. */
FV_API FV_CHECK fv_status fv_explain_channels(float *estimates, const fv_activations *activations, fv_value value,
                                              const fv_explain_options *options);

/* The gradient of the score by a value, as a new tensor of the value's shape with batch 1; an input's too. Errors: as
 * above. */
FV_API FV_CHECK fv_status fv_explain_gradient(fv_tensor *gradient, const fv_activations *activations, fv_value value,
                                              const fv_explain_options *options);

/* A channel that was switched off. */
typedef struct fv_ablation {
  int64_t channel;
  double score;      /* with the channel off */
  double effect;     /* how far the score fell: score before, less this one */
  float output;      /* what the model then says of options->score.index */
  int64_t top_index; /* and what it says most of; both of an image: means over its pixels */
  float top_output;
} fv_ablation;

/* The measured effect of each of `count` channels alone (`channels` NULL: 0 to count - 1), the value's other channels
 * and all before it as they were: results[i] for channels[i]. Many are run as one batch. `with` is FV_OVERLAY_ZERO or
 * FV_OVERLAY_MEAN; channels that options->overlay has switched off already have no effect. `found` (or NULL) hears of
 * results as they come, results[0 .. done) being there; false stops. Errors: as above, FV_ERROR_INVALID for a channel
 * that is not there. */
FV_API FV_CHECK fv_status fv_explain_ablations(fv_ablation *results, const fv_activations *activations, fv_value value,
                                               const int64_t *channels, int64_t count, fv_overlay_kind with,
                                               const fv_explain_options *options,
                                               bool (*found)(void *context, int64_t done));

FV_END_DECLARATIONS

#endif
