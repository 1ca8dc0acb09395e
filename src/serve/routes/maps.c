/* Maps: every channel of a layer in one answer, the input that the network really sees, and both as .npy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/album.h"
#include "serve/feed.h"
#include "serve/fmap.h"
#include "serve/npy.h"
#include "serve/want.h"

/* The layer's output in a run. False: the answer says why not. */
static bool want_value(fv__request *request, fv__answer *answer, fv__run *run, fv__value *value) {
  const int32_t layer = fv__want_layer(request, answer, 1, run->shown);
  if (layer < 0) return false;
  const fv_status status = fv__run_value(value, run, fv__shown_value(run->shown, layer).node);
  if (status) fv__answer_failure(answer, status, NULL);
  return !status;
}

/* Which channels of the layer the run has switched off; to be freed. NULL: none. */
static bool *channels_off(const fv__run *run, const char *layer, int64_t channels) {
  bool *off = run->overlay ? calloc((size_t)channels + 1, sizeof *off) : NULL;
  for (int64_t i = 0; off && i < fv_overlay_count(run->overlay); i++) {
    const fv_overlay_item item = fv_overlay_at(run->overlay, i);
    if (item.layer == fv__shown_layer(run->shown, layer) && item.channel < channels)
      off[item.channel] = item.kind != FV_OVERLAY_SCALE;
  }
  return off;
}

static void maps(fv__request *request, fv__answer *answer) {
  fv__value value = {0};
  bool *off = NULL;
  fv__run *run = fv__want_run(request, answer, 0);
  if (run && want_value(request, answer, run, &value)) {
    const fv_channel_maps all = fv_channel_maps_of(value.numbers, &value.shape);
    off = channels_off(run, request->captures[1], all.channels);
    fv__fmap_view view = {.run = run->hash, .off = off, .flags = run->overlay ? FV__FMAP_CHANGED : 0};
    if (fv__fmap_read_view(&view, request, answer, all.channels)) fv__fmap_answer(answer, &all, &view);
  }
  free(off);
  free(value.owned);
  fv__run_leave(run);
}

static void maps_npy(fv__request *request, fv__answer *answer) {
  fv__value value = {0};
  fv__run *run = fv__want_run(request, answer, 0);
  if (run && want_value(request, answer, run, &value)) fv__npy_answer(answer, value.numbers, &value.shape);
  free(value.owned);
  fv__run_leave(run);
}

/* ---- the input */

/* Which of the model's inputs; the first unless the query says another. */
static bool want_input(fv__request *request, fv__answer *answer, const fv__shown *shown, int64_t *input) {
  return fv__want_whole(request, answer, "input", 0, fv_model_input_count(shown->model) - 1, 0, input);
}

static void feed(fv__request *request, fv__answer *answer, const fv__shown *shown, const fv__picture *picture) {
  int64_t input;
  if (!want_input(request, answer, shown, &input)) return;
  const fv_shape shape = fv__feed_shape(shown, (int32_t)input, &picture->image);
  float *numbers = calloc((size_t)fv__elements(&shape) + 1, sizeof *numbers);
  fv_status status = numbers ? fv__feed(numbers, shown, &shape, &picture->image)
                             : fv_error_set(FV_ERROR_MEMORY, "no memory for an input");
  if (status) {
    fv__answer_failure(answer, status, NULL);
  } else {
    const fv_channel_maps all = fv_channel_maps_of(numbers, &shape);
    fv__fmap_view view = {0};
    if (fv__fmap_read_view(&view, request, answer, all.channels)) fv__fmap_answer(answer, &all, &view);
  }
  free(numbers);
}

static void input(fv__request *request, fv__answer *answer) {
  const char *model = fv__request_query(request, "m");
  fv__shown *shown = fv__gallery_find(request->server->gallery, model ? model : "default");
  fv__picture *picture = NULL;
  if (!shown)
    fv__answer_problem(answer, 404, "no_model", NULL, "there is no model %s", model ? model : "yet");
  else if (fv__album_picture(&picture, request->server->album, request->captures[0]))
    fv__answer_failure(answer, FV_ERROR_NOT_FOUND, NULL);
  else
    feed(request, answer, shown, picture);
  fv__picture_leave(picture);
  fv__shown_leave(shown);
}

static const fv__route routes[] = {
    {.method = "GET",
     .path = "/api/v1/runs/{run}/maps/{layer}.npy",
     .slow = true,
     .is_constant = true,
     .handle = maps_npy},
    {.method = "GET", .path = "/api/v1/runs/{run}/maps/{layer}", .slow = true, .is_constant = true, .handle = maps},
    {.method = "GET", .path = "/api/v1/images/{image}/input", .slow = true, .is_constant = true, .handle = input},
    {0}};

const fv__route_family fv__routes_maps = {.routes = routes};
