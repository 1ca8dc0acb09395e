/* The answer of a run: the likeliest classes, and the whole output. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/labels.h>

#include "serve/fmap.h"
#include "serve/want.h"

/* The scores of all classes: numbers as the model gives them, and logits where they are known. Lent by the run. */
typedef struct scores {
  int64_t count;
  const float *numbers, *logits;
  fv_score_kind kind;
} scores;

/* False: the model is no classifier, which the answer says. */
static bool read_scores(scores *s, const fv__run *run, fv__answer *answer) {
  const fv_shape *shape = &run->output.shape;
  *s = (scores){shape->rank == 2 ? shape->dims[1] : 0, run->output.data, run->logits, run->shown->scores};
  if (s->count > 0) return true;
  fv__answer_problem(answer, 422, "shape_mismatch", NULL, "the model's output is no list of classes");
  return false;
}

/* Everything one list of classes is made from. */
typedef struct ranking {
  scores scores;
  float *values;  /* what is ranked: probabilities at the temperature, or the numbers as they are */
  int32_t *order; /* classes, the largest first, ties by number */
  double temperature;
} ranking;

static int by_value(const void *a, const void *b, void *context) {
  const float *values = context;
  const int32_t one = *(const int32_t *)a, other = *(const int32_t *)b;
  const float x = isnan(values[one]) ? -INFINITY : values[one];
  const float y = isnan(values[other]) ? -INFINITY : values[other];
  if (x != y) return x < y ? 1 : -1;
  return one < other ? -1 : one > other;
}

/* softmax(logits / t) in double. */
static void soften(float *values, const float *logits, int64_t count, double t) {
  double largest = -INFINITY, sum = 0;
  for (int64_t i = 0; i < count; i++) largest = fmax(largest, logits[i] / t);
  for (int64_t i = 0; i < count; i++) sum += exp(logits[i] / t - largest);
  for (int64_t i = 0; i < count; i++) values[i] = (float)(exp(logits[i] / t - largest) / sum);
}

static bool rank(ranking *r, double temperature) {
  const int64_t count = r->scores.count;
  r->values = malloc((size_t)count * sizeof *r->values + 1);
  r->order = malloc((size_t)count * sizeof *r->order + 1);
  if (!r->values || !r->order) return false;
  r->temperature = r->scores.kind == FV_SCORE_PROBABILITY && r->scores.logits ? temperature : 1;
  if (r->temperature != 1)
    soften(r->values, r->scores.logits, count, r->temperature);
  else
    memcpy(r->values, r->scores.numbers, (size_t)count * sizeof *r->values);
  for (int32_t i = 0; i < count; i++) r->order[i] = i;
  qsort_r(r->order, (size_t)count, sizeof *r->order, by_value, r->values);
  return true;
}

static void end_ranking(ranking *r) {
  free(r->values);
  free(r->order);
}

/* ---- writing */

static double entropy_bits(const ranking *r) {
  double bits = 0;
  if (r->scores.kind != FV_SCORE_PROBABILITY) return NAN;
  for (int64_t i = 0; i < r->scores.count; i++)
    if (r->values[i] > 0) bits -= r->values[i] * log2(r->values[i]);
  return bits;
}

static void write_class(fv__writer *json, const ranking *r, const fv_model *model, int32_t c, const ranking *versus) {
  const fv_label label = fv_model_label(model, c);
  fv__writer_begin(json, NULL, '{');
  fv__writer_whole(json, "c", c);
  fv__writer_text(json, "name", label.name[0] ? label.name : NULL);
  fv__writer_number(json, "p", r->values[c]);
  fv__writer_number(json, "logit", r->scores.logits ? r->scores.logits[c] : NAN);
  if (versus) fv__writer_number(json, "delta", (double)r->values[c] - (double)versus->values[c]);
  fv__writer_end(json);
}

static void write_top(fv__answer *answer, const ranking *r, const fv__run *run, int64_t k, const ranking *versus) {
  static const char *const spaces[] = {"plain", "softmax", "sigmoid"};
  const fv_model *model = run->shown->model;
  const int64_t count = r->scores.count;
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "run", run->id);
  fv__writer_text(&json, "space", spaces[r->scores.kind]);
  fv__writer_number(&json, "t", r->temperature);
  fv__writer_whole(&json, "classes", count);
  fv__writer_number(&json, "entropy_bits", entropy_bits(r));
  fv__writer_number(&json, "margin", count > 1 ? (double)r->values[r->order[0]] - (double)r->values[r->order[1]] : NAN);
  fv__writer_begin(&json, "top", '[');
  for (int64_t i = 0; i < count && i < k; i++) write_class(&json, r, model, r->order[i], versus);
  fv__writer_end(&json);
  fv__writer_bool(&json, "unknown_labels", fv_model_label_count(model) == 0);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
}

/* The run that "vs" names, ranked in the same way. False: the answer is there already. */
static bool want_versus(fv__request *request, fv__answer *answer, const fv__run *run, ranking *versus, double t) {
  bool evicted;
  const char *id = fv__request_query(request, "vs");
  fv__run *other = fv__runs_find(request->server->runs, id, &evicted);
  const bool fits = other && other->shown == run->shown && atomic_load(&other->state) == FV__RUN_DONE &&
                    read_scores(&versus->scores, other, answer) && rank(versus, t);
  if (!fits) fv__answer_bad(answer, "vs", "expected a run of the same model that is done, found %s", id);
  fv__run_leave(other);
  return fits;
}

static void top(fv__request *request, fv__answer *answer) {
  int64_t k;
  double t;
  ranking r = {0}, versus = {0};
  if (!fv__want_whole(request, answer, "k", 1, 100000, 5, &k) ||
      !fv__want_number(request, answer, "t", 0.01, 100, 1, &t))
    return;
  fv__run *run = fv__want_run(request, answer, 0);
  if (!run) return;
  const bool compares = fv__request_query(request, "vs") != NULL;
  if (!read_scores(&r.scores, run, answer)) {
    fv__run_leave(run);
    return;
  }
  if (!rank(&r, t))
    fv__answer_problem(answer, 503, "busy", NULL, "no memory for a list of classes");
  else if (!compares || want_versus(request, answer, run, &versus, t))
    write_top(answer, &r, run, k, compares ? &versus : NULL);
  end_ranking(&r);
  end_ranking(&versus);
  fv__run_leave(run);
}

static void output(fv__request *request, fv__answer *answer) {
  static const char *const spaces[] = {"prob", "logit", NULL};
  int space;
  if (!fv__want_word(request, answer, "space", spaces, &space)) return;
  fv__run *run = fv__want_run(request, answer, 0);
  if (!run) return;
  if (space == 1 && !run->logits) {
    fv__answer_bad(answer, "space", "expected a model whose logits can be known");
  } else {
    const fv_channel_maps maps = fv_channel_maps_of(space == 1 ? run->logits : run->output.data, &run->output.shape);
    fv__fmap_view view = {.type = FV_PLANE_F32, .count = maps.channels, .run = run->hash};
    fv__fmap_answer(answer, &maps, &view);
  }
  fv__run_leave(run);
}

static const fv__route routes[] = {
    {.method = "GET", .path = "/api/v1/runs/{run}/top", .slow = true, .is_constant = true, .handle = top},
    {.method = "GET", .path = "/api/v1/runs/{run}/output", .slow = true, .is_constant = true, .handle = output},
    {0}};

const fv__route_family fv__routes_answers = {.routes = routes};
