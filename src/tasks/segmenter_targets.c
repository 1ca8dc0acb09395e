/* Targets of a segmenter: masks at the extents of the input, changed as their pictures are. */
#include <stdlib.h>
#include <string.h>

#include "tasks/segmenter.h"

typedef struct maker {
  const fv_mask_set *set;
  int64_t height, width;
} maker;

/* Class numbers at other extents: of every pixel the one that its middle lies in. */
static void resize(float *numbers, const fv_image *classes, int64_t height, int64_t width) {
  for (int64_t y = 0; y < height; y++) {
    const uint8_t *row = classes->pixels + (2 * y + 1) * classes->height / (2 * height) * classes->width;
    for (int64_t x = 0; x < width; x++) numbers[y * width + x] = row[(2 * x + 1) * classes->width / (2 * width)];
  }
}

/* Geometry alone, by the nearest pixel. */
static fv_status change(float *targets, const float *numbers, const fv_target_place *place) {
  fv_transform geometry = *place->transform;
  fv_augment_options how = *place->how;
  const fv_shape shape = {2, {place->height, place->width}};
  const fv_tensor in = {shape, (float *)(uintptr_t)numbers}, out = {shape, targets};
  fv_transform_keep_geometry(&geometry);
  how.order = FV_ZERO;
  how.cval = FV_MASK_IGNORED;
  return fv_transform_apply(&out, &in, &geometry, &how);
}

static fv_status make(void *context, float *targets, const fv_target_place *place) {
  const maker *m = context;
  fv_image classes;
  if (place->height != m->height || place->width != m->width)
    return fail(FV_ERROR_SHAPE, "pictures of %d x %d pixels for a model of %d x %d", (int)place->height,
                (int)place->width, (int)m->height, (int)m->width);
  TRY(fv_mask_read(&classes, fv_mask_set_mask(m->set, place->sample), fv_mask_set_key(m->set)));
  float *numbers = place->transform ? calloc((size_t)(m->height * m->width), sizeof *numbers) : targets;
  fv_status status = numbers ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for a mask");
  if (!status) resize(numbers, &classes, m->height, m->width);
  if (!status && place->transform) status = change(targets, numbers, place);
  if (numbers != targets) free(numbers);
  fv_image_destroy(&classes);
  return status;
}

fv_status fv_segmenter_targets(fv_target_maker *targets, const fv_model *model, const fv_mask_set *set) {
  fv_mask_key key;
  fv_shape shape;
  *targets = (fv_target_maker){.numbers = 0};
  TRY(fv_segmenter_key(&key, model));
  TRY(fv__segmenter_shape(&shape, model));
  if (shape.dims[1] < 1 || shape.dims[2] < 1)
    return fail(FV_ERROR_SHAPE, "%s: its input's extents are not known", fv_model_name(model));
  if (fv_mask_set_key(set)->count > key.count)
    return fail(FV_ERROR_INVALID, "the set has %d classes, the model knows %d", (int)fv_mask_set_key(set)->count,
                (int)key.count);
  maker *m = calloc(1, sizeof *m);
  if (!m) return fail(FV_ERROR_MEMORY, "no memory for targets");
  *m = (maker){set, shape.dims[1], shape.dims[2]};
  *targets = (fv_target_maker){m->height * m->width, make, m};
  return FV_OK;
}

void fv_segmenter_targets_end(fv_target_maker *targets) {
  free(targets->context);
  *targets = (fv_target_maker){.numbers = 0};
}
