/* The list of runs, their jobs, and who is given up when memory is short. */
#include "serve/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/channel_maps.h>

#include "serve/runs_private.h"

fv_status fv__runs_create(fv__runs **out, const fv__runs_options *options) {
  fv__runs *runs = *out = calloc(1, sizeof *runs);
  if (!runs) return fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  runs->options = *options;
  runs->load.limit = options->limit > 0 ? options->limit : INT64_C(512) << 20;
  pthread_mutex_init(&runs->lock, NULL);
  return FV_OK;
}

static void end_run(fv__run *run) {
  for (int32_t i = 0; run->values && i < run->shown->node_count; i++)
    if (!run->base || run->values[i] != run->base->values[i]) free(run->values[i]);
  fv__run_leave(run->base);
  fv_overlay_destroy(run->overlay);
  free(run->values);
  free(run->shapes);
  free(run->nanoseconds);
  free(run->rows);
  free(run->logits);
  fv_tensor_destroy(&run->output);
  fv__shown_leave(run->shown);
  free(run);
}

void fv__run_leave(fv__run *run) {
  if (run && atomic_fetch_sub(&run->references, 1) == 1) end_run(run);
}

void fv__runs_destroy(fv__runs *runs) {
  if (!runs) return;
  for (fv__run *run = runs->first, *next; run; run = next) {
    next = run->next;
    fv__run_leave(run);
  }
  pthread_mutex_destroy(&runs->lock);
  free(runs);
}

/* ---- giving up */

static void take_out(fv__runs *runs, fv__run **at) {
  fv__run *run = *at;
  *at = run->next;
  runs->load.bytes -= run->bytes;
  runs->load.count--;
  fv__run_leave(run);
}

static void give_up(fv__runs *runs, fv__run **at) {
  memcpy(runs->gone[runs->gone_count++ % FV__RUNS_REMEMBERED], (*at)->id, FV__ID_SIZE);
  runs->load.evicted++;
  take_out(runs, at);
}

/* The last in the list that is done, which was used longest ago. */
static fv__run **oldest(fv__runs *runs) {
  fv__run **found = NULL;
  for (fv__run **at = &runs->first; *at; at = &(*at)->next)
    if (atomic_load(&(*at)->state) == FV__RUN_DONE) found = at;
  return found;
}

bool fv__runs_make_room(fv__runs *runs, int64_t bytes) {
  pthread_mutex_lock(&runs->lock);
  while (runs->load.bytes + bytes > runs->load.limit) {
    fv__run **at = oldest(runs);
    if (!at) break;
    give_up(runs, at);
  }
  const bool fits = runs->load.bytes + bytes <= runs->load.limit;
  pthread_mutex_unlock(&runs->lock);
  return fits;
}

/* ---- finding */

static fv__run **find(fv__runs *runs, const char *id) {
  fv__run **at = &runs->first;
  while (*at && strcmp((*at)->id, id) != 0) at = &(*at)->next;
  return at;
}

/* To the front, with one more reference. */
static fv__run *use(fv__runs *runs, fv__run **at) {
  fv__run *run = *at;
  if (!run) return NULL;
  *at = run->next;
  run->next = runs->first;
  runs->first = run;
  atomic_fetch_add(&run->references, 1);
  return run;
}

fv__run *fv__runs_find(fv__runs *runs, const char *id, bool *evicted) {
  pthread_mutex_lock(&runs->lock);
  fv__run *run = use(runs, find(runs, id));
  *evicted = false;
  const int kept = runs->gone_count < FV__RUNS_REMEMBERED ? runs->gone_count : FV__RUNS_REMEMBERED;
  for (int i = 0; i < kept && !run; i++) *evicted |= !strcmp(runs->gone[i], id);
  pthread_mutex_unlock(&runs->lock);
  return run;
}

/* ---- asking */

static void tell_end(const fv__run *run) {
  char topic[FV__ID_SIZE + 8];
  snprintf(topic, sizeof topic, "run:%s", run->id);
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "r", run->id);
  if (run->status) {
    fv__writer_text(&json, "code", fv_status_name(run->status));
    fv__writer_text(&json, "detail", run->message);
  } else {
    fv__writer_number(&json, "ms", run->milliseconds);
  }
  fv__writer_end(&json);
  fv__hub_publish(run->runs->options.hub, run->status ? "run.error" : "run.done", topic, &json, false);
}

/* A failed run is told once and forgotten: asked again, it is tried again. */
static fv_status work(fv__job *job, void *context) {
  fv__run *run = context;
  fv__runs *runs = run->runs;
  atomic_store(&run->state, FV__RUN_RUNNING);
  run->status = fv__run_compute(run, job);
  if (run->status) snprintf(run->message, sizeof run->message, "%s", fv_error_message());
  pthread_mutex_lock(&runs->lock);
  runs->load.bytes += run->bytes;
  runs->load.computed++;
  atomic_store(&run->state, run->status ? FV__RUN_FAILED : FV__RUN_DONE);
  pthread_mutex_unlock(&runs->lock);
  tell_end(run);
  return run->status ? fv_error_set(run->status, run->message) : FV_OK;
}

static void leave(void *context) { fv__run_leave(context); }

static fv__run *make_run(fv__runs *runs, fv__shown *shown, char images[][FV__ID_SIZE], int count, uint64_t pictures,
                         uint64_t changes) {
  fv__run *run = calloc(1, sizeof *run);
  if (!run) return NULL;
  run->runs = runs;
  run->pictures = pictures;
  run->hash = changes ? fv__hash_number(pictures, changes) : pictures;
  if (changes)
    fv__hash_id(run->overlay_id, 'o', changes);
  else
    snprintf(run->overlay_id, sizeof run->overlay_id, "o_none");
  fv__hash_id(run->id, 'r', run->hash);
  run->shown = shown;
  atomic_fetch_add(&shown->references, 1);
  run->image_count = count;
  for (int i = 0; i < count; i++) memcpy(run->images[i], images[i], FV__ID_SIZE);
  atomic_store(&run->references, 3); /* the list's, the job's, the caller's */
  return run;
}

/* With the lock held: the run of this identity unless it failed. */
static fv__run *use_good(fv__runs *runs, const char *id) {
  fv__run **at = find(runs, id);
  if (*at && atomic_load(&(*at)->state) == FV__RUN_FAILED) take_out(runs, at);
  return use(runs, find(runs, id));
}

uint64_t fv__runs_pictures(const fv__shown *shown, char images[][FV__ID_SIZE], int image_count) {
  uint64_t pictures = fv__hash_number(shown->hash, (uint64_t)image_count);
  for (int i = 0; i < image_count; i++) pictures = fv__hash_text(pictures, images[i]);
  return pictures;
}

/* With the lock held: the run of this identity, or a new one in front of the list. */
static fv__run *use_or_make(fv__runs *runs, fv__shown *shown, char images[][FV__ID_SIZE], int image_count,
                            fv_overlay **overlay, bool *is_new) {
  const uint64_t pictures = fv__runs_pictures(shown, images, image_count);
  const uint64_t changes = *overlay ? fv_overlay_hash(*overlay) : 0;
  char id[FV__ID_SIZE];
  fv__hash_id(id, 'r', changes ? fv__hash_number(pictures, changes) : pictures);
  fv__run *run = use_good(runs, id);
  *is_new = !run;
  if (run) runs->load.shared++;
  if (run || !(run = make_run(runs, shown, images, image_count, pictures, changes))) return run;
  run->overlay = changes ? *overlay : NULL;
  if (changes) *overlay = NULL;
  run->next = runs->first;
  runs->first = run;
  runs->load.count++;
  return run;
}

fv_status fv__runs_ask(fv__run **out, fv__runs *runs, fv__shown *shown, char images[][FV__ID_SIZE], int image_count,
                       fv_overlay *overlay, bool *is_new) {
  pthread_mutex_lock(&runs->lock);
  fv__run *run = use_or_make(runs, shown, images, image_count, &overlay, is_new);
  pthread_mutex_unlock(&runs->lock);
  fv_overlay_destroy(overlay);
  *out = run;
  if (!run) return fv_error_set(FV_ERROR_MEMORY, "no memory for a run");
  if (!*is_new) return FV_OK;
  const fv__task task = {.work = work, .release = leave, .context = run, .is_silent = true};
  if (fv__queue_add(runs->options.queue, &task, run->hash, NULL)) return FV_OK;
  pthread_mutex_lock(&runs->lock);
  take_out(runs, find(runs, run->id));
  pthread_mutex_unlock(&runs->lock);
  fv__run_leave(run);
  *out = NULL;
  return fv_error_set(FV_ERROR_MEMORY, "too many runs wait to be computed");
}

/* ---- values */

typedef struct recall {
  fv__run *run;
  int32_t node;
  float *numbers;
  fv_status status;
  char message[512];
} recall;

static fv_status work_again(fv__job *job, void *context) {
  recall *r = context;
  r->status = fv__run_compute_value(&r->numbers, r->run, r->node, job);
  if (r->status) snprintf(r->message, sizeof r->message, "%s", fv_error_message());
  return r->status;
}

static fv_status compute_again(fv__value *value, fv__run *run, int32_t node) {
  static _Atomic uint64_t count; /* each call is a job of its own: its result lies on this stack */
  recall r = {.run = run, .node = node, .status = FV_ERROR_STOPPED};
  char id[FV__ID_SIZE];
  const fv__task task = {.work = work_again, .context = &r, .is_silent = true};
  if (!fv__queue_add(run->runs->options.queue, &task, fv__hash_number(run->hash, atomic_fetch_add(&count, 1)), id))
    return fv_error_set(FV_ERROR_MEMORY, "too much waits to be computed");
  fv__queue_wait(run->runs->options.queue, id);
  value->numbers = value->owned = r.numbers;
  return r.status ? fv_error_set(r.status, r.message[0] ? r.message : "it was stopped") : FV_OK;
}

fv_status fv__run_value(fv__value *value, fv__run *run, int32_t node) {
  *value = (fv__value){0};
  if (atomic_load(&run->state) != FV__RUN_DONE) return fv_error_set(FV_ERROR_STATE, "the run is not done yet");
  value->shape = run->shapes[node - 1];
  value->numbers = run->values[node - 1];
  if (value->shape.rank == 0) return fv_error_set(FV_ERROR_NOT_FOUND, "no output needs this layer: it is not computed");
  return value->numbers ? FV_OK : compute_again(value, run, node);
}

/* ---- rows */

/* Sums in pieces, so that they keep their digits and the loop its speed. */
static fv__layer_row measure(const float *numbers, int64_t count) {
  fv__layer_row row = {.min = INFINITY, .max = -INFINITY};
  double sum = 0, squares = 0;
  int64_t zeros = 0;
  for (int64_t at = 0; at < count; at += 4096) {
    const int64_t end = count - at < 4096 ? count : at + 4096;
    float low = INFINITY, high = -INFINITY, piece = 0, piece_squares = 0;
    int32_t nothing = 0, bad = 0;
    for (int64_t i = at; i < end; i++) {
      const bool is_finite = fabsf(numbers[i]) <= 3.4028235e38f;
      const float x = is_finite ? numbers[i] : 0;
      bad += !is_finite;
      nothing += numbers[i] == 0;
      low = is_finite && x < low ? x : low;
      high = is_finite && x > high ? x : high;
      piece += x;
      piece_squares += x * x;
    }
    row.min = low < row.min ? low : row.min;
    row.max = high > row.max ? high : row.max;
    row.bad += bad;
    zeros += nothing;
    sum += piece;
    squares += piece_squares;
  }
  const int64_t good = count - row.bad;
  if (!good) return (fv__layer_row){.bad = row.bad};
  row.mean = sum / (double)good;
  row.deviation = sqrt(fmax(0, squares / (double)good - row.mean * row.mean));
  row.zero_share = (double)zeros / (double)count;
  return row;
}

/* Channels that are 0 at every place; channels lie last. Without memory none is. */
static int64_t count_dead(const float *numbers, const fv_shape *shape) {
  const fv_channel_maps maps = fv_channel_maps_of(numbers, shape);
  const int64_t places = maps.height * maps.width;
  int64_t dead = 0;
  bool *lives = calloc((size_t)maps.channels + 1, sizeof *lives);
  if (!lives) return 0;
  for (int64_t p = 0; p < places; p++)
    for (int64_t c = 0; c < maps.channels; c++) lives[c] |= numbers[p * maps.channels + c] != 0;
  for (int64_t c = 0; c < maps.channels; c++) dead += !lives[c];
  free(lives);
  return dead;
}

const fv__layer_row *fv__run_rows(fv__run *run) {
  pthread_mutex_lock(&run->runs->lock);
  fv__layer_row *rows = run->rows;
  pthread_mutex_unlock(&run->runs->lock);
  if (rows) return rows;
  const int32_t layers = fv_model_layer_count(run->shown->model);
  rows = calloc((size_t)layers + 1, sizeof *rows);
  if (!rows) return NULL;
  for (int32_t i = 0; i < layers; i++) {
    const int32_t node = fv__shown_value(run->shown, i).node;
    if (!run->values[node - 1]) continue;
    rows[i] = measure(run->values[node - 1], fv__elements(&run->shapes[node - 1]));
    rows[i].dead = count_dead(run->values[node - 1], &run->shapes[node - 1]);
  }
  pthread_mutex_lock(&run->runs->lock);
  if (run->rows) { /* somebody else was faster */
    free(rows);
    rows = run->rows;
  }
  run->rows = rows;
  pthread_mutex_unlock(&run->runs->lock);
  return rows;
}

fv__runs_load fv__runs_now(fv__runs *runs) {
  pthread_mutex_lock(&runs->lock);
  const fv__runs_load load = runs->load;
  pthread_mutex_unlock(&runs->lock);
  return load;
}
