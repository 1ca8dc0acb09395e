/* Gradients of pooling windows on vectors over channels; the last one may be filled in part. */
#include "kernels/kernels.h"
#include "kernels/pool.h"
#include "kernels/simd.h"

/* The first pixel of the window that is the maximum, NaN being more than all else, gets dy. */
static void maximum(const fv__window_gradient *w, int64_t channels) {
  for (int64_t c = 0; c < channels; c += FV__WIDTH) {
    const int64_t lanes = channels - c;
    const vfloat dy = v_load_some(w->dy + c, lanes);
    vfloat best = v_load_some(w->x + c, lanes);
    vint place = {0};
    int32_t pixel = 0;
    for (int64_t i = 0; i < w->height; i++)
      for (int64_t j = 0; j < w->width; j++, pixel++) {
        const vfloat value = v_load_some(w->x + i * w->x_row + j * w->x_pixel + c, lanes);
        const vint more = (value > best) | ((value != value) & (best == best));
        best = v_select(more, value, best);
        place = (more & v_set_int(pixel)) | (~more & place);
      }
    pixel = 0;
    for (int64_t i = 0; i < w->height; i++)
      for (int64_t j = 0; j < w->width; j++, pixel++) {
        float *dx = w->dx + i * w->dx_row + j * w->dx_pixel + c;
        const vfloat added = v_select(place == v_set_int(pixel), dy, (vfloat){0});
        v_store_some(dx, w->overwrite ? added : added + v_load_some(dx, lanes), lanes);
      }
  }
}

static void average(const fv__window_gradient *w, int64_t channels) {
  const vfloat pixels = v_set((float)(w->height * w->width));
  for (int64_t c = 0; c < channels; c += FV__WIDTH) {
    const int64_t lanes = channels - c;
    const vfloat share = v_load_some(w->dy + c, lanes) / pixels;
    for (int64_t i = 0; i < w->height; i++)
      for (int64_t j = 0; j < w->width; j++) {
        float *dx = w->dx + i * w->dx_row + j * w->dx_pixel + c;
        v_store_some(dx, w->overwrite ? share : share + v_load_some(dx, lanes), lanes);
      }
  }
}

const fv__pool_gradient_kernels FV__LEVEL_NAME(fv__kernels_pool_gradient) = {.maximum = maximum, .average = average};
