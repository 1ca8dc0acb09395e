/* What numbers see of the input, for layers whose windows do not say it (fv__layer_type.sight). */
#ifndef FOVEA_LAYERS_SUPPORT_SIGHT_H
#define FOVEA_LAYERS_SUPPORT_SIGHT_H

#include "layers/layer.h"

/* For descriptors: everything; all of the last axis; numbers that stood in other places. */
void fv__sight_whole(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight);
void fv__sight_mixes(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight);
void fv__sight_scatters(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight);

/* All numbers along the listed axes, up to a zero: with one of rows or columns among them it is everything. */
void fv__sight_axes(const int32_t *axes, int32_t rank, fv__sight *sight);

/* `part` of the input, in the middle of it, resized to the output. */
void fv__sight_resized(int32_t interpolation, const fv_shape *part, const fv_shape *output, fv__sight *sight);

#endif
