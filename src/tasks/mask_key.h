/* Keys of masks: learnt from what masks have, read, and used. */
#ifndef FOVEA_TASKS_MASK_KEY_H
#define FOVEA_TASKS_MASK_KEY_H

#include <fovea/mask_set.h>

#include "base/arena.h"
#include "base/fail.h"

/* What was seen in masks: values in the order of red, green, blue, and how often each. */
enum { FV__CENSUS_VALUES = 1024 };
typedef struct fv__census {
  int32_t count, last; /* last: where the last one was found */
  bool has_colors;     /* some value is not gray */
  uint32_t values[FV__CENSUS_VALUES];
  int64_t pixels[FV__CENSUS_VALUES];
} fv__census;

/* Adds what an image has. Errors: FV_ERROR_FORMAT for more values than there may be. */
fv_status fv__census_add(fv__census *census, const fv_image *image) FV_CHECK;

/* A key from what was seen, with names from the text of a names file (NULL: names of its own) and without what `ignore`
 * (NULL: nothing) says. Names are in the arena. Errors: as fv_mask_set_open. */
fv_status fv__mask_key_learn(fv_mask_key *key, const char ***names, fv__arena *arena, const fv__census *census,
                             char *names_text, const char *ignore) FV_CHECK;

/* A value as 0xRRGGBB, a gray one from its number, and that of a pixel. */
uint32_t fv__mask_packed(fv_mask_value value);
fv_mask_value fv__mask_number(int32_t number);
fv_mask_value fv__mask_value_at(const fv_image *image, int64_t pixel);

/* The class of a value; FV_MASK_IGNORED; -1: the key does not have it. */
int32_t fv__mask_class_of(const fv_mask_key *key, fv_mask_value value);

/* An image as class numbers. Errors: as fv_mask_read. */
fv_status fv__mask_translate(fv_image *classes, const fv_image *image, const fv_mask_key *key) FV_CHECK;

#endif
