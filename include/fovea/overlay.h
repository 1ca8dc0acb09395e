/* Overlays: channels that are switched off or scaled while a network runs, to see what the answer owes them.
 *
 *   fv_overlay *overlay;
 *   fv_overlay_create(&overlay, model);
 *   fv_overlay_add(overlay, fv_model_find_layer(model, "block5_conv3"), 137, FV_OVERLAY_ZERO, 0);
 *   fv_run(plan, NULL);                        as it is
 *   fv_overlay_run(plan, overlay, NULL);       with the channel off: only what follows it is computed
 *   fv_overlay_run(plan, NULL, NULL);          as it was, bit by bit
 *
 * A layer that is called several times is changed at every call. The same changes in any order are the same overlay,
 * with the same text and the same hash.
 */
#ifndef FOVEA_OVERLAY_H
#define FOVEA_OVERLAY_H

#include <fovea/plan.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_overlay fv_overlay;

typedef enum fv_overlay_kind {
  FV_OVERLAY_ZERO = 1, /* the channel is 0 everywhere */
  FV_OVERLAY_MEAN,     /* everywhere its mean over this picture's pixels; a vector stays as it is */
  FV_OVERLAY_SCALE,    /* its numbers times a factor */
  FV_OVERLAY_SET       /* a number everywhere: its mean over many pictures, say */
} fv_overlay_kind;

/* An overlay without changes. `model` must live as long. Errors: FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_overlay_create(fv_overlay **overlay, const fv_model *model);
FV_API void fv_overlay_destroy(fv_overlay *overlay); /* NULL is fine */

/* Changes a channel of a layer (its index), or with channel -1 all of them. What was switched off stays so whatever its
 * scale, by the last word on how; scales multiply; `by` is the factor of FV_OVERLAY_SCALE or the number of
 * FV_OVERLAY_SET: a scale of 0 and a number of 0 are FV_OVERLAY_ZERO, a scale of 1 is nothing. Errors: FV_ERROR_INVALID
 * for a layer or channel that is not there, a kind or a factor that is none; FV_ERROR_UNSUPPORTED for an input layer;
 * FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_overlay_add(fv_overlay *overlay, int32_t layer, int64_t channel, fv_overlay_kind kind,
                                         double by);

/* Adds what a JSON text of `size` bytes says:
 *
 *   {"ops": [{"op": "ablate", "layer": "block5_conv3", "channels": [137, 201], "with": "zero"},
 *            {"op": "ablate", "layer": "block4_conv2", "channels": "all", "with": "mean"},
 *            {"op": "scale", "layer": "block3_conv1", "channels": [4], "by": 1.5}]}
 *
 * "with" may also be a number, and may be left out: zero. Errors: FV_ERROR_FORMAT for a text that is not this,
 * FV_ERROR_NOT_FOUND for an unknown layer, those of fv_overlay_add; the message counts the op from 0. What stood before
 * the wrong op has been added. */
FV_API FV_CHECK fv_status fv_overlay_read(fv_overlay *overlay, const char *text, size_t size);

/* The overlay in that form, without spaces, layers in the model's order, channels ascending: the same for overlays that
 * do the same. The caller frees it with free(). NULL when there is no memory. */
FV_API char *fv_overlay_text(const fv_overlay *overlay);

/* A number from that text (FNV-1a, 64 bits), 0 for an overlay without changes or without memory. */
FV_API uint64_t fv_overlay_hash(const fv_overlay *overlay);

/* Changed channels, by layer and channel; index from 0. */
typedef struct fv_overlay_item {
  int32_t layer;
  int64_t channel;
  fv_overlay_kind kind;
  double by; /* the factor, or the number; else 0 */
} fv_overlay_item;

FV_API int64_t fv_overlay_count(const fv_overlay *overlay);
FV_API fv_overlay_item fv_overlay_at(const fv_overlay *overlay, int64_t index);

/* Runs a plan in inspect mode with an overlay (NULL: without) on the inputs of the run before: what that left valid is
 * not computed again, and what it had changed is made anew, so that results do not depend on what ran before, in no
 * bit. After new inputs a first fv_run is due. `options` may be NULL; its `from` is left out of account. Errors: those
 * of fv_run; FV_ERROR_INVALID when the overlay is of another model, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_overlay_run(fv_plan *plan, const fv_overlay *overlay, const fv_run_options *options);

FV_END_DECLARATIONS

#endif
