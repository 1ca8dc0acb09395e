/* Segmenters of the zoo for a set: its classes, the extents of its pictures, weights of a backbone. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tasks/backbone.h"
#include "tasks/segmenter.h"

enum { LARGEST = 512 };

/* Rounded to the nearest multiple, within bounds. */
static int32_t rounded(int64_t side, int32_t multiple, int32_t least) {
  int64_t found = (side + multiple / 2) / multiple * multiple;
  if (found < least) found = (least + multiple - 1) / multiple * multiple;
  return (int32_t)found;
}

/* The extents of the first picture, proportions kept where it is too large. */
static fv_status choose_extents(fv_zoo_options *o, const fv_zoo_entry *entry, const fv_mask_set *set) {
  fv_image image;
  if (o->input_shape[0]) return FV_OK;
  TRY(fv_image_read(&image, fv_mask_set_picture(set, 0)));
  const int32_t longer = image.height > image.width ? image.height : image.width;
  const double scale = longer > LARGEST ? (double)LARGEST / longer : 1;
  o->input_shape[0] = rounded((int64_t)(image.height * scale), entry->multiple, entry->smallest);
  o->input_shape[1] = rounded((int64_t)(image.width * scale), entry->multiple, entry->smallest);
  o->input_shape[2] = image.channels == 1 ? 1 : 3;
  fv_image_destroy(&image);
  return FV_OK;
}

static fv_status build(fv_model **model, const fv_zoo_entry *entry, const fv_zoo_options *o, const fv_mask_set *set,
                       uint64_t seed) {
  char rule[32];
  fv_zoo_options built = *o;
  snprintf(rule, sizeof rule, "random:%" PRIu64, seed);
  built.weights = rule;
  TRY(fv_zoo_build(model, entry->name, &built));
  if (entry->is_on_backbone) TRY(fv__backbone_fill(*model, o));
  return fv_segmenter_describe(*model, fv_mask_set_key(set), fv_mask_set_class_names(set));
}

fv_status fv_segmenter_build(fv_model **model, const char *network, const fv_zoo_options *options,
                             const fv_mask_set *set, uint64_t seed) {
  fv_zoo_options o = options ? *options : (fv_zoo_options){.weights = NULL};
  const fv_zoo_entry *entry = fv_zoo_find(network);
  *model = NULL;
  if (!entry || !entry->is_segmenter)
    return fail(FV_ERROR_INVALID, "'%.64s' is no segmenter; expected UNet, FCN8s, SegNet or DeepLabV3Lite", network);
  if (o.weights && strncmp(o.weights, "random:", 7) != 0 && !entry->is_on_backbone)
    return fail(FV_ERROR_INVALID, "%s has no backbone whose weights could be '%.200s'", entry->name, o.weights);
  if (!o.backbone) o.backbone = "MobileNet";
  o.classes = fv_mask_set_key(set)->count;
  TRY(choose_extents(&o, entry, set));
  fv_status status = build(model, entry, &o, set, seed);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}
