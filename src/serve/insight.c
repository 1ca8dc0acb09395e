/* Making and keeping explanations. Each is a job of the queue; a second one of the same question finds the first one's
 * result on the shelf. */
#include "serve/insight.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "serve/hash.h"
#include "serve/runs_private.h"

/* ---- keys: what a result follows from */

static uint64_t key_of(const fv__question *q, const char *what, int32_t layer) {
  uint64_t hash = fv__hash_text(fv__hash_number(FV__HASH_START, q->run->hash), what);
  hash = fv__hash_number(fv__hash_number(hash, (uint64_t)layer), (uint64_t)q->score.output);
  hash = fv__hash_number(hash, (uint64_t)q->score.index);
  return fv__hash_number(hash, q->score.is_against ? (uint64_t)q->score.against + 1 : 0);
}

static uint64_t heat_key(const fv__question *q, int32_t layer) {
  return key_of(q, q->heat == FV_HEAT_HIRES ? "hires" : "gradcam", layer);
}

int64_t fv__insight_channels(const fv__question *question) {
  const fv_shape *shape = &question->run->shapes[fv__shown_value(question->run->shown, question->layer).node - 1];
  return shape->rank ? shape->dims[shape->rank - 1] : 0;
}

/* ---- jobs that somebody waits for */

typedef struct errand {
  const fv__question *question;
  fv_status (*make)(const fv__question *question, const fv_activations *seen, const fv_explain_options *options);
  fv_status status;
  char message[512];
} errand;

static bool goes_on(void *context, int64_t done, int64_t of) {
  fv__job *job = context;
  fv__job_progress(job, done, of);
  return !fv__job_is_cancelled(job);
}

static fv_explain_options options_of(const fv__question *q, fv__job *job) {
  return (fv_explain_options){.score = q->score,
                              .heat = q->heat,
                              .overlay = q->run->overlay,
                              .threads = q->run->runs->options.threads,
                              .goes_on = goes_on,
                              .context = job};
}

static fv_status work(fv__job *job, void *context) {
  errand *t = context;
  fv_activations seen;
  const fv_explain_options options = options_of(t->question, job);
  t->status = fv__run_lend(&seen, t->question->run, job);
  if (!t->status) t->status = t->make(t->question, &seen, &options);
  if (t->status) strncpy(t->message, fv_error_message(), sizeof t->message - 1);
  fv_activations_destroy(&seen);
  return t->status;
}

static fv_status wait_for(const fv__question *question,
                          fv_status (*make)(const fv__question *, const fv_activations *, const fv_explain_options *)) {
  static _Atomic uint64_t count; /* each is a job of its own: its result lies on this stack */
  errand t = {.question = question, .make = make, .status = FV_ERROR_STOPPED, .message = "it was stopped"};
  const fv__task job = {.work = work, .context = &t, .is_silent = true};
  char id[FV__ID_SIZE];
  const uint64_t key = fv__hash_number(fv__hash_text(FV__HASH_START, "insight"), atomic_fetch_add(&count, 1));
  if (!fv__queue_add(question->server->queue, &job, key, id))
    return fv_error_set(FV_ERROR_MEMORY, "too much waits to be computed");
  fv__queue_wait(question->server->queue, id);
  return t.status ? fv_error_set(t.status, t.message) : FV_OK;
}

/* ---- heat */

/* The layer, and the stages of the model behind it. */
static int32_t list_layers(fv_value *values, const fv__question *q) {
  fv_value stages[FV_STAGES];
  const int32_t count = fv_model_stages(stages, FV_STAGES, q->run->shown->model);
  int32_t listed = 1;
  values[0] = fv__shown_value(q->run->shown, q->layer);
  for (int32_t i = 0; i < count; i++)
    if (stages[i].node > values[0].node) values[listed++] = stages[i];
  return listed;
}

static fv_status make_heat(const fv__question *q, const fv_activations *seen, const fv_explain_options *options) {
  fv_value values[FV_STAGES + 1];
  fv_tensor heats[FV_STAGES + 1];
  size_t size;
  void *before = fv__shelf_get(q->server->shelf, heat_key(q, q->layer), &size);
  free(before);
  if (before) return FV_OK; /* another question's run back had it */
  const int32_t count = list_layers(values, q);
  fv_status status = fv_explain_heat(heats, seen, values, count, options);
  if (status) return status;
  for (int32_t i = 0; i < count; i++) {
    const fv_model *model = q->run->shown->model;
    fv__shelf_put(q->server->shelf, heat_key(q, fv_model_node(model, values[i].node).layer), heats[i].data,
                  (size_t)fv__elements(&heats[i].shape) * sizeof(float));
    fv_tensor_destroy(&heats[i]);
  }
  return FV_OK;
}

fv_status fv__insight_heat(float **heat, fv_pair *extent, const fv__question *question) {
  const fv_shape *shape = &question->run->shapes[fv__shown_value(question->run->shown, question->layer).node - 1];
  *extent = shape->rank == 4 ? (fv_pair){(int32_t)shape->dims[1], (int32_t)shape->dims[2]}
                             : (fv_pair){1, shape->rank == 3 ? (int32_t)shape->dims[1] : 1};
  for (int attempt = 0; attempt < 2; attempt++) {
    *heat = fv__shelf_get(question->server->shelf, heat_key(question, question->layer), NULL);
    if (*heat) return FV_OK;
    const fv_status status = attempt ? FV_OK : wait_for(question, make_heat);
    if (status) return status;
  }
  return fv_error_set(FV_ERROR_MEMORY, "no memory for heat");
}

/* ---- channels */

static fv_status make_estimates(const fv__question *q, const fv_activations *seen, const fv_explain_options *options) {
  const int64_t channels = fv__insight_channels(q);
  float *estimates = calloc((size_t)channels + 1, sizeof *estimates);
  if (!estimates) return fv_error_set(FV_ERROR_MEMORY, "no memory for channels");
  const fv_status status = fv_explain_channels(estimates, seen, fv__shown_value(q->run->shown, q->layer), options);
  if (!status)
    fv__shelf_put(q->server->shelf, key_of(q, "estimates", q->layer), estimates, (size_t)channels * sizeof *estimates);
  free(estimates);
  return status;
}

fv_status fv__insight_estimates(float **estimates, const fv__question *question) {
  for (int attempt = 0; attempt < 2; attempt++) {
    *estimates = fv__shelf_get(question->server->shelf, key_of(question, "estimates", question->layer), NULL);
    if (*estimates) return FV_OK;
    const fv_status status = attempt ? FV_OK : wait_for(question, make_estimates);
    if (status) return status;
  }
  return fv_error_set(FV_ERROR_MEMORY, "no memory for channels");
}

/* ---- measured effects */

float *fv__insight_measured(const fv__question *question, int64_t channels) {
  size_t size;
  float *measured = fv__shelf_get(question->server->shelf, key_of(question, "measured", question->layer), &size);
  if (measured && size == (size_t)channels * sizeof *measured) return measured;
  free(measured);
  return NULL;
}

typedef struct measurement {
  fv__question question; /* with a reference to the run */
  int64_t count, kept;   /* results that are on the shelf */
  int64_t *channels;
  fv_ablation *results;
  fv__job *job;
  bool gives_way; /* what it reads is the run's own, not the plan's */
} measurement;

static void end_measurement(void *context) {
  measurement *m = context;
  fv__run_leave(m->question.run);
  free(m->channels);
  free(m->results);
  free(m);
}

/* Puts the results that have come beside those of before. */
static void keep_results(measurement *m, int64_t done) {
  const int64_t channels = fv__insight_channels(&m->question);
  float *all = fv__insight_measured(&m->question, channels);
  if (!all && (all = calloc((size_t)channels + 1, sizeof *all)))
    for (int64_t c = 0; c < channels; c++) all[c] = NAN;
  for (; all && m->kept < done; m->kept++) all[m->results[m->kept].channel] = (float)m->results[m->kept].effect;
  if (all)
    fv__shelf_put(m->question.server->shelf, key_of(&m->question, "measured", m->question.layer), all,
                  (size_t)channels * sizeof *all);
  free(all);
}

static bool found(void *context, int64_t done) {
  measurement *m = context;
  keep_results(m, done);
  fv__job_progress(m->job, done, m->count);
  if (m->gives_way) fv__job_give_way(m->job);
  return !fv__job_is_cancelled(m->job);
}

static bool keeps_going(void *context, int64_t done, int64_t of) {
  const measurement *m = context;
  (void)done, (void)of;
  return !fv__job_is_cancelled(m->job);
}

static fv_status measure(fv__job *job, void *context) {
  measurement *m = context;
  fv_activations seen;
  m->job = job;
  fv_explain_options options = options_of(&m->question, job);
  options.goes_on = keeps_going;
  options.context = m;
  fv__job_progress(job, 0, m->count);
  fv_status status = fv__run_lend(&seen, m->question.run, job);
  m->gives_way = seen.values == (const float *const *)m->question.run->values;
  if (!status)
    status = fv_explain_ablations(m->results, &seen, fv__shown_value(m->question.run->shown, m->question.layer),
                                  m->channels, m->count, FV_OVERLAY_ZERO, &options, found);
  fv_activations_destroy(&seen);
  return status;
}

bool fv__insight_measure(const fv__question *question, const int64_t *channels, int64_t count, char job[FV__ID_SIZE]) {
  measurement *m = calloc(1, sizeof *m);
  if (!m) return false;
  m->question = *question;
  atomic_fetch_add(&question->run->references, 1);
  m->count = count;
  m->channels = calloc((size_t)count + 1, sizeof *m->channels);
  m->results = calloc((size_t)count + 1, sizeof *m->results);
  uint64_t key = key_of(question, "measure", question->layer);
  if (!m->channels || !m->results) {
    end_measurement(m);
    return false;
  }
  memcpy(m->channels, channels, (size_t)count * sizeof *m->channels);
  key = fv__hash_bytes(key, channels, (size_t)count * sizeof *channels);
  const fv__task task = {.work = measure, .release = end_measurement, .context = m, .priority = FV__BACKGROUND};
  return fv__queue_add(question->server->queue, &task, key, job);
}

double fv__insight_score(const fv__question *question) {
  const fv__run *run = question->run;
  const fv_score *s = &question->score;
  const float *numbers = run->logits ? run->logits : run->output.data;
  const fv_shape *shape = &run->output.shape;
  if (shape->rank != 2 || s->index >= shape->dims[1] || (s->is_against && s->against >= shape->dims[1])) return NAN;
  return (double)numbers[s->index] - (s->is_against ? (double)numbers[s->against] : 0);
}
