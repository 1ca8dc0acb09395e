/* What a run left: lent from a plan, copied only where a value does not lie dense. */
#include <fovea/explain.h>

#include <stdlib.h>

#include "base/fail.h"
#include "graph/plan.h"
#include "model/model.h"

/* All in one piece: pointers, shapes, then copies of their own. */
typedef struct lent {
  float **copies; /* of each node, or NULL */
  const float **values;
  fv_shape *shapes;
  int32_t count;
} lent;

static void end(lent *l) {
  for (int32_t n = 0; l->copies && n < l->count; n++) free(l->copies[n]);
  free(l->copies);
  free(l->values);
  free(l->shapes);
  free(l);
}

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for what a run left"); }

static fv_status lend_one(lent *l, const fv_plan *plan, int32_t n) {
  const fv_value value = {n + 1, 0};
  l->shapes[n] = fv_plan_shape(plan, value);
  if (l->shapes[n].rank == 0 || plan->values[n] < 0) return FV_OK;
  const fv__view view = fv__plan_view(plan, plan->values[n]);
  if (!view.data) {
    l->shapes[n] = (fv_shape){0};
    return FV_OK;
  }
  if (fv__view_is_dense(&view)) {
    l->values[n] = view.data;
    return FV_OK;
  }
  int64_t elements;
  TRY(fv_shape_elements(&elements, &l->shapes[n]));
  l->copies[n] = calloc((size_t)elements, sizeof(float));
  if (!l->copies[n]) return no_memory();
  l->values[n] = l->copies[n];
  fv__view_read(&view, l->copies[n]);
  return FV_OK;
}

fv_status fv_activations_lend(fv_activations *activations, const fv_plan *plan, fv_model *model) {
  *activations = (fv_activations){.model = model};
  if (plan->mode != FV_PLAN_INSPECT || !plan->has_run)
    return fail(FV_ERROR_STATE, "explanations need a plan in inspect mode that has run to the end");
  if (plan->core != model->core) return fail(FV_ERROR_INVALID, "the plan is of another model");
  lent *l = calloc(1, sizeof *l);
  if (!l) return no_memory();
  l->count = plan->core->graph->node_count;
  l->copies = calloc((size_t)l->count, sizeof *l->copies);
  l->values = calloc((size_t)l->count, sizeof *l->values);
  l->shapes = calloc((size_t)l->count, sizeof *l->shapes);
  fv_status status = l->copies && l->values && l->shapes ? FV_OK : no_memory();
  for (int32_t n = 0; n < l->count && !status; n++) status = lend_one(l, plan, n);
  if (status) {
    end(l);
    return status;
  }
  *activations = (fv_activations){model, l->shapes, l->values, l};
  return FV_OK;
}

void fv_activations_destroy(fv_activations *activations) {
  if (activations && activations->owned) end(activations->owned);
  if (activations) *activations = (fv_activations){0};
}
