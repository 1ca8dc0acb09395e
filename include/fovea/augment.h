/* Augmentation: what Keras's ImageDataGenerator does to a picture before a network sees it.
 *
 * Options say how far each property may change; a transform is one set of chosen numbers; applying it makes one picture
 * from another of the same extents with one resampling. Which numbers are drawn depends on nothing but (seed, epoch,
 * sample), and switching one property on or off leaves the draws of the others as they were.
 *
 *   position in the input = C R(theta) T(tx, ty) S(shear) Z(zx, zy) C^-1 * position in the output
 *
 * with x for columns and y for rows, C the translation to the centre ((width - 1) / 2, (height - 1) / 2),
 * R = [cos -sin; sin cos], S = [1 -sin; 0 cos]. So a positive shift moves the picture up or left, and a zoom above 1
 * shows more of it, smaller. After the geometry: channel shift, flips, brightness, in this order, then effects in the
 * order in which they were written. Numbers are those of 8-bit pictures, 0 to 255, whatever the type they are kept in.
 *
 * Effects are those of Keras's layers (RandomContrast is random_contrast), random crops, erasing and RandAugment; each
 * is a name and some numbers. mix_up and cut_mix need a batch: loaders do them (loader.h), a transform does not.
 * Standardisation (standardise.h) is kept beside the rest: it is not drawn, and holds for validation too.
 *
 * One text says options ("horizontal_flip rotation=30 zoom=0.3 width_shift=0.3 fill=nearest"), another one transform
 * ("theta=17.3 tx=4 flip_horizontal"): words apart by blanks, NAME=VALUE or, for what is on or off, NAME.
 *
 * Sources: Keras, keras.preprocessing.image.ImageDataGenerator and keras.layers, their documentation and behaviour;
 * Zhong and others, Random Erasing Data Augmentation, 2017; Cubuk and others, RandAugment, 2019; Zhang and others,
 * mixup, 2017; Yun and others, CutMix, 2019; Simard, Steinkraus, Platt, Best Practices for Convolutional Neural
 * Networks Applied to Visual Document Analysis, 2003.
 */
#ifndef FOVEA_AUGMENT_H
#define FOVEA_AUGMENT_H

#include <fovea/boxes.h>
#include <fovea/option.h>
#include <fovea/standardise.h>

FV_BEGIN_DECLARATIONS

/* What lies outside the picture: the nearest edge pixel (aaa|abcd|ddd), cval, the mirrored picture (dcba|abcd|dcba), or
 * the picture again with period side - 1, as SciPy's "wrap". */
typedef enum fv_augment_fill {
  FV_AUGMENT_NEAREST = 1, /* the default */
  FV_AUGMENT_CONSTANT,
  FV_AUGMENT_REFLECT,
  FV_AUGMENT_WRAP
} fv_augment_fill;

/* Whose meaning geometry has. keras3: the generator's width shift moves rows and its height shift columns, and pictures
 * that are not square turn and zoom about ((height - 1) / 2, (width - 1) / 2) taken as (x, y). keras2: x stands for
 * rows throughout, so it turns the other way. */
typedef enum fv_augment_compat {
  FV_AUGMENT_DOCUMENTED = 1, /* the default */
  FV_AUGMENT_KERAS3,
  FV_AUGMENT_KERAS2
} fv_augment_compat;

/* {v} stands for what Keras makes of a single number v, 1 - v to 1 + v; {low, high} is taken as it is. */
typedef struct fv_range {
  double low, high;
} fv_range;

enum {
  FV_EFFECT_NUMBERS = 6,
  FV_EFFECTS_MAX = 16,       /* in options */
  FV_EFFECTS_DRAWN_MAX = 24, /* in a transform */
};

/* An effect: in options what may be drawn, in a transform what was. */
typedef struct fv_effect {
  const char *name; /* of the list below; lent, constant. NULL: none, the list ends here */
  double numbers[FV_EFFECT_NUMBERS];
  int32_t count; /* numbers given; in options those left out have their defaults */
} fv_effect;

/* What there is, for help; name NULL after the last. `options` and `drawn` say the numbers: "LOW,HIGH", "" for none. */
typedef struct fv_effect_help {
  const char *name, *help, *options, *drawn;
} fv_effect_help;

FV_API fv_effect_help fv_effect_at(int32_t index);

/* How far pictures may change; a field left out leaves that property alone. */
typedef struct fv_augment_options {
  double rotation;                  /* most degrees to either side, 0 to 360 */
  double width_shift, height_shift; /* below 1 a part of the side; 1, 2 ... n: whole pixels less than n; else pixels */
  double shear;                     /* most degrees to either side, 0 to 90 */
  fv_range zoom;                    /* factors for width and height, drawn apart; above 0 */
  double channel_shift;             /* most that is added to all numbers, or taken away; the result keeps to the
                                       picture's own smallest and largest number */
  fv_range brightness;              /* factors; the picture goes through 8 bits, as in Keras */
  bool horizontal_flip, vertical_flip; /* one picture in two is mirrored */
  int32_t fill;                        /* fv_augment_fill */
  double cval;                         /* what lies outside with fill constant */
  int32_t order;                       /* 1: bilinear, the default; FV_ZERO: the nearest pixel */
  int32_t compat;                      /* fv_augment_compat */

  fv_effect effects[FV_EFFECTS_MAX];
  double mix_up;  /* Beta's parameter of how much of another picture of the batch shows through; 0: none */
  double cut_mix; /* the same of how large a part another picture has; with both each batch gets one of the two */

  fv_standardise_options standardise;
} fv_augment_options;

/* The rows of a table for what is one number, word or flag; zoom and brightness are ranges and not in it. */
FV_API const fv_option *fv_augment_table(void);

/* Reads the text of options into a new structure. Keras's own names (rotation_range, fill_mode ...) are understood.
 * Errors: FV_ERROR_INVALID names the word, with what it must be. */
FV_API FV_CHECK fv_status fv_augment_parse(fv_augment_options *options, const char *text);

/* One set of chosen numbers; a field left out changes nothing. */
typedef struct fv_transform {
  double theta, shear;  /* degrees */
  double tx, ty;        /* pixels along x and along y */
  double zx, zy;        /* factors; 0 stands for 1 */
  double channel_shift; /* added */
  double brightness;    /* factor; 0 stands for 1, FV_ZERO for black */
  bool flip_horizontal, flip_vertical;
  fv_effect effects[FV_EFFECTS_DRAWN_MAX];
} fv_transform;

/* Reads the text of one transform into a new structure: theta, shear, tx, ty, zx, zy, channel_shift, brightness,
 * flip_horizontal, flip_vertical, and width_shift and height_shift as the generator draws them (below 1 a part of
 * `height` and `width`, the picture's extents, else pixels); effects with the numbers that are drawn. Words of options
 * that say how to apply it (fill, cval, order, compat) go into `options`, which may be NULL to refuse them. Errors:
 * FV_ERROR_INVALID names the word. */
FV_API FV_CHECK fv_status fv_transform_parse(fv_transform *transform, fv_augment_options *options, const char *text,
                                             int32_t height, int32_t width);

/* The inverse, numbers rounded to four decimals, "as it is" for nothing; always ends the text with NUL. Returns `text`.
 */
FV_API char *fv_transform_text(char *text, size_t size, const fv_transform *transform);

/* Draws a transform for a picture of these extents. `sample` numbers it within the set. Errors: FV_ERROR_INVALID for
 * options out of range. */
FV_API FV_CHECK fv_status fv_transform_draw(fv_transform *transform, const fv_augment_options *options, int32_t height,
                                            int32_t width, uint64_t seed, uint64_t epoch, uint64_t sample);

/* Leaves of a transform what moves pixels, as masks need it. */
FV_API void fv_transform_keep_geometry(fv_transform *transform);

/* Where an output pixel comes from: row in = m[0] row + m[1] column + m[2], column in = m[3] row + m[4] column + m[5],
 * flips not counted. Of `options` compat counts; NULL: the defaults. */
FV_API void fv_transform_matrix(double matrix[6], const fv_transform *transform, const fv_augment_options *options,
                                int32_t height, int32_t width);

/* Makes `out`, numbers that are there, of the shape of `in`, (height, width, channels) or (height, width); the two do
 * not overlap. `options` may be NULL. Errors: FV_ERROR_SHAPE for other shapes, FV_ERROR_INVALID for numbers out of
 * range. */
FV_API FV_CHECK fv_status fv_transform_apply(const fv_tensor *out, const fv_tensor *in, const fv_transform *transform,
                                             const fv_augment_options *options);

/* Where the transform brings what is in a box: the smallest box around its four corners, not clipped. Pixels of a
 * picture of these extents, before and after. Of `options` compat counts; NULL: the defaults. What
 * elastic deformation moves beyond the transform's geometry, by a few pixels, is left out. */
FV_API fv_box fv_transform_box(const fv_box *box, const fv_transform *transform, const fv_augment_options *options,
                               int32_t height, int32_t width);

FV_END_DECLARATIONS

#endif
