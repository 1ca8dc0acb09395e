/* Forward passes: pictures in, every node's output out. On the queue's thread alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/connections.h"
#include "serve/feed.h"
#include "serve/runs_private.h"

static fv_status no_memory(void) { return fv_error_set(FV_ERROR_MEMORY, "no memory for a run"); }

/* ---- the plan */

static bool fits(const fv_plan *plan, const fv_shape *shapes, int count) {
  for (int i = 0; plan && i < count; i++) {
    const fv_shape shape = fv_plan_input_shape(plan, i);
    if (!fv_shape_equal(&shape, &shapes[i])) return false;
  }
  return plan != NULL;
}

static fv_status make_plan(fv__shown *shown, const fv_shape *shapes, int count, int32_t threads) {
  if (fits(shown->plan, shapes, count)) return FV_OK;
  fv_plan_destroy(shown->plan);
  shown->plan = NULL;
  return fv_plan_create(&shown->plan, shown->model,
                        &(fv_plan_options){.mode = FV_PLAN_INSPECT, .input_shapes = shapes, .threads = threads});
}

static fv_status feed_all(fv__run *run) {
  fv_shape shapes[FV__RUN_INPUTS];
  fv__picture *pictures[FV__RUN_INPUTS] = {0};
  fv_status status = FV_OK;
  for (int i = 0; i < run->image_count && !status; i++) {
    status = fv__album_picture(&pictures[i], run->runs->options.album, run->images[i]);
    if (!status) shapes[i] = fv__feed_shape(run->shown, i, &pictures[i]->image);
  }
  if (!status) status = make_plan(run->shown, shapes, run->image_count, run->runs->options.threads);
  for (int i = 0; i < run->image_count && !status; i++)
    status = fv__feed(fv_plan_input(run->shown->plan, i), run->shown, &shapes[i], &pictures[i]->image);
  for (int i = 0; i < run->image_count; i++) fv__picture_leave(pictures[i]);
  return status;
}

/* ---- the pass */

typedef struct watch {
  fv__run *run;
  fv__job *job;
  int64_t told; /* when the last event was sent */
} watch;

static void tell_step(watch *w, const fv_step_info *step, int64_t nanoseconds) {
  fv__run *run = w->run;
  const int64_t now = fv__milliseconds();
  const bool is_last = atomic_load(&run->done) == atomic_load(&run->of);
  if (!is_last && now - w->told < 20) return; /* small steps come by thousands a second */
  w->told = now;
  char topic[FV__ID_SIZE + 8];
  snprintf(topic, sizeof topic, "run:%s", run->id);
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "r", run->id);
  if (step->node_count) {
    const fv_node_info node = fv_model_node(run->shown->model, step->nodes[step->node_count - 1]);
    fv__writer_text(&json, "layer", fv_model_layer(run->shown->model, node.layer).name);
  }
  fv__writer_whole(&json, "i", atomic_load(&run->done));
  fv__writer_whole(&json, "of", atomic_load(&run->of));
  fv__writer_whole(&json, "ns", nanoseconds);
  fv__writer_end(&json);
  fv__hub_publish(run->runs->options.hub, "run.layer", topic, &json, true);
}

static bool after_step(void *context, const fv_step_event *event) {
  watch *w = context;
  const fv_step_info step = fv_plan_step(w->run->shown->plan, event->step);
  atomic_store(&w->run->done, event->step + 1);
  if (step.node_count && w->run->nanoseconds)
    w->run->nanoseconds[step.nodes[step.node_count - 1] - 1] += event->nanoseconds;
  tell_step(w, &step, event->nanoseconds);
  return !fv__job_is_cancelled(w->job);
}

/* A node's output, when there is room and it was computed: what no output needs was not. */
static fv_status keep_value(fv__run *run, int32_t node) {
  const fv_value value = {node, 0};
  const fv_shape shape = fv_plan_shape(run->shown->plan, value);
  const int64_t bytes = fv__elements(&shape) * (int64_t)sizeof(float);
  run->shapes[node - 1] = shape;
  if (bytes <= 0 || !fv__runs_make_room(run->runs, run->bytes + bytes)) return FV_OK;
  float *numbers = malloc((size_t)bytes);
  if (!numbers) return no_memory();
  if (fv_plan_read(run->shown->plan, value, numbers)) {
    run->shapes[node - 1] = (fv_shape){0};
    free(numbers);
    return FV_OK;
  }
  run->values[node - 1] = numbers;
  run->bytes += bytes;
  return FV_OK;
}

static fv_status keep_output(fv__run *run) {
  const fv_shape shape = fv_plan_output_shape(run->shown->plan, 0);
  const float *logits = fv_plan_logits(run->shown->plan, 0);
  const size_t bytes = (size_t)fv__elements(&shape) * sizeof *logits;
  const fv_status status = fv_tensor_create(&run->output, &shape);
  if (status) return status;
  memcpy(run->output.data, fv_plan_output(run->shown->plan, 0), bytes);
  if (!logits || shape.rank != 2) return FV_OK;
  if (!(run->logits = malloc(bytes))) return no_memory();
  memcpy(run->logits, logits, bytes);
  return FV_OK;
}

/* ---- with and without changes */

/* Runs the pictures, and what is changed on top: on what the plan holds of the same pictures, where it does. */
static fv_status run_plan(fv__run *run, const fv_run_options *options) {
  fv__shown *shown = run->shown;
  const bool holds = shown->holds == run->pictures && run->overlay;
  shown->holds = 0;
  fv_status status = holds ? FV_OK : feed_all(run);
  if (status) return status;
  atomic_store(&run->of, fv_plan_step_count(shown->plan));
  if (!holds) {
    const fv_run_options whole = {.callback = options->callback, .context = options->context};
    status = fv_run(shown->plan, run->overlay ? &whole : options);
  }
  if (!status && run->overlay) status = fv_overlay_run(shown->plan, run->overlay, options);
  if (!status && !options->until.node) shown->holds = run->pictures;
  return status;
}

/* The run of the same pictures without changes, if it is there, with a reference. */
static fv__run *find_base(const fv__run *run) {
  char id[FV__ID_SIZE];
  bool evicted;
  fv__hash_id(id, 'r', run->pictures);
  fv__run *base = run->overlay ? fv__runs_find(run->runs, id, &evicted) : NULL;
  if (!base || atomic_load(&base->state) == FV__RUN_DONE) return base;
  fv__run_leave(base);
  return NULL;
}

/* Whether a node's value follows changed ones: `follows` is known of all before it. */
static bool does_follow(const fv__run *run, const bool *follows, int32_t node) {
  const fv_node_info info = fv_model_node(run->shown->model, node);
  for (int64_t i = 0; i < fv_overlay_count(run->overlay); i++)
    if (fv_overlay_at(run->overlay, i).layer == info.layer) return true;
  for (int32_t i = 0; i < info.input_count; i++)
    if (follows[info.inputs[i].node - 1]) return true;
  return false;
}

/* Values that no change reaches are lent by the run without changes. */
static fv_status lend_from_base(fv__run *run) {
  fv__run *base = find_base(run);
  bool *follows = base ? calloc((size_t)run->shown->node_count, sizeof *follows) : NULL;
  if (!base) return FV_OK;
  run->base = base;
  if (!follows) return no_memory();
  for (int32_t node = 1; node <= run->shown->node_count; node++) {
    follows[node - 1] = does_follow(run, follows, node);
    if (!follows[node - 1]) run->values[node - 1] = base->values[node - 1];
  }
  free(follows);
  return FV_OK;
}

static fv_status keep_values(fv__run *run) {
  fv_status status = lend_from_base(run);
  for (int32_t node = 1; node <= run->shown->node_count && !status; node++) {
    if (run->values[node - 1])
      run->shapes[node - 1] = run->base->shapes[node - 1];
    else
      status = keep_value(run, node);
  }
  return status ? status : keep_output(run);
}

fv_status fv__run_compute(fv__run *run, fv__job *job) {
  const size_t nodes = (size_t)run->shown->node_count;
  const int64_t start = fv__milliseconds();
  run->shapes = calloc(nodes, sizeof *run->shapes);
  run->values = calloc(nodes, sizeof *run->values);
  run->nanoseconds = calloc(nodes, sizeof *run->nanoseconds);
  if (!run->shapes || !run->values || !run->nanoseconds) return no_memory();
  watch w = {run, job, 0};
  fv_status status = run_plan(run, &(fv_run_options){.callback = after_step, .context = &w});
  if (!status) status = keep_values(run);
  run->milliseconds = (double)(fv__milliseconds() - start);
  return status;
}

static bool not_cancelled(void *context, const fv_step_event *event) {
  (void)event;
  return !fv__job_is_cancelled(context);
}

fv_status fv__run_compute_value(float **numbers, fv__run *run, int32_t node, fv__job *job) {
  const fv_value value = {node, 0};
  *numbers = malloc((size_t)fv__elements(&run->shapes[node - 1]) * sizeof(float));
  fv_status status = *numbers ? FV_OK : no_memory();
  if (!status) status = run_plan(run, &(fv_run_options){.until = value, .callback = not_cancelled, .context = job});
  if (!status) status = fv_plan_read(run->shown->plan, value, *numbers);
  if (!status) return FV_OK;
  free(*numbers);
  *numbers = NULL;
  return status;
}

fv_status fv__run_lend(fv_activations *seen, fv__run *run, fv__job *job) {
  bool has_all = true;
  for (int32_t n = 0; n < run->shown->node_count; n++)
    has_all = has_all && (run->shapes[n].rank == 0 || run->values[n]);
  *seen =
      (fv_activations){.model = run->shown->model, .shapes = run->shapes, .values = (const float *const *)run->values};
  if (has_all) return FV_OK;
  *seen = (fv_activations){.model = run->shown->model};
  const fv_status status = run_plan(run, &(fv_run_options){.callback = not_cancelled, .context = job});
  return status ? status : fv_activations_lend(seen, run->shown->plan, run->shown->model);
}

/* A node's numbers in `room`, which grows; false: it was not computed, or there is no memory. */
static bool read_node(float **room, size_t *bytes, const fv_plan *plan, int32_t node, const fv_shape *shape) {
  const size_t needed = (size_t)fv__elements(shape) * sizeof(float);
  if (needed > *bytes) {
    free(*room);
    *bytes = (*room = malloc(needed)) ? needed : 0;
  }
  return needed && *room && !fv_plan_read(plan, (fv_value){node, 0}, *room);
}

fv_status fv__run_visit(fv__run *run, fv__job *job, void (*visit)(void *context, int32_t node, const fv_channel_maps *),
                        void *context) {
  float *room = NULL;
  size_t bytes = 0;
  const fv_status status = run_plan(run, &(fv_run_options){.callback = not_cancelled, .context = job});
  for (int32_t node = 1; node <= run->shown->node_count && !status; node++) {
    const fv_shape shape = fv_plan_shape(run->shown->plan, (fv_value){node, 0});
    if (!read_node(&room, &bytes, run->shown->plan, node, &shape)) continue;
    const fv_channel_maps maps = fv_channel_maps_of(room, &shape);
    visit(context, node, &maps);
  }
  free(room);
  return status;
}
