/* Gradients of pooling windows on vectors over channels; the last one may be filled in part. */
#include "kernels/kernels.h"
#include "kernels/pool.h"
#include "kernels/simd.h"

/* The first pixel of the window that is the maximum, NaN being more than all else, gets dy. */
static void maximum_of(const fv__window_gradient *w, const float *x, const float *from, float *to) {
  for (int64_t c = 0; c < w->channels; c += FV__WIDTH) {
    const int64_t lanes = w->channels - c;
    const vfloat dy = v_load_some(from + c, lanes);
    vfloat best = v_load_some(x + c, lanes);
    vint place = {0};
    int32_t pixel = 0;
    for (int64_t i = 0; i < w->height; i++)
      for (int64_t j = 0; j < w->width; j++, pixel++) {
        const vfloat value = v_load_some(x + i * w->x_row + j * w->x_pixel + c, lanes);
        const vint more = (value > best) | ((value != value) & (best == best));
        best = v_select(more, value, best);
        place = (more & v_set_int(pixel)) | (~more & place);
      }
    pixel = 0;
    for (int64_t i = 0; i < w->height; i++)
      for (int64_t j = 0; j < w->width; j++, pixel++) {
        float *dx = to + i * w->dx_row + j * w->dx_pixel + c;
        const vfloat added = v_select(place == v_set_int(pixel), dy, (vfloat){0});
        v_store_some(dx, w->overwrite ? added : added + v_load_some(dx, lanes), lanes);
      }
  }
}

static void maximum(const fv__window_gradient *w) {
  for (int64_t i = 0; i < w->windows; i++)
    maximum_of(w, w->x + i * w->x_step, w->dy + i * w->dy_pixel, w->dx + i * w->dx_step);
}

static void average_of(const fv__window_gradient *w, const float *dy, float *to) {
  const vfloat pixels = v_set((float)(w->height * w->width));
  for (int64_t c = 0; c < w->channels; c += FV__WIDTH) {
    const int64_t lanes = w->channels - c;
    const vfloat share = v_load_some(dy + c, lanes) / pixels;
    for (int64_t i = 0; i < w->height; i++)
      for (int64_t j = 0; j < w->width; j++) {
        float *dx = to + i * w->dx_row + j * w->dx_pixel + c;
        v_store_some(dx, w->overwrite ? share : share + v_load_some(dx, lanes), lanes);
      }
  }
}

/* Windows [first, end) of at most one vector of channels, which are written whole: where that is too much, the pixels
 * that follow are written afterwards. Loops over pixels vanish where height and width are constants. */
V_INLINE void average_whole(const fv__window_gradient *w, const int64_t height, const int64_t width, int64_t end) {
  const vfloat pixels = v_set((float)(height * width));
  for (int64_t k = 0; k < end; k++) {
    const vfloat share = v_load(w->dy + k * w->dy_pixel) / pixels;
    for (int64_t i = 0; i < height; i++)
      for (int64_t j = 0; j < width; j++) v_store(w->dx + k * w->dx_step + i * w->dx_row + j * w->dx_pixel, share);
  }
}

/* How many windows may be: pixels of dx and of dy lie side by side, and windows follow of which a vector takes part. */
static int64_t whole_windows(const fv__window_gradient *w) {
  const int64_t reached = (FV__WIDTH + w->channels - 1) / w->channels;
  const bool dense = w->dx_pixel == w->channels && w->dx_step == w->width * w->channels && w->dy_pixel == w->channels;
  return w->overwrite && dense && w->channels <= FV__WIDTH && w->windows >= reached ? w->windows - reached + 1 : 0;
}

static void average(const fv__window_gradient *caller) {
  const fv__window_gradient copy = *caller, *w = &copy; /* so that no store can change it */
  const int64_t whole = whole_windows(w);
  if (w->height == 2 && w->width == 2)
    average_whole(w, 2, 2, whole);
  else
    average_whole(w, w->height, w->width, whole);
  for (int64_t i = whole; i < w->windows; i++) average_of(w, w->dy + i * w->dy_pixel, w->dx + i * w->dx_step);
}

const fv__pool_gradient_kernels FV__LEVEL_NAME(fv__kernels_pool_gradient) = {.maximum = maximum, .average = average};
