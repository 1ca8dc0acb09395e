/* Parts of models: which nodes lie behind some, what these read from before, and running there and back. */
#include "explain/part.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for an explanation"); }

static const fv_graph *graph_of(const fv_activations *activations) { return activations->model->core->graph; }

static const char *name_of(const fv_activations *activations, int32_t node) {
  const fv_graph *graph = graph_of(activations);
  return graph->layers[graph->nodes[node - 1].layer - 1].name;
}

fv_status fv__part_check(const fv_activations *activations, const fv_explain_options *options) {
  const fv_graph *graph = graph_of(activations);
  const fv_score *score = &options->score;
  if (score->output < 0 || score->output >= graph->output_count)
    return fail(FV_ERROR_INVALID, "the model has outputs 0 to %" PRId32 ", not %" PRId32, graph->output_count - 1,
                score->output);
  const fv_shape *shape = &activations->shapes[graph->outputs[score->output].node - 1];
  const int64_t classes = shape->rank ? shape->dims[shape->rank - 1] : 0;
  const int64_t asked[] = {score->index, score->is_against ? score->against : 0};
  for (int i = 0; i < 2; i++)
    if (asked[i] < 0 || asked[i] >= classes)
      return fail(FV_ERROR_INVALID, "the output has classes 0 to %" PRId64 ", not %" PRId64, classes - 1, asked[i]);
  if (options->overlay && fv__overlay_model(options->overlay) != activations->model)
    return fail(FV_ERROR_INVALID, "the overlay is of another model");
  return FV_OK;
}

/* ---- changes on the way back: a layer's gradient may be made of its result, which is the one before the change */

typedef struct fv__undo {
  fv__change change;
  fv_plan *const *plan;
  float *before; /* the value as the layer made it */
} fv__undo;

static void change_and_remember(void *context, const fv__view *value) {
  const fv__undo *undo = context;
  fv__view_read(value, undo->before);
  undo->change.change(undo->change.context, value);
}

static void restore_and_go_back(void *context, const fv__view *gradient) {
  const fv__undo *undo = context;
  const fv_shape shape = fv_plan_shape(*undo->plan, (fv_value){undo->change.node, 0});
  int64_t elements;
  if (fv_shape_elements(&elements, &shape)) return; /* of a value that is there: never */
  for (int64_t image = 0; image < shape.dims[0]; image++)
    fv__plan_give(*undo->plan, undo->change.node, image, undo->before + image * (elements / shape.dims[0]));
  undo->change.back(undo->change.context, gradient);
}

static fv_status remember_changes(fv__part *part) {
  if (part->change_count == 0) return FV_OK;
  part->undo = calloc((size_t)part->change_count, sizeof *part->undo);
  if (!part->undo) return no_memory();
  for (int32_t i = 0; i < part->change_count; i++) {
    int64_t elements;
    fv__undo *undo = &part->undo[i];
    *undo = (fv__undo){part->changes[i], &part->plan, NULL};
    const fv_shape shape = fv_plan_shape(part->plan, (fv_value){undo->change.node, 0});
    TRY(fv_shape_elements(&elements, &shape));
    undo->before = calloc((size_t)elements, sizeof *undo->before);
    if (!undo->before) return no_memory();
    part->changes[i] = (fv__change){undo->change.node, change_and_remember, restore_and_go_back, undo};
  }
  return FV_OK;
}

/* ---- which nodes */

/* Marks what depends on a marked node. */
static void mark_behind(bool *behind, const fv_graph *graph, const int32_t *nodes, int32_t count) {
  for (int32_t n = 0; n < graph->node_count; n++) {
    const fv__node *node = &graph->nodes[n];
    for (int32_t i = 0; node->used && i < node->input_count && !behind[n]; i++) {
      const int32_t from = node->inputs[i].node;
      behind[n] = behind[from - 1];
      for (int32_t k = 0; k < count; k++) behind[n] = behind[n] || nodes[k] == from;
    }
  }
}

static void add_given(fv__part *part, const fv_graph *graph, int32_t node) {
  if (graph->nodes[node - 1].input_count == 0) return; /* an input is given anyway */
  for (int32_t i = 0; i < part->given_count; i++)
    if (part->given[i] == node) return;
  part->given[part->given_count++] = node;
}

/* What the part is given: those of `nodes` that lie behind none, and what it reads from before. */
static void list_given(fv__part *part, const fv_graph *graph, const bool *behind, const int32_t *nodes, int32_t count) {
  for (int32_t k = 0; k < count; k++)
    if (!behind[nodes[k] - 1]) add_given(part, graph, nodes[k]);
  for (int32_t n = 0; n < graph->node_count; n++)
    for (int32_t i = 0; behind[n] && i < graph->nodes[n].input_count; i++)
      if (!behind[graph->nodes[n].inputs[i].node - 1]) add_given(part, graph, graph->nodes[n].inputs[i].node);
}

/* The overlay's changes behind the nodes: those before are in the values already. */
static fv_status list_changes(fv__part *part, const bool *behind) {
  TRY(fv__overlay_changes(&part->changes, &part->change_count, part->options->overlay));
  int32_t kept = 0;
  for (int32_t i = 0; i < part->change_count; i++)
    if (behind[part->changes[i].node - 1]) part->changes[kept++] = part->changes[i];
  part->change_count = kept;
  return FV_OK;
}

static fv_status choose(fv__part *part, const fv_activations *activations, const int32_t *nodes, int32_t count) {
  const fv_graph *graph = graph_of(activations);
  for (int32_t k = 0; k < count; k++)
    if (nodes[k] < 1 || nodes[k] > graph->node_count || activations->shapes[nodes[k] - 1].rank == 0)
      return fail(FV_ERROR_STATE, "node %" PRId32 " is nothing that an output depends on", nodes[k]);
  bool *behind = calloc((size_t)graph->node_count, sizeof *behind);
  part->given = calloc((size_t)graph->node_count, sizeof *part->given);
  fv_status status = behind && part->given ? FV_OK : no_memory();
  if (!status) {
    mark_behind(behind, graph, nodes, count);
    list_given(part, graph, behind, nodes, count);
    status = list_changes(part, behind);
  }
  free(behind);
  return status;
}

/* ---- the plan */

/* A model may fix how many pictures there are; the same picture is then given several times. */
static void input_shapes(fv_shape *shapes, const fv_activations *activations, int32_t batch) {
  const fv_graph *graph = graph_of(activations);
  for (int32_t i = 0; i < graph->input_count; i++) {
    const int64_t fixed = graph->nodes[graph->inputs[i].node - 1].output.dims[0];
    shapes[i] = activations->shapes[graph->inputs[i].node - 1];
    shapes[i].dims[0] = fixed > 0 ? fixed : batch;
  }
}

/* The nodes asked for, and those that are changed. */
static fv_status list_wanted(int32_t **wanted, int32_t *wanted_count, const fv__part *part, const int32_t *nodes,
                             int32_t count) {
  *wanted = calloc((size_t)(count + part->change_count) + 1, sizeof **wanted);
  if (!*wanted) return no_memory();
  if (count) memcpy(*wanted, nodes, (size_t)count * sizeof **wanted);
  for (int32_t i = 0; i < part->change_count; i++) (*wanted)[count + i] = part->changes[i].node;
  *wanted_count = count + part->change_count;
  return FV_OK;
}

static fv_status make_back(fv__part *part, const fv_activations *activations, const int32_t *nodes, int32_t count) {
  const fv_graph *graph = graph_of(activations);
  fv_shape *shapes = calloc((size_t)graph->input_count, sizeof *shapes);
  fv__joined *join = calloc((size_t)graph->output_count, sizeof *join);
  int32_t *wanted = NULL, wanted_count = 0;
  fv_status status = shapes && join ? list_wanted(&wanted, &wanted_count, part, nodes, count) : no_memory();
  if (!status) {
    input_shapes(shapes, activations, 1);
    for (int32_t i = 0; i < graph->output_count; i++) join[i] = FV__JOINED_ANY;
    const fv__section section = {.given = part->given, .given_count = part->given_count};
    const fv__training_options training = {
        .join = join, .at_inference = true, .wanted = wanted, .wanted_count = wanted_count, .section = &section};
    const fv_plan_options options = {
        .input_shapes = shapes, .threads = part->options->threads, .memory_limit = part->options->memory_limit};
    status = fv__plan_create_training(&part->plan, activations->model->core, &options, &training);
  }
  free(wanted);
  free(join);
  free(shapes);
  return status;
}

static fv_status make_variants(fv__part *part, const fv_activations *activations, int32_t batch) {
  const fv_graph *graph = graph_of(activations);
  fv_shape *shapes = calloc((size_t)graph->input_count, sizeof *shapes);
  int32_t *kept = NULL, kept_count = 0;
  fv_status status = shapes ? list_wanted(&kept, &kept_count, part, NULL, 0) : no_memory();
  if (!status) {
    input_shapes(shapes, activations, batch);
    const fv__section section = {part->given, part->given_count, kept, kept_count};
    /* A value is changed when it is there as a whole. */
    const fv_plan_options options = {.input_shapes = shapes,
                                     .threads = part->options->threads,
                                     .memory_limit = part->options->memory_limit,
                                     .without = kept_count ? "slice-batch,run-by-rows" : NULL};
    status = fv__plan_create_section(&part->plan, activations->model->core, &options, &section);
  }
  free(kept);
  free(shapes);
  return status;
}

/* Whether anything in the part reads the value. */
static bool is_read(const fv_plan *plan, int32_t node) {
  const fv__program *program = &plan->program;
  const int32_t root = fv__program_root(program, plan->values[node - 1]);
  for (int32_t i = 0; i < program->op_count; i++) {
    const fv__op *op = &program->ops[i].op;
    const int32_t read[] = {op->inputs[0], op->inputs[1], op->residual};
    for (int k = 0; k < 3; k++)
      if (read[k] >= 0 && fv__program_root(program, read[k]) == root) return true;
  }
  return false;
}

static fv_status give(const fv__part *part, const fv_activations *activations, int32_t node) {
  if (!is_read(part->plan, node)) return FV_OK;
  const float *numbers = activations->values[node - 1];
  if (!numbers) return fail(FV_ERROR_STATE, "the values of '%s' were not kept", name_of(activations, node));
  const int64_t images = fv__plan_view(part->plan, part->plan->values[node - 1]).n;
  for (int64_t image = 0; image < images; image++) fv__plan_give(part->plan, node, image, numbers);
  return FV_OK;
}

/* Gives all but `except`; inputs too. */
static fv_status give_all(const fv__part *part, const fv_activations *activations, int32_t except) {
  const fv_graph *graph = graph_of(activations);
  for (int32_t i = 0; i < part->given_count; i++)
    if (part->given[i] != except) TRY(give(part, activations, part->given[i]));
  for (int32_t i = 0; i < graph->input_count; i++)
    if (graph->inputs[i].node != except) TRY(give(part, activations, graph->inputs[i].node));
  return FV_OK;
}

fv_status fv__part_back(fv__part *part, const fv_activations *activations, const int32_t *nodes, int32_t count,
                        const fv_explain_options *options) {
  *part = (fv__part){.options = options};
  TRY(fv__part_check(activations, options));
  TRY(choose(part, activations, nodes, count));
  part->name = name_of(activations, nodes[0]);
  TRY(make_back(part, activations, nodes, count));
  TRY(remember_changes(part));
  part->of = 2 * (int64_t)part->plan->program.op_count;
  return give_all(part, activations, 0);
}

fv_status fv__part_variants(fv__part *part, const fv_activations *activations, int32_t node, int32_t batch,
                            const fv_explain_options *options) {
  *part = (fv__part){.options = options};
  TRY(fv__part_check(activations, options));
  TRY(choose(part, activations, &node, 1));
  TRY(make_variants(part, activations, batch));
  if (!is_read(part->plan, node)) return fail(FV_ERROR_STATE, "no output depends on '%s'", name_of(activations, node));
  return give_all(part, activations, node);
}

void fv__part_end(fv__part *part) {
  fv_plan_destroy(part->plan);
  for (int32_t i = 0; part->undo && i < part->change_count; i++) free(part->undo[i].before);
  free(part->undo);
  free(part->changes);
  free(part->given);
  *part = (fv__part){0};
}

/* ---- there and back */

static bool goes_on(void *context) {
  fv__part *part = context;
  part->done++;
  return !part->options->goes_on || part->options->goes_on(part->options->context, part->done, part->of);
}

static bool after_step(void *context, const fv_step_event *event) {
  (void)event;
  return goes_on(context);
}

fv_status fv__part_run(fv__part *part) {
  const fv_run_options options = {.callback = after_step, .context = part};
  return fv__run_changed(part->plan, part->changes, part->change_count, &options);
}

/* Classes, and pixels of one image, of the output. */
static int64_t classes_of(const fv__part *part, int64_t *pixels) {
  const fv_shape shape = fv_plan_output_shape(part->plan, part->options->score.output);
  *pixels = 1;
  for (int32_t axis = 1; axis < shape.rank - 1; axis++) *pixels *= shape.dims[axis];
  return shape.dims[shape.rank - 1];
}

double fv__part_score(const fv__part *part, const float *numbers, int64_t image) {
  const fv_score *score = &part->options->score;
  int64_t pixels;
  const int64_t classes = classes_of(part, &pixels);
  double sum = 0;
  numbers += image * pixels * classes;
  for (int64_t i = 0; i < pixels; i++, numbers += classes)
    sum += (double)numbers[score->index] - (score->is_against ? (double)numbers[score->against] : 0);
  return sum / (double)pixels;
}

static fv_status seed(const fv__part *part) {
  const fv_score *score = &part->options->score;
  for (int32_t i = 0; i < part->plan->core->graph->output_count; i++) {
    float *gradient = fv__plan_seed(part->plan, i).gradient;
    const fv_shape shape = fv_plan_output_shape(part->plan, i);
    int64_t elements;
    TRY(fv_shape_elements(&elements, &shape));
    if (gradient) memset(gradient, 0, (size_t)elements * sizeof *gradient);
  }
  float *gradient = fv__plan_seed(part->plan, score->output).gradient;
  if (!gradient) return fail(FV_ERROR_STATE, "output %" PRId32 " does not depend on '%s'", score->output, part->name);
  int64_t pixels;
  const int64_t classes = classes_of(part, &pixels);
  for (int64_t i = 0; i < pixels; i++, gradient += classes) {
    gradient[score->index] += 1 / (float)pixels;
    if (score->is_against) gradient[score->against] -= 1 / (float)pixels;
  }
  return FV_OK;
}

fv_status fv__part_go_back(fv__part *part) {
  TRY(seed(part));
  if (fv__plan_backward_while(part->plan, part->changes, part->change_count, goes_on, part)) return FV_OK;
  return fail(FV_ERROR_STOPPED, "stopped on the way back");
}
