/* How a picture becomes the numbers that a model's input takes, whatever its shape. */
#ifndef FOVEA_SERVE_FEED_H
#define FOVEA_SERVE_FEED_H

#include "serve/album.h"
#include "serve/shown.h"

/* The shape of an input with its unknown extents fixed: batch 1; height and width by the model's preprocessing, else by
 * the picture. */
fv_shape fv__feed_shape(const fv__shown *shown, int32_t input, const fv_image *image);

/* Fills `numbers` of that shape. Pictures of 1 or 3 channels go the model's own way; other shapes get the picture in
 * gray: rows and columns (N, H, W), any number of channels (each the same), or a vector (the picture as a square where
 * that fits, row by row), scaled to 0..1 where nothing else is said. Errors: those of fv_preprocess. */
fv_status fv__feed(float *numbers, const fv__shown *shown, const fv_shape *shape, const fv_image *image) FV_CHECK;

#endif
