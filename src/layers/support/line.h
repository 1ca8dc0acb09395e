/* What layers on lines (N, L, C) share: they are images of height 1, and are computed as such. */
#ifndef FOVEA_LAYERS_SUPPORT_LINE_H
#define FOVEA_LAYERS_SUPPORT_LINE_H

#include "layers/support/common.h"

/* A window on a line, one number each where images have pairs. */
typedef struct fv__line_window {
  int32_t kernel, stride, dilation;
  int32_t padding; /* FV_CAUSAL too */
} fv__line_window;

/* The words of `padding` options of convolutions on lines. */
extern const char *const fv__line_padding_names[];

/* (N, L, C) with known channels. */
fv_status fv__expect_line(const fv_shape *input) FV_CHECK;

/* (N, L, C) as (N, 1, L, C). */
fv_shape fv__line_as_image(const fv_shape *line);

/* The output shape with `channels`, and the window as images have it; the padding is meaningful only where the input's
 * length is known. */
fv_status fv__line_window_shape(const fv_shape *input, fv__line_window window, int64_t channels,
                                fv_shape *output) FV_CHECK;
fv__window fv__line_window_make(const fv_shape *input, fv__line_window window);

/* The problem of a window op of height 1. */
fv__window_problem fv__line_problem_make(const fv_shape *input, const fv_shape *output, fv__line_window window);

fv_status fv__line_pool_shape(fv__line_window window, const fv_shape *input, fv_shape *output) FV_CHECK;
int32_t fv__line_pool_lower(fv__line_window window, bool average, const fv__lower_call *call, fv__program *program);

/* Pooling over the whole line. keepdims: (N, 1, C) instead of (N, C). */
fv_status fv__line_global_pool_shape(bool keepdims, const fv_shape *input, fv_shape *output) FV_CHECK;
void fv__line_global_pool_geometry(const void *options, const fv_shape *input, fv__window *window);
int32_t fv__line_global_pool_lower(bool average, const fv__lower_call *call, fv__program *program);

#endif
