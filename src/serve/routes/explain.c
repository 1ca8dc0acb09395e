/* Why: heat of a layer for a class, what channels add to its score, and measuring that by switching them off. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/connections.h"
#include "serve/fmap.h"
#include "serve/insight.h"
#include "serve/want.h"

enum { ADDRESS_SIZE = 2048 };

static int64_t classes_of(const fv__run *run) {
  const fv_shape *shape = &run->output.shape;
  return shape->rank ? shape->dims[shape->rank - 1] : 0;
}

/* ---- what is asked, from a query or a body */

static bool want_classes(fv__request *request, fv__answer *answer, fv__question *q) {
  int64_t against;
  const int64_t classes = classes_of(q->run);
  if (!fv__want_whole(request, answer, "target", 0, classes - 1, 0, &q->score.index) ||
      !fv__want_whole(request, answer, "against", -1, classes - 1, -1, &against))
    return false;
  q->score.is_against = against >= 0;
  q->score.against = against >= 0 ? against : 0;
  return true;
}

/* A class of the body; `otherwise` when it is not there. False: the answer is 422. */
static bool read_class(fv__answer *answer, const json_t *body, const char *key, int64_t classes, int64_t *index) {
  const json_t *field = json_object_get(body, key);
  *index = -1;
  if (!field || json_is_null(field)) return true;
  *index = json_is_integer(field) ? json_integer_value(field) : -1;
  if (*index >= 0 && *index < classes) return true;
  fv__answer_bad(answer, key, "expected a class from 0 to %lld", (long long)classes - 1);
  return false;
}

static int64_t likeliest(const fv__run *run) {
  int64_t best = 0;
  for (int64_t c = 1; c < classes_of(run); c++)
    if (run->output.data[c] > run->output.data[best]) best = c;
  return best;
}

static bool read_classes(fv__answer *answer, const json_t *body, fv__question *q) {
  const int64_t classes = classes_of(q->run);
  if (!read_class(answer, body, "target", classes, &q->score.index) ||
      !read_class(answer, body, "against", classes, &q->score.against))
    return false;
  if (q->score.index < 0) q->score.index = likeliest(q->run);
  q->score.is_against = q->score.against >= 0;
  if (!q->score.is_against) q->score.against = 0;
  return true;
}

/* A layer by name, or "auto": the last that is a stage of the model. */
static bool read_layer(fv__answer *answer, const json_t *body, fv__question *q) {
  const fv__shown *shown = q->run->shown;
  const char *name = json_string_value(json_object_get(body, "layer"));
  fv_value stages[FV_STAGES];
  const int32_t count = fv_model_stages(stages, FV_STAGES, shown->model);
  if (name && strcmp(name, "auto") != 0) {
    q->layer = fv__shown_layer(shown, name);
    if (q->layer < 0) fv__answer_problem(answer, 404, "not_found", NULL, "%s has no layer %s", shown->name, name);
    return q->layer >= 0;
  }
  if (count == 0) {
    fv__answer_problem(answer, 422, "shape_mismatch", NULL, "no layer of %s makes an image: there is no place for heat",
                       shown->name);
    return false;
  }
  q->layer = fv_model_node(shown->model, stages[count - 1].node).layer;
  return true;
}

static const char *const methods[] = {"gradcam", "hirescam", NULL};

static bool read_method(fv__answer *answer, const json_t *body, fv__question *q) {
  const char *word = json_string_value(json_object_get(body, "method"));
  for (int i = 0; methods[i]; i++)
    if (!word || !strcmp(word, methods[i])) {
      q->heat = i ? FV_HEAT_HIRES : FV_HEAT_GRADCAM;
      return true;
    }
  fv__answer_bad(answer, "method", "expected gradcam or hirescam, found %s", word);
  return false;
}

/* ---- heat */

/* Where the heat can be fetched. */
static void write_address(char address[ADDRESS_SIZE], const fv__question *q) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  const char *name = fv_model_layer(q->run->shown->model, q->layer).name;
  int used = snprintf(address, ADDRESS_SIZE, "/api/v1/runs/%s/heat/", q->run->id);
  for (; *name && used < ADDRESS_SIZE - 128; name++)
    used += snprintf(address + used, ADDRESS_SIZE - (size_t)used, strchr(plain, *name) ? "%c" : "%%%02X",
                     (unsigned)(uint8_t)*name);
  used += snprintf(address + used, ADDRESS_SIZE - (size_t)used, "?method=%s&target=%lld",
                   methods[q->heat == FV_HEAT_HIRES], (long long)q->score.index);
  if (q->score.is_against)
    snprintf(address + used, ADDRESS_SIZE - (size_t)used, "&against=%lld", (long long)q->score.against);
}

static void tell_heat(fv__answer *answer, const fv__question *q) {
  const int64_t start = fv__milliseconds();
  float *heat, largest = 0;
  fv_pair extent;
  const fv_status status = fv__insight_heat(&heat, &extent, q);
  if (status) {
    fv__answer_failure(answer, status, NULL);
    return;
  }
  for (int64_t i = 0; i < (int64_t)extent.height * extent.width; i++) largest = fmaxf(largest, heat[i]);
  free(heat);
  char address[ADDRESS_SIZE];
  write_address(address, q);
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "state", "done");
  fv__writer_text(&json, "method", methods[q->heat == FV_HEAT_HIRES]);
  fv__writer_text(&json, "layer", fv_model_layer(q->run->shown->model, q->layer).name);
  fv__writer_whole(&json, "target", q->score.index);
  if (q->score.is_against) fv__writer_whole(&json, "against", q->score.against);
  fv__writer_text(&json, "heat", address);
  fv__writer_begin(&json, "range", '[');
  fv__writer_number(&json, NULL, 0);
  fv__writer_number(&json, NULL, (double)largest);
  fv__writer_end(&json);
  fv__writer_whole(&json, "cost_ms", fv__milliseconds() - start);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
}

static void explain(fv__request *request, fv__answer *answer) {
  json_error_t error;
  fv__run *run = fv__want_run(request, answer, 0);
  json_t *body =
      run ? json_loadb((const char *)request->body, request->body_size, JSON_REJECT_DUPLICATES, &error) : NULL;
  fv__question q = {.server = request->server, .run = run};
  if (run && !json_is_object(body))
    fv__answer_bad(answer, "body", "expected {\"method\": \"gradcam\", \"target\": CLASS, \"layer\": \"auto\"}");
  else if (run && read_method(answer, body, &q) && read_classes(answer, body, &q) && read_layer(answer, body, &q))
    tell_heat(answer, &q);
  json_decref(body);
  fv__run_leave(run);
}

/* The heat itself: one plane of numbers as they are. */
static void heat(fv__request *request, fv__answer *answer) {
  fv__run *run = fv__want_run(request, answer, 0);
  if (!run) return;
  fv__question q = {.server = request->server, .run = run, .layer = fv__want_layer(request, answer, 1, run->shown)};
  int method;
  float *numbers = NULL;
  fv_pair extent;
  if (q.layer >= 0 && fv__want_word(request, answer, "method", methods, &method) && want_classes(request, answer, &q)) {
    q.heat = method ? FV_HEAT_HIRES : FV_HEAT_GRADCAM;
    const fv_status status = fv__insight_heat(&numbers, &extent, &q);
    const fv_channel_maps maps = {numbers, extent.height, extent.width, 1};
    const fv__fmap_view view = {.count = 1, .type = FV_PLANE_F32, .run = run->hash};
    if (status)
      fv__answer_failure(answer, status, NULL);
    else
      fv__fmap_answer(answer, &maps, &view);
  }
  free(numbers);
  fv__run_leave(run);
}

/* ---- channels */

static void write_target(fv__writer *json, const fv_score *score) {
  char text[96];
  snprintf(text, sizeof text, score->is_against ? "logit[%lld]-logit[%lld]" : "logit[%lld]", (long long)score->index,
           (long long)score->against);
  fv__writer_text(json, "target", text);
}

static void write_channel(fv__writer *json, int64_t c, float estimate, const float *measured,
                          const fv_channel_statistics *s) {
  fv__writer_begin(json, NULL, '{');
  fv__writer_whole(json, "c", c);
  fv__writer_number(json, "est", (double)estimate);
  if (measured && !isnan(measured[c]))
    fv__writer_number(json, "measured", (double)measured[c]);
  else
    fv__writer_null(json, "measured");
  fv__writer_number(json, "max", (double)s->max);
  fv__writer_number(json, "zero", (double)s->zero_share);
  fv__writer_begin(json, "at", '[');
  fv__writer_whole(json, NULL, s->row);
  fv__writer_whole(json, NULL, s->column);
  fv__writer_end(json);
  fv__writer_end(json);
}

static void write_channels(fv__answer *answer, const fv__question *q, const float *estimates, const fv__value *value) {
  const fv_channel_maps maps = fv_channel_maps_of(value->numbers, &value->shape);
  fv_channel_statistics *statistics = calloc((size_t)maps.channels + 1, sizeof *statistics);
  float *measured = fv__insight_measured(q, maps.channels);
  double sum = 0;
  fv__writer json = {.failed = !statistics};
  if (statistics) fv_channel_maps_measure(statistics, &maps, NULL);
  fv__writer_begin(&json, NULL, '{');
  write_target(&json, &q->score);
  fv__writer_text(&json, "method", "grad*act");
  fv__writer_bool(&json, "exact", false);
  fv__writer_begin(&json, "channels", '[');
  for (int64_t c = 0; statistics && c < maps.channels; c++) {
    write_channel(&json, c, estimates[c], measured, &statistics[c]);
    sum += (double)estimates[c];
  }
  fv__writer_end(&json);
  fv__writer_number(&json, "sum_est", sum);
  fv__writer_number(&json, "actual_difference", fv__insight_score(q));
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  free(measured);
  free(statistics);
}

static void channels(fv__request *request, fv__answer *answer) {
  fv__run *run = fv__want_run(request, answer, 0);
  if (!run) return;
  fv__question q = {.server = request->server, .run = run, .layer = fv__want_layer(request, answer, 1, run->shown)};
  float *estimates = NULL;
  fv__value value = {0};
  if (q.layer >= 0 && want_classes(request, answer, &q)) {
    fv_status status = fv__insight_estimates(&estimates, &q);
    if (!status) status = fv__run_value(&value, run, fv__shown_value(run->shown, q.layer).node);
    if (status)
      fv__answer_failure(answer, status, NULL);
    else
      write_channels(answer, &q, estimates, &value);
  }
  free(value.owned);
  free(estimates);
  fv__run_leave(run);
}

/* ---- measuring */

/* The channels of the body, all of them when it names none; to be freed. NULL: the answer is 422. */
static int64_t *read_channels(fv__answer *answer, const json_t *body, const fv__question *q, int64_t *count) {
  const json_t *list = json_object_get(body, "channels");
  const int64_t channels = fv__insight_channels(q);
  *count = json_is_array(list) ? (int64_t)json_array_size(list) : channels;
  int64_t *numbers = *count > 0 && *count <= channels ? calloc((size_t)*count, sizeof *numbers) : NULL;
  for (int64_t i = 0; numbers && i < *count; i++) {
    const json_t *item = json_array_get(list, (size_t)i);
    numbers[i] = json_is_array(list) ? (json_is_integer(item) ? json_integer_value(item) : -1) : i;
    if (numbers[i] >= 0 && numbers[i] < channels) continue;
    free(numbers);
    numbers = NULL;
  }
  if (!numbers) fv__answer_bad(answer, "channels", "expected up to %lld channels from 0 on", (long long)channels);
  return numbers;
}

static void start_measuring(fv__answer *answer, const fv__question *q, const int64_t *channels, int64_t count) {
  char job[FV__ID_SIZE];
  if (!fv__insight_measure(q, channels, count, job)) {
    fv__answer_problem(answer, 503, "busy", NULL, "too much waits to be computed");
    return;
  }
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "job", job);
  fv__writer_text(&json, "state", "waiting");
  fv__writer_whole(&json, "done", 0);
  fv__writer_whole(&json, "of", count);
  fv__writer_end(&json);
  fv__answer_json(answer, 202, &json);
}

static void measure(fv__request *request, fv__answer *answer) {
  json_error_t error;
  int64_t count;
  fv__run *run = fv__want_run(request, answer, 0);
  json_t *body =
      run ? json_loadb((const char *)request->body, request->body_size, JSON_REJECT_DUPLICATES, &error) : NULL;
  fv__question q = {.server = request->server, .run = run};
  int64_t *list = NULL;
  if (run && !json_is_object(body))
    fv__answer_bad(answer, "body", "expected {\"layer\": NAME, \"target\": CLASS, \"channels\": [...]}");
  else if (run && read_classes(answer, body, &q) && read_layer(answer, body, &q))
    list = read_channels(answer, body, &q, &count);
  if (list) start_measuring(answer, &q, list, count);
  free(list);
  json_decref(body);
  fv__run_leave(run);
}

static const fv__route routes[] = {
    {.method = "POST",
     .path = "/api/v1/runs/{run}/explain",
     .takes = "application/json",
     .slow = true,
     .handle = explain},
    {.method = "GET", .path = "/api/v1/runs/{run}/heat/{layer}", .slow = true, .is_constant = true, .handle = heat},
    {.method = "GET", .path = "/api/v1/runs/{run}/channels/{layer}", .slow = true, .handle = channels},
    {.method = "POST",
     .path = "/api/v1/runs/{run}/ablate-scan",
     .takes = "application/json",
     .slow = true,
     .handle = measure},
    {0}};

const fv__route_family fv__routes_explain = {.routes = routes};
