/* What an effect is: one file in src/data/effects ending in one constant `const fv__effect_type fv__effect_FILENAME`.
 *
 * `draw` turns the numbers of options into those of a transform, by draws of a state of its own; `apply` does it with
 * pixels of 0 to 255. An effect that is a matter of geometry changes the transform's geometry and adds nothing.
 */
#ifndef FOVEA_DATA_EFFECT_H
#define FOVEA_DATA_EFFECT_H

#include <fovea/augment.h>

typedef struct fv__effect_number {
  const char *name; /* in help: "LOW"; NULL ends a list */
  double otherwise; /* when it is left out; of drawn numbers unused */
  double low, high; /* legal */
} fv__effect_number;

/* What one number alone stands for where there are two or more. */
typedef enum fv__effect_alone {
  FV__ALONE_FIRST,     /* the first; the others have their defaults */
  FV__ALONE_SYMMETRIC, /* -v to v */
  FV__ALONE_UP_TO,     /* 0 to v */
  FV__ALONE_BOTH       /* v twice */
} fv__effect_alone;

typedef struct fv__draw {
  uint64_t state;
  int32_t height, width;
} fv__draw;

typedef struct fv__extents {
  int32_t height, width;
  int64_t channels;
  bool nearest; /* between pixels the nearest counts: numbers of classes */
} fv__extents;

enum { FV__EFFECT_LIST = FV_EFFECT_NUMBERS + 1 };

typedef struct fv__effect_type {
  const char *name, *help;
  const char *option_words, *drawn_words; /* "LOW,HIGH"; "" for none */
  fv__effect_number options[FV__EFFECT_LIST], drawn[FV__EFFECT_LIST];
  fv__effect_alone alone;
  bool is_range; /* the first option is at most the second */

  /* NULL: nothing is drawn, it is done always. */
  void (*draw)(fv_transform *transform, const double *options, const fv__draw *draw);
  /* `spare` holds a copy of `x` when needs_copy, else nothing, then room for `fields` planes of height x width numbers.
   * NULL: `draw` did all. */
  void (*apply)(float *x, const float *spare, const fv__extents *extents, const double *numbers);
  bool needs_copy;
  int fields;
  bool moves; /* it moves pixels: masks go with it */
} fv__effect_type;

extern const fv__effect_type *const fv__effect_table[];

/* NULL when there is none of this name. */
const fv__effect_type *fv__effect_find(const char *name);

/* Reads "1,2,3" as numbers of an effect, "true" as none, to the end of a list of at most `most`. Errors:
 * FV_ERROR_INVALID also when it is there already or the list is full. */
fv_status fv__effect_set(fv_effect *effects, int32_t most, const fv__effect_type *type, const char *value,
                         const fv__effect_number *list) FV_CHECK;

/* Every number of an effect of options, ranges checked. Errors: FV_ERROR_INVALID. */
fv_status fv__effect_settle(double numbers[FV_EFFECT_NUMBERS], const fv_effect *effect) FV_CHECK;

/* Checks an effect of a transform. Errors: FV_ERROR_INVALID. */
fv_status fv__effect_check(const fv_effect *effect) FV_CHECK;

/* Adds a drawn effect; there is always room. */
void fv__effect_add(fv_transform *transform, const fv__effect_type *type, const double *numbers);

/* Draw `index` of [low, high). */
double fv__draw_between(const fv__draw *draw, uint64_t index, double low, double high);

/* ---- for colours: the first three channels; pictures of fewer have none */

bool fv__has_colour(const fv__extents *extents);
float fv__gray_of(const float *rgb); /* 0.2989 R + 0.5870 G + 0.1140 B */
float fv__to_byte_range(double x);   /* limited to 0..255 */

#endif
