/* Measured effects: many variants of one value, each with one channel switched off, as a batch through the part behind
 * it. Variant 0 is the value as it is.
 */
#include "explain/part.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/fail.h"

enum { BATCH = 33 }; /* the value as it is, and 32 channels: the weights are read once for as many as a page asks for */

typedef struct scan {
  fv__part part;
  const fv_activations *activations;
  int32_t node;
  const int64_t *channels;
  int64_t count;
  fv_overlay_kind with;
  fv_ablation *results;
  double whole; /* the score of variant 0 */
} scan;

static int64_t channel_of(const scan *s, int64_t i) { return s->channels ? s->channels[i] : i; }

/* The part for a batch, a smaller one where memory is short. */
static fv_status make_part(scan *s, const fv_explain_options *options) {
  const int64_t variants = s->count + 1, runs = (variants + BATCH - 1) / BATCH;
  int32_t batch = (int32_t)((variants + runs - 1) / runs);
  for (;; batch /= 2) {
    const fv_status status = fv__part_variants(&s->part, s->activations, s->node, batch, options);
    if (status != FV_ERROR_MEMORY || batch == 1) return status;
    fv__part_end(&s->part);
  }
}

/* The batch's variants from `first` on. */
static void give_variants(const scan *s, int64_t first, int64_t count) {
  const fv_plan *plan = s->part.plan;
  const fv__view view = fv__plan_view(plan, plan->values[s->node - 1]);
  for (int64_t i = 0; i < count; i++) {
    fv__plan_give(plan, s->node, i, s->activations->values[s->node - 1]);
    if (first + i > 0) fv__overlay_change(&view, i, channel_of(s, first + i - 1), s->with, 0);
  }
}

/* The likeliest class of one image of the output, by the mean over its pixels. */
static void find_top(fv_ablation *result, const fv__part *part, int64_t image) {
  const int32_t output = part->options->score.output;
  const fv_shape shape = fv_plan_output_shape(part->plan, output);
  const int64_t classes = shape.dims[shape.rank - 1];
  int64_t pixels = 1;
  for (int32_t axis = 1; axis < shape.rank - 1; axis++) pixels *= shape.dims[axis];
  const float *numbers = fv_plan_output(part->plan, output) + image * pixels * classes;
  for (int64_t c = 0; c < classes; c++) {
    double sum = 0;
    for (int64_t i = 0; i < pixels; i++) sum += (double)numbers[i * classes + c];
    const float mean = (float)(sum / (double)pixels);
    if (c == part->options->score.index) result->output = mean;
    if (c > 0 && !(mean > result->top_output)) continue;
    result->top_index = c;
    result->top_output = mean;
  }
}

static void read_variants(scan *s, int64_t first, int64_t count) {
  const fv_plan *plan = s->part.plan;
  const float *logits = fv__plan_view(plan, plan->logits[s->part.options->score.output]).data;
  for (int64_t i = 0; i < count; i++) {
    const double score = fv__part_score(&s->part, logits, i);
    if (first + i == 0) {
      s->whole = score;
      continue;
    }
    fv_ablation *result = &s->results[first + i - 1];
    *result = (fv_ablation){.channel = channel_of(s, first + i - 1), .score = score, .effect = s->whole - score};
    find_top(result, &s->part, i);
  }
}

static fv_status check(const scan *s) {
  const fv_graph *graph = s->activations->model->core->graph;
  if (s->node < 1 || s->node > graph->node_count)
    return fail(FV_ERROR_INVALID, "the model has no node %" PRId32, s->node);
  const fv_shape *shape = &s->activations->shapes[s->node - 1];
  const int64_t channels = shape->rank ? shape->dims[shape->rank - 1] : 0;
  if (s->with != FV_OVERLAY_ZERO && s->with != FV_OVERLAY_MEAN)
    return fail(FV_ERROR_INVALID, "channels are switched off to zero or to their mean, not by change %d", (int)s->with);
  for (int64_t i = 0; i < s->count; i++)
    if (channel_of(s, i) < 0 || channel_of(s, i) >= channels)
      return fail(FV_ERROR_INVALID, "there are channels 0 to %" PRId64 ", not %" PRId64, channels - 1,
                  channel_of(s, i));
  if (shape->rank && !s->activations->values[s->node - 1])
    return fail(FV_ERROR_STATE, "the values of node %" PRId32 " were not kept", s->node);
  return FV_OK;
}

static fv_status measure(scan *s, const fv_explain_options *options, bool (*found)(void *context, int64_t done)) {
  TRY(check(s));
  TRY(make_part(s, options));
  const int64_t batch = fv_plan_input_shape(s->part.plan, 0).dims[0], variants = s->count + 1;
  s->part.of = (variants + batch - 1) / batch * fv_plan_step_count(s->part.plan);
  for (int64_t first = 0; first < variants; first += batch) {
    const int64_t count = variants - first < batch ? variants - first : batch;
    give_variants(s, first, count);
    TRY(fv__part_run(&s->part));
    read_variants(s, first, count);
    if (found && !found(options->context, first + count - 1))
      return fail(FV_ERROR_STOPPED, "stopped after %" PRId64 " of %" PRId64 " channels", first + count - 1, s->count);
  }
  return FV_OK;
}

fv_status fv_explain_ablations(fv_ablation *results, const fv_activations *activations, fv_value value,
                               const int64_t *channels, int64_t count, fv_overlay_kind with,
                               const fv_explain_options *options, bool (*found)(void *context, int64_t done)) {
  scan s = {.activations = activations,
            .node = value.node,
            .channels = channels,
            .count = count,
            .with = with,
            .results = results};
  const fv_status status = count > 0 ? measure(&s, options, found) : FV_OK;
  fv__part_end(&s.part);
  return status;
}
