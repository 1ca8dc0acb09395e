/* Class names: what the outputs of a classifier stand for. They belong to the model and travel in its file. */
#ifndef FOVEA_LABELS_H
#define FOVEA_LABELS_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

/* One class. `wnid` is its WordNet number ("n01440764") or ""; `name` its name ("tench"). */
typedef struct fv_label {
  const char *wnid, *name;
} fv_label;

/* How many names the model has: those that were set, else ImageNet's 1000 when the network is known by its name and has
 * 1000 outputs, else 0. */
FV_API int32_t fv_model_label_count(const fv_model *model);

/* The name of class `index`, lent until the labels change; {"", ""} when there is none. */
FV_API fv_label fv_model_label(const fv_model *model, int32_t index);

/* Sets `count` names; the texts are copied; wnid may be NULL. Errors: FV_ERROR_INVALID when a name is NULL or the model
 * has one output of another number of classes; FV_ERROR_MEMORY. On failure the old names stay. */
FV_API FV_CHECK fv_status fv_model_set_labels(fv_model *model, const fv_label *labels, int32_t count);

/* Reads names from a file: one a line, "tench" or "n01440764 tench"; or JSON, ["tench", ...] or, as Keras keeps them,
 * {"0": ["n01440764", "tench"], ...}. "imagenet" is the built-in table. Errors: as above, FV_ERROR_IO,
 * FV_ERROR_NOT_FOUND, FV_ERROR_FORMAT. */
FV_API FV_CHECK fv_status fv_model_read_labels(fv_model *model, const char *path);

/* The 1000 classes of the ImageNet challenge in the order of their WordNet numbers, as Keras and most others have
 * them; {"", ""} outside 0 to 999. */
FV_API fv_label fv_imagenet_label(int32_t index);

FV_END_DECLARATIONS

#endif
