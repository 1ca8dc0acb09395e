/* Models, runs, layers and numbers out of addresses. */
#include "serve/want.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fv__shown *fv__want_model(fv__request *request, fv__answer *answer, int capture) {
  fv__shown *shown = fv__gallery_find(request->server->gallery, request->captures[capture]);
  if (!shown)
    fv__answer_problem(answer, 404, "no_model", "GET /api/v1/models lists what there is", "there is no model %s",
                       request->captures[capture]);
  return shown;
}

fv__run *fv__want_run(fv__request *request, fv__answer *answer, int capture) {
  bool evicted;
  const char *id = request->captures[capture];
  fv__run *run = fv__runs_find(request->server->runs, id, &evicted);
  if (!run && evicted) {
    fv__answer_problem(answer, 410, "evicted", "POST /api/v1/runs computes it again", "run %s was given up", id);
  } else if (!run) {
    fv__answer_problem(answer, 404, "not_found", "POST /api/v1/runs makes one", "there is no run %s", id);
  } else if (atomic_load(&run->state) != FV__RUN_DONE) {
    if (atomic_load(&run->state) == FV__RUN_FAILED)
      fv__answer_problem(answer, 409, "failed", NULL, "%s", run->message);
    else
      fv__answer_problem(answer, 409, "not_now", "wait for the event run.done", "run %s is being computed", id);
    fv__run_leave(run);
    run = NULL;
  }
  return run;
}

int32_t fv__want_layer(fv__request *request, fv__answer *answer, int capture, const fv__shown *shown) {
  const int32_t layer = fv__shown_layer(shown, request->captures[capture]);
  for (int32_t i = 0; layer < 0 && i < fv_model_flaw_count(shown->model); i++) {
    const fv_flaw flaw = fv_model_flaw(shown->model, i);
    if (!flaw.kind || strcmp(flaw.layer, request->captures[capture]) != 0) continue;
    fv__answer_flaw(answer, &flaw);
    return -1;
  }
  if (layer < 0)
    fv__answer_problem(answer, 404, "not_found", NULL, "%s has no layer %s", shown->name, request->captures[capture]);
  return layer;
}

bool fv__want_number(fv__request *request, fv__answer *answer, const char *key, double low, double high,
                     double otherwise, double *number) {
  const char *text = fv__request_query(request, key);
  char *end;
  *number = otherwise;
  if (!text) return true;
  *number = strtod(text, &end);
  if (end != text && !*end && isfinite(*number) && *number >= low && *number <= high) return true;
  fv__answer_bad(answer, key, "expected %s from %g to %g, found %s", key, low, high, text);
  return false;
}

bool fv__want_whole(fv__request *request, fv__answer *answer, const char *key, int64_t low, int64_t high,
                    int64_t otherwise, int64_t *number) {
  double value;
  if (!fv__want_number(request, answer, key, (double)low, (double)high, (double)otherwise, &value)) return false;
  *number = (int64_t)value;
  if ((double)*number == value) return true;
  fv__answer_bad(answer, key, "expected a whole number, found %s", fv__request_query(request, key));
  return false;
}

bool fv__want_word(fv__request *request, fv__answer *answer, const char *key, const char *const *words, int *index) {
  const char *text = fv__request_query(request, key);
  char list[200] = "";
  *index = 0;
  if (!text) return true;
  for (int i = 0; words[i]; i++) {
    *index = i;
    if (!strcmp(words[i], text)) return true;
    const size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
  }
  fv__answer_bad(answer, key, "expected one of %s, found %s", list, text);
  return false;
}

bool fv__want_range(fv__request *request, fv__answer *answer, const char *key, int64_t count, int64_t *first,
                    int64_t *size) {
  const char *text = fv__request_query(request, key);
  *first = 0;
  *size = count;
  if (!text) return true;
  char *end, *rest;
  const long long from = strtoll(text, &end, 10);
  const long long to = *end == '-' ? strtoll(end + 1, &rest, 10) : from;
  if (*end != '-') rest = end;
  if (end != text && !*rest && from >= 0 && to >= from && to < count) {
    *first = from;
    *size = to - from + 1;
    return true;
  }
  fv__answer_bad(answer, key, "expected a-b within 0-%lld, found %s", (long long)count - 1, text);
  return false;
}
