/* Profiles: the times that a run tells its callback, pass after pass, and their medians. */
#include <fovea/profile.h>

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/fail.h"

enum { USUAL_WARM_UP = 2, USUAL_REPEAT = 10, MOST_PASSES = 10000 };

typedef struct measurement {
  const fv_profile_options *options;
  int32_t warm_up, repeat, steps;
  int32_t pass;   /* from 0, the first ones warm up */
  int64_t *times; /* of step s in counted pass p at [s * repeat + p], of whole passes behind the last step */
} measurement;

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for a profile"); }

static int64_t now_nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool after_step(void *context, const fv_step_event *event) {
  const measurement *m = context;
  if (m->pass >= m->warm_up) m->times[(int64_t)event->step * m->repeat + m->pass - m->warm_up] = event->nanoseconds;
  const int64_t of = (int64_t)(m->warm_up + m->repeat) * m->steps, done = (int64_t)m->pass * m->steps + event->step + 1;
  return !m->options->goes_on || m->options->goes_on(m->options->context, done, of);
}

static int smaller_first(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* Sorts the times of one step, or of whole passes. */
static void settle(const measurement *m, int32_t step, int64_t *median, int64_t *fastest) {
  int64_t *times = m->times + (int64_t)step * m->repeat;
  qsort(times, (size_t)m->repeat, sizeof *times, smaller_first);
  *median = times[(m->repeat - 1) / 2];
  *fastest = times[0];
}

static fv_status run_all(measurement *m, fv_plan *plan) {
  for (m->pass = 0; m->pass < m->warm_up + m->repeat; m->pass++) {
    const int64_t before = now_nanoseconds();
    TRY(fv_run(plan, &(fv_run_options){.callback = after_step, .context = m}));
    if (m->pass >= m->warm_up)
      m->times[(int64_t)m->steps * m->repeat + m->pass - m->warm_up] = now_nanoseconds() - before;
  }
  return FV_OK;
}

static int32_t layer_of(const fv_model *model, const fv_step_info *step) {
  for (int32_t i = 0; i < step->node_count; i++) {
    const int32_t layer = fv_model_node(model, step->nodes[i]).layer;
    if (fv_model_layer(model, layer).weight_count) return layer;
  }
  return step->node_count ? fv_model_node(model, step->nodes[0]).layer : -1;
}

static fv_status fill(fv_profile *profile, const measurement *m, const fv_model *model) {
  fv_profile_row *rows = calloc((size_t)m->steps + 1, sizeof *rows);
  if (!rows) return no_memory();
  profile->rows = rows;
  profile->count = m->steps;
  profile->passes = m->repeat;
  profile->memory = fv_plan_memory_use(profile->plan);
  for (int32_t i = 0; i < m->steps; i++) {
    rows[i].step = fv_plan_step(profile->plan, i);
    rows[i].layer = layer_of(model, &rows[i].step);
    settle(m, i, &rows[i].nanoseconds, &rows[i].fastest);
  }
  settle(m, m->steps, &profile->nanoseconds, &profile->fastest);
  return FV_OK;
}

static fv_status measure(fv_profile *profile, fv_model *model, const fv_profile_options *options) {
  const fv_plan_options plan = {.mode = options->inspect ? FV_PLAN_INSPECT : FV_PLAN_INFER,
                                .batch = options->batch,
                                .threads = options->threads,
                                .input_shapes = options->input_shapes,
                                .memory_limit = options->memory_limit};
  TRY(fv_plan_create(&profile->plan, model, &plan));
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    const fv_shape shape = fv_plan_input_shape(profile->plan, i);
    fv_fill_by_name(fv_plan_input(profile->plan, i), "input", &shape, 1, "input");
  }
  measurement m = {.options = options,
                   .warm_up = options->warm_up < 0 ? 0
                              : options->warm_up   ? options->warm_up
                                                   : USUAL_WARM_UP,
                   .repeat = options->repeat ? options->repeat : USUAL_REPEAT,
                   .steps = fv_plan_step_count(profile->plan)};
  m.times = calloc(((size_t)m.steps + 1) * (size_t)m.repeat, sizeof *m.times);
  fv_status status = m.times ? run_all(&m, profile->plan) : no_memory();
  if (!status) status = fill(profile, &m, model);
  free(m.times);
  return status;
}

fv_status fv_profile_create(fv_profile **out, fv_model *model, const fv_profile_options *options) {
  static const fv_profile_options defaults = {0};
  if (!options) options = &defaults;
  *out = NULL;
  if (options->repeat < 0 || options->repeat > MOST_PASSES || options->warm_up < -1 || options->warm_up > MOST_PASSES)
    return fail(FV_ERROR_INVALID, "%" PRId32 " passes after %" PRId32 " to warm up: up to %d of each", options->repeat,
                options->warm_up, MOST_PASSES);
  fv_profile *profile = calloc(1, sizeof *profile);
  if (!profile) return no_memory();
  const fv_status status = measure(profile, model, options);
  if (status) {
    fv_profile_destroy(profile);
    return status;
  }
  *out = profile;
  return FV_OK;
}

void fv_profile_destroy(fv_profile *profile) {
  if (!profile) return;
  free(profile->rows);
  fv_plan_destroy(profile->plan);
  free(profile);
}
