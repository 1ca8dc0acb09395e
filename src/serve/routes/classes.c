/* GET /models/{model}/classes: names of classes, searched. */
#include <string.h>

#include <fovea/labels.h>

#include "serve/want.h"

/* How well a name fits: 2 it begins with what is looked for, 1 a part of it does, 0 not. */
static int fit(const char *name, const char *wanted) {
  const size_t size = strlen(wanted);
  if (!strncasecmp(name, wanted, size)) return 2;
  return strcasestr(name, wanted) != NULL;
}

static void write_class(fv__writer *json, const fv_model *model, int32_t index) {
  const fv_label label = fv_model_label(model, index);
  fv__writer_begin(json, NULL, '{');
  fv__writer_whole(json, "c", index);
  fv__writer_text(json, "name", label.name[0] ? label.name : NULL);
  if (label.wnid[0]) fv__writer_text(json, "wnid", label.wnid);
  fv__writer_end(json);
}

static void list(fv__request *request, fv__answer *answer) {
  const char *wanted = fv__request_query(request, "q");
  int64_t limit;
  if (!fv__want_whole(request, answer, "limit", 1, 100000, 50, &limit)) return;
  fv__shown *shown = fv__want_model(request, answer, 0);
  if (!shown) return;
  const fv_shape output = fv_model_output_shape(shown->model, 0);
  const int32_t labels = fv_model_label_count(shown->model);
  const int64_t classes = output.rank == 2 && output.dims[1] > 0 ? output.dims[1] : labels;
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_whole(&json, "total", classes);
  fv__writer_bool(&json, "named", labels > 0);
  fv__writer_begin(&json, "classes", '[');
  for (int best = wanted && wanted[0] ? 2 : 0; best >= 0 && limit > 0; best--) {
    for (int32_t i = 0; i < classes && limit > 0; i++) {
      const int found = wanted && wanted[0] ? fit(fv_model_label(shown->model, i).name, wanted) : 0;
      if (found != best || (wanted && wanted[0] && !found)) continue;
      write_class(&json, shown->model, i);
      limit--;
    }
  }
  fv__writer_end(&json);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  fv__shown_leave(shown);
}

static const fv__route routes[] = {
    {.method = "GET", .path = "/api/v1/models/{model}/classes", .slow = true, .is_constant = true, .handle = list},
    {0}};

const fv__route_family fv__routes_classes = {.routes = routes};
