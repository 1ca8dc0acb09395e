/* GET /models/{model}/layers: all layers at once. The page asks for them once and then shows any of them without asking
 * again; one alone is under /layers/{layer}. */
#include <fovea/model.h>

#include "serve/describe.h"
#include "serve/route.h"
#include "serve/want.h"

static void show(fv__request *request, fv__answer *answer) {
  fv__shown *shown = fv__want_model(request, answer, 0);
  if (!shown) return;
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "model", shown->id);
  fv__writer_begin(&json, "layers", '[');
  for (int32_t i = 0; i < fv_model_layer_count(shown->model); i++) fv__describe_layer(&json, shown, i);
  fv__writer_end(&json);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
  fv__shown_leave(shown);
}

static const fv__route routes[] = {
    {.method = "GET", .path = "/api/v1/models/{model}/layers", .slow = true, .is_constant = true, .handle = show}, {0}};

const fv__route_family fv__routes_layers = {.routes = routes};
