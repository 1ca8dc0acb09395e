/* The arithmetic of one number: from the number back through activations to the op that adds up, and its largest
 * products. */
#include "explain/terms.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

enum { ACTIVATIONS = 4 }; /* more ops than a layer's activation ever becomes */

/* The ops between the sum and the number, the last first. */
typedef struct chain {
  const fv__op *ops[ACTIVATIONS];
  int count;
  const fv__op *op; /* that adds up; NULL: zeros around an image */
  fv__place at;
} chain;

static bool is_activation(const fv__op *op) {
  return op->type == &fv__op_unary || op->type == &fv__op_softmax || op->type == &fv__op_prelu;
}

/* Back through what the layer does to its sum. An activation that is a layer of its own has one term, its input. */
static void follow(chain *c, const fv__lowered *lowered, fv__place place) {
  c->op = fv__place_maker(lowered, place, &c->at);
  while (c->op && is_activation(c->op) && c->count < ACTIVATIONS) {
    const fv__place before =
        fv__place_settle(lowered, (fv__place){c->op->inputs[0], c->at.row, c->at.column, c->at.channel});
    c->ops[c->count++] = c->op;
    if (lowered->nodes[before.value]) return;
    c->op = fv__place_maker(lowered, before, &c->at);
  }
}

/* ---- the largest products */

typedef struct collection {
  fv_arithmetic *to;
  const fv__lowered *lowered;
  const fv__node *node;
} collection;

static int32_t input_of(const collection *c, int32_t value) {
  const int32_t node = c->lowered->nodes[value];
  for (int32_t i = 0; node && i < c->node->input_count; i++)
    if (c->node->inputs[i].node == node) return i;
  return -1;
}

static int smallest_of(const fv_arithmetic *a) {
  int smallest = 0;
  for (int i = 1; i < FV_TERMS; i++)
    if (fabs(a->terms[i].product) < fabs(a->terms[smallest].product)) smallest = i;
  return smallest;
}

static void collect(void *context, const fv__product *p) {
  collection *c = context;
  fv_arithmetic *a = c->to;
  const fv_term term = {.input = input_of(c, p->place.value),
                        .row = p->place.row,
                        .column = p->place.column,
                        .channel = p->place.channel,
                        .kernel_row = p->kernel_row,
                        .kernel_column = p->kernel_column,
                        .number = (float)p->number,
                        .weight = (float)p->weight,
                        .product = p->number * p->weight};
  a->total++;
  a->sum += term.product;
  if (a->count < FV_TERMS) {
    a->terms[a->count++] = term;
    return;
  }
  const int smallest = smallest_of(a);
  const bool is_larger = fabs(term.product) > fabs(a->terms[smallest].product);
  a->rest += is_larger ? a->terms[smallest].product : term.product;
  if (is_larger) a->terms[smallest] = term;
}

/* The largest first; of equal ones the first in the order of the kernel. */
static int by_size(const void *a, const void *b) {
  const fv_term *x = a, *y = b;
  if (fabs(x->product) > fabs(y->product)) return -1;
  if (fabs(x->product) < fabs(y->product)) return 1;
  if (x->kernel_row != y->kernel_row) return x->kernel_row < y->kernel_row ? -1 : 1;
  if (x->kernel_column != y->kernel_column) return x->kernel_column < y->kernel_column ? -1 : 1;
  return (x->channel > y->channel) - (x->channel < y->channel);
}

/* ---- what the sum becomes */

/* The word of `activation=`, else what the layer itself is. */
static const char *activation_of(const fv__layer *layer) {
  for (const fv_option *row = layer->type->kind.table; row && row->name; row++)
    if (row->kind == FV_OPTION_TEXT && !strcmp(row->name, "activation"))
      return *(char *const *)(const void *)((const char *)layer->options + row->offset);
  return layer->type->kind.function ? layer->type->kind.function : layer->type->kind.name;
}

static double activate(const chain *c, const fv__lowered *lowered, double sum) {
  for (int i = c->count - 1; i >= 0; i--) {
    if (c->ops[i]->type == &fv__op_softmax) return (double)NAN;
    const float x = (float)sum;
    float y;
    if (c->ops[i]->type == &fv__op_prelu) {
      const fv__steps *s = &c->ops[i]->prelu;
      const float *alpha = lowered->core->weights[c->ops[i]->kernel].data;
      y = x < 0 ? x * alpha[c->at.row * s->h + c->at.column * s->w + c->at.channel * s->c] : x;
    } else {
      c->ops[i]->unary.reference(&x, &y, 1, c->ops[i]->unary.parameters);
    }
    sum = (double)y;
  }
  return sum;
}

static double clamped(const fv__op *op, double sum) {
  return sum < (double)op->low ? (double)op->low : sum > (double)op->high ? (double)op->high : sum;
}

static fv_status add_up(fv_arithmetic *a, const chain *c, fv__walk *walk, const fv__layer *layer) {
  a->operation = "padding";
  if (c->op && is_activation(c->op)) { /* a layer of its own: its input is all there is */
    const fv__place before = {c->op->inputs[0], c->at.row, c->at.column, c->at.channel};
    walk->take(walk->context,
               &(fv__product){fv__place_settle(walk->lowered, before), 0, 0, fv__walk_number(walk, before), 1});
    walk->operation = "copy";
  } else if (c->op) {
    fv__walk_op(walk, c->op, &c->at, 1);
  }
  if (walk->status) return walk->status;
  if (c->op && !walk->operation)
    return fail(FV_ERROR_UNSUPPORTED, "'%s' is a %s: its numbers are no sums of products", layer->name,
                layer->type->kind.name);
  if (walk->operation) a->operation = walk->operation;
  a->bias = walk->bias;
  a->sum += walk->bias;
  a->padded = walk->padded;
  a->has_window = walk->has_window;
  a->top = walk->top;
  a->left = walk->left;
  a->height = walk->height;
  a->width = walk->width;
  a->activation = c->count ? activation_of(layer) : NULL;
  const bool clamps = c->op && !is_activation(c->op);
  a->result = activate(c, walk->lowered, clamps ? clamped(c->op, a->sum) : a->sum);
  qsort(a->terms, (size_t)a->count, sizeof *a->terms, by_size);
  return FV_OK;
}

static fv_status check_overlay(const fv_activations *activations, const fv__node *node, int64_t channel,
                               const fv_overlay *overlay) {
  for (int64_t i = 0; overlay && i < fv_overlay_count(overlay); i++) {
    const fv_overlay_item item = fv_overlay_at(overlay, i);
    const fv_layer_info info = fv_model_layer(activations->model, item.layer);
    const fv_graph *graph = activations->model->core->graph;
    if (info.name == graph->layers[node->layer - 1].name && item.channel == channel)
      return fail(FV_ERROR_STATE, "channel %" PRId64 " of '%s' was changed after it had been computed", channel,
                  info.name);
  }
  return FV_OK;
}

static fv_status explain(fv_arithmetic *a, fv__lowered *lowered, const fv_activations *activations, fv__place place) {
  const fv_graph *graph = lowered->core->graph;
  const int32_t number = lowered->nodes[place.value];
  const fv__node *node = &graph->nodes[number - 1];
  const fv__layer *layer = &graph->layers[node->layer - 1];
  const fv__program_value *v = &lowered->program.values[place.value];
  const float *numbers = activations->values[number - 1];
  if (!fv__place_is_there(lowered, &place))
    return fail(FV_ERROR_INVALID,
                "'%s' has %" PRId64 " rows, %" PRId64 " columns and %" PRId64 " channels: there is no (%" PRId64
                ", %" PRId64 ", %" PRId64 ")",
                layer->name, v->h, v->w, v->c, place.row, place.column, place.channel);
  if (node->input_count == 0)
    return fail(FV_ERROR_UNSUPPORTED, "'%s' is the input: nothing made its numbers", layer->name);
  if (!numbers) return fail(FV_ERROR_STATE, "the values of '%s' were not kept", layer->name);
  a->value = numbers[(place.row * v->w + place.column) * v->c + place.channel];
  chain c = {.count = 0};
  follow(&c, lowered, place);
  collection of = {a, lowered, node};
  fv__walk walk = {.lowered = lowered, .activations = activations, .take = collect, .context = &of};
  return add_up(a, &c, &walk, layer);
}

fv_status fv_explain_number(fv_arithmetic *arithmetic, const fv_activations *activations, fv_value value, int64_t row,
                            int64_t column, int64_t channel, const fv_overlay *overlay) {
  *arithmetic = (fv_arithmetic){.operation = ""};
  const fv_graph *graph = activations->model->core->graph;
  if (value.node < 1 || value.node > graph->node_count || activations->shapes[value.node - 1].rank == 0)
    return fail(FV_ERROR_INVALID, "the model has no node %" PRId32 " that an output depends on", value.node);
  TRY(check_overlay(activations, &graph->nodes[value.node - 1], channel, overlay));
  fv__lowered lowered;
  fv_status status = fv__lowered_make(&lowered, activations->model, activations->shapes, NULL);
  if (!status)
    status =
        explain(arithmetic, &lowered, activations, (fv__place){lowered.values[value.node - 1], row, column, channel});
  fv__lowered_end(&lowered);
  return status;
}
