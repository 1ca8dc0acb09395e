/* The folder's means: a job that runs pictures one after another, and gives way to what a user waits for in between. */
#include "serve/averages.h"

#include <stdlib.h>
#include <string.h>

#include <fovea/channel_maps.h>

#include "serve/runs_private.h"
#include "serve/shelf.h"

typedef struct averaging {
  fv__server *server;
  fv__shown *shown; /* with a reference */
  uint64_t key;
  int picture_count, seen; /* pictures that could be run */
  char pictures[FV__AVERAGES_PICTURES][FV__ID_SIZE];
  int64_t channels;
  double *sums; /* of all layers' channels, one layer after another */
  fv_channel_statistics *statistics;
} averaging;

static void end_averaging(void *context) {
  averaging *a = context;
  fv__shown_leave(a->shown);
  free(a->sums);
  free(a->statistics);
  free(a);
}

/* ---- layers' channels in one array */

static int64_t channels_of(const fv_model *model, int32_t layer) {
  const fv_shape shape = fv_model_layer(model, layer).output;
  return shape.rank && shape.dims[shape.rank - 1] > 0 ? shape.dims[shape.rank - 1] : 0;
}

static int64_t place_of(const fv_model *model, int32_t layer) {
  int64_t place = 0;
  for (int32_t i = 0; i < layer; i++) place += channels_of(model, i);
  return place;
}

/* ---- the job */

/* A layer that is called several times counts with all its calls. */
static void add_node(void *context, int32_t node, const fv_channel_maps *maps) {
  averaging *a = context;
  const fv_model *model = a->shown->model;
  const int32_t layer = fv_model_node(model, node).layer;
  if (maps->channels != channels_of(model, layer)) return;
  fv_channel_maps_measure(a->statistics, maps, NULL);
  double *sums = a->sums + place_of(model, layer);
  const double share = 1.0 / fv_model_layer(model, layer).node_count;
  for (int64_t c = 0; c < maps->channels; c++) sums[c] += (double)a->statistics[c].mean * share;
}

static void keep(averaging *a) {
  float *means = calloc((size_t)a->channels + 1, sizeof *means);
  for (int64_t c = 0; means && c < a->channels; c++) means[c] = (float)(a->sums[c] / a->seen);
  if (means) fv__shelf_put(a->server->shelf, a->key, means, (size_t)a->channels * sizeof *means);
  free(means);
}

static fv_status run_picture(averaging *a, fv__job *job, int picture) {
  fv__run run = {.runs = a->server->runs, .shown = a->shown, .image_count = fv_model_input_count(a->shown->model)};
  for (int i = 0; i < run.image_count; i++) memcpy(run.images[i], a->pictures[picture], FV__ID_SIZE);
  run.pictures = fv__runs_pictures(run.shown, run.images, run.image_count);
  return fv__run_visit(&run, job, add_node, a);
}

static fv_status average(fv__job *job, void *context) {
  averaging *a = context;
  fv_status status = FV_OK;
  for (int i = 0; i < a->picture_count && !status; i++) {
    fv__job_progress(job, i, a->picture_count);
    fv__job_give_way(job);
    status = run_picture(a, job, i);
    if (!status) a->seen++;
    const bool is_fatal = fv__job_is_cancelled(job) || status == FV_ERROR_MEMORY;
    if (!is_fatal) status = FV_OK; /* a picture that cannot be read is left out */
  }
  if (!status && !a->seen) status = fv_error_set(FV_ERROR_NOT_FOUND, "no picture of the folder could be run");
  if (!status) keep(a);
  return status;
}

static bool begin(const averaging *question, char job[FV__ID_SIZE]) {
  averaging *a = malloc(sizeof *a);
  if (!a) return false;
  *a = *question;
  int64_t widest = 1;
  for (int32_t i = 0; i < fv_model_layer_count(a->shown->model); i++)
    if (channels_of(a->shown->model, i) > widest) widest = channels_of(a->shown->model, i);
  a->sums = calloc((size_t)a->channels + 1, sizeof *a->sums);
  a->statistics = calloc((size_t)widest, sizeof *a->statistics);
  atomic_fetch_add(&a->shown->references, 1);
  const fv__task task = {.work = average, .release = end_averaging, .context = a, .priority = FV__PREVIEW};
  if (a->sums && a->statistics) return fv__queue_add(a->server->queue, &task, a->key, job);
  end_averaging(a);
  return false;
}

/* ---- asking */

static fv_status replace(fv_overlay **overlay, const fv_model *model, const float *means) {
  fv_overlay *made;
  fv_status status = fv_overlay_create(&made, model);
  for (int64_t i = 0; i < fv_overlay_count(*overlay) && !status; i++) {
    const fv_overlay_item item = fv_overlay_at(*overlay, i);
    const bool is_mean = item.kind == FV_OVERLAY_MEAN;
    const double by = is_mean ? (double)means[place_of(model, item.layer) + item.channel] : item.by;
    status = fv_overlay_add(made, item.layer, item.channel, is_mean ? FV_OVERLAY_SET : item.kind, by);
  }
  fv_overlay_destroy(status ? made : *overlay);
  if (!status) *overlay = made;
  return status;
}

static bool has_means(const fv_overlay *overlay) {
  for (int64_t i = 0; i < fv_overlay_count(overlay); i++)
    if (fv_overlay_at(overlay, i).kind == FV_OVERLAY_MEAN) return true;
  return false;
}

fv_status fv__averages_put(fv_overlay **overlay, fv__server *server, fv__shown *shown, char job[FV__ID_SIZE]) {
  averaging a = {.server = server, .shown = shown};
  job[0] = '\0';
  if (!has_means(*overlay)) return FV_OK;
  a.channels = place_of(shown->model, fv_model_layer_count(shown->model));
  a.picture_count = fv__album_sample(server->album, a.pictures, FV__AVERAGES_PICTURES);
  a.key = fv__hash_number(fv__hash_text(FV__HASH_START, "averages"), shown->hash);
  for (int i = 0; i < a.picture_count; i++) a.key = fv__hash_text(a.key, a.pictures[i]);
  size_t size;
  float *means = fv__shelf_get(server->shelf, a.key, &size);
  fv_status status = FV_OK;
  if (means)
    status = replace(overlay, shown->model, means);
  else if (!begin(&a, job))
    status = fv_error_set(FV_ERROR_MEMORY, "too much waits to be computed");
  free(means);
  return status;
}
