/* Products of ops, one kind of op after another: windows, matrix products, poolings, scale and shift, joining.
 *
 * The formulas are those of the plain-C references in src/ops; they are written out once more because here one number
 * is wanted, with all that went into it.
 */
#include "explain/terms.h"

#include <math.h>
#include <stdlib.h>

#include "base/fail.h"
#include "ops/sparse_conv.h"

static const float *weights(const fv__walk *walk, int32_t weight) {
  return weight < 0 ? NULL : walk->lowered->core->weights[weight].data;
}

/* ---- numbers */

static double read_node(fv__walk *walk, const fv__place *place) {
  const int32_t node = walk->lowered->nodes[place->value];
  const fv__program_value *v = &walk->lowered->program.values[place->value];
  const float *numbers = walk->activations->values[node - 1];
  if (numbers) return (double)numbers[(place->row * v->w + place->column) * v->c + place->channel];
  if (!walk->status) walk->status = fail(FV_ERROR_STATE, "a value that the number is made of was not kept");
  return 0;
}

static void add_up(void *context, const fv__product *product) {
  *(double *)context += product->number * product->weight;
}

static double make_number(fv__walk *walk, const fv__op *op, const fv__place *at) {
  if (op->type == &fv__op_unary) {
    const float x = (float)fv__walk_number(walk, (fv__place){op->inputs[0], at->row, at->column, at->channel});
    float y;
    op->unary.reference(&x, &y, 1, op->unary.parameters);
    return (double)y;
  }
  double sum = 0;
  fv__walk inner = {
      .lowered = walk->lowered, .activations = walk->activations, .take = add_up, .context = &sum, .status = FV_OK};
  fv__walk_op(&inner, op, at, 1);
  if (!inner.status && !inner.operation)
    inner.status = fail(FV_ERROR_UNSUPPORTED, "a number in between is no sum of products");
  if (!walk->status) walk->status = inner.status;
  sum += inner.bias;
  return sum < (double)op->low ? (double)op->low : sum > (double)op->high ? (double)op->high : sum;
}

double fv__walk_number(fv__walk *walk, fv__place place) {
  if (walk->status) return 0;
  place = fv__place_settle(walk->lowered, place);
  if (walk->lowered->nodes[place.value]) return read_node(walk, &place);
  fv__place at;
  const fv__op *op = fv__place_maker(walk->lowered, place, &at);
  return op ? make_number(walk, op, &at) : 0; /* zeros around an image */
}

static void take(fv__walk *walk, fv__place place, int32_t kernel_row, int32_t kernel_column, double weight) {
  const double number = fv__walk_number(walk, place);
  if (walk->status) return;
  walk->take(walk->context,
             &(fv__product){fv__place_settle(walk->lowered, place), kernel_row, kernel_column, number, weight});
}

/* ---- windows */

static void set_window(fv__walk *walk, const fv__window *w, const fv__place *at) {
  walk->has_window = true;
  walk->top = at->row * w->stride_h - w->top;
  walk->left = at->column * w->stride_w - w->left;
  walk->height = (int64_t)(w->kernel_h - 1) * w->dilation_h + 1;
  walk->width = (int64_t)(w->kernel_w - 1) * w->dilation_w + 1;
}

/* Goes over the taps that lie inside the input; false at those that do not. */
static bool tap(const fv__walk *walk, const fv__op *op, int32_t i, int32_t j, fv__place *place) {
  const fv__window *w = &op->window.window;
  *place =
      (fv__place){op->inputs[0], walk->top + (int64_t)i * w->dilation_h, walk->left + (int64_t)j * w->dilation_w, 0};
  return fv__place_is_there(walk->lowered, place);
}

static void walk_conv(fv__walk *walk, const fv__op *op, const fv__place *at, double factor, const float *kernel) {
  const fv__window_problem *p = &op->window;
  const int64_t depth = p->c / (p->groups ? p->groups : 1), filters = p->out_c / (p->groups ? p->groups : 1);
  const int64_t first = at->channel / filters * depth;
  set_window(walk, &p->window, at);
  walk->operation = "convolution";
  for (int32_t i = 0; i < p->window.kernel_h; i++)
    for (int32_t j = 0; j < p->window.kernel_w; j++) {
      fv__place place;
      if (!tap(walk, op, i, j, &place)) {
        walk->padded += depth;
        continue;
      }
      for (int64_t c = 0; c < depth; c++) {
        place.channel = first + c;
        const int64_t from = (((int64_t)i * p->window.kernel_w + j) * depth + c) * p->out_c + at->channel;
        take(walk, place, i, j, factor * (double)kernel[from]);
      }
    }
}

static void walk_sparse(fv__walk *walk, const fv__op *op, const fv__place *at, double factor) {
  float *kernel = malloc(fv__sparse_conv_spread_bytes(op));
  if (!kernel) {
    if (!walk->status) walk->status = fail(FV_ERROR_MEMORY, "no memory for a kernel");
    return;
  }
  fv__sparse_conv_spread(op, weights(walk, op->kernel), kernel);
  walk_conv(walk, op, at, factor, kernel);
  free(kernel);
}

static void walk_depthwise(fv__walk *walk, const fv__op *op, const fv__place *at, double factor) {
  const fv__window_problem *p = &op->window;
  const float *kernel = weights(walk, op->kernel);
  set_window(walk, &p->window, at);
  walk->operation = "depthwise convolution";
  for (int32_t i = 0; i < p->window.kernel_h; i++)
    for (int32_t j = 0; j < p->window.kernel_w; j++) {
      fv__place place;
      const bool inside = tap(walk, op, i, j, &place);
      place.channel = at->channel / (p->out_c / p->c);
      if (inside)
        take(walk, place, i, j,
             factor * (double)kernel[((int64_t)i * p->window.kernel_w + j) * p->out_c + at->channel]);
      else
        walk->padded++;
    }
}

/* y receives from x where its row is a multiple of the stride, less the padding, plus a tap's distance. */
static void walk_transposed(fv__walk *walk, const fv__op *op, const fv__place *at, double factor) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  const float *kernel = weights(walk, op->kernel);
  walk->operation = "transposed convolution";
  for (int32_t i = 0; i < w->kernel_h; i++)
    for (int32_t j = 0; j < w->kernel_w; j++) {
      const int64_t row = at->row + w->top - (int64_t)i * w->dilation_h;
      const int64_t column = at->column + w->left - (int64_t)j * w->dilation_w;
      fv__place place = {op->inputs[0], row / w->stride_h, column / w->stride_w, 0};
      if (row < 0 || column < 0 || row % w->stride_h || column % w->stride_w) continue;
      if (!fv__place_is_there(walk->lowered, &place)) continue;
      for (; place.channel < p->c; place.channel++) {
        const int64_t from = (((int64_t)i * w->kernel_w + j) * p->out_c + at->channel) * p->c + place.channel;
        take(walk, place, i, j, factor * (double)kernel[from]);
      }
    }
}

static void walk_dense(fv__walk *walk, const fv__op *op, const fv__place *at, double factor) {
  const float *kernel = weights(walk, op->kernel);
  const int64_t inputs = walk->lowered->program.values[op->inputs[0]].c, outputs = op->window.out_c;
  walk->operation = "matrix product";
  for (int64_t c = 0; c < inputs; c++)
    take(walk, (fv__place){op->inputs[0], at->row, at->column, c}, 0, 0,
         factor * (double)kernel[c * outputs + at->channel]);
}

/* ---- poolings */

/* The rectangle that is pooled, inside the input: rows from top to bottom - 1. */
typedef struct rectangle {
  int64_t top, bottom, left, right;
} rectangle;

static rectangle pooled_rectangle(fv__walk *walk, const fv__op *op, const fv__place *at) {
  const fv__program_value *x = &walk->lowered->program.values[op->inputs[0]];
  const fv__window_problem *p = &op->window;
  if (op->type == &fv__op_global_pool) return (rectangle){0, x->h, 0, x->w};
  if (p->adaptive)
    return (rectangle){at->row * x->h / p->out_h, ((at->row + 1) * x->h + p->out_h - 1) / p->out_h,
                       at->column * x->w / p->out_w, ((at->column + 1) * x->w + p->out_w - 1) / p->out_w};
  set_window(walk, &p->window, at);
  const int64_t bottom = walk->top + walk->height, right = walk->left + walk->width;
  return (rectangle){walk->top < 0 ? 0 : walk->top, bottom > x->h ? x->h : bottom, walk->left < 0 ? 0 : walk->left,
                     right > x->w ? x->w : right};
}

/* An average has all numbers of the window as terms, a maximum the largest. */
static void walk_pool(fv__walk *walk, const fv__op *op, const fv__place *at, double factor) {
  const rectangle r = pooled_rectangle(walk, op, at);
  const int64_t pixels = (r.bottom - r.top) * (r.right - r.left);
  fv__place place = {op->inputs[0], 0, 0, at->channel}, winner = place;
  double most = -INFINITY;
  walk->operation = op->window.average ? "average" : "maximum";
  if (walk->has_window) walk->padded = walk->height * walk->width - pixels;
  for (place.row = r.top; place.row < r.bottom; place.row++)
    for (place.column = r.left; place.column < r.right; place.column++) {
      if (op->window.average) {
        take(walk, place, (int32_t)(place.row - r.top), (int32_t)(place.column - r.left), factor / (double)pixels);
        continue;
      }
      const double number = fv__walk_number(walk, place);
      if (!(number > most) && !isnan(number) && !(place.row == r.top && place.column == r.left)) continue;
      most = number;
      winner = place;
      if (isnan(number)) break;
    }
  if (!op->window.average) take(walk, winner, (int32_t)(winner.row - r.top), (int32_t)(winner.column - r.left), factor);
}

/* ---- scale and shift, joining */

static void scale_and_shift(const fv__walk *walk, const fv__op *op, int64_t channel, double *scale, double *shift) {
  const fv__normalisation *n = &op->normalisation;
  *scale = (double)op->affine.scale;
  *shift = (double)op->affine.shift;
  if (op->affine.scales) {
    *scale = (double)op->affine.scales[channel];
    *shift = (double)op->affine.shifts[channel];
  } else if (n->present || op->bias >= 0) {
    const fv__op_weights of = {NULL,
                               weights(walk, op->bias),
                               weights(walk, n->gamma),
                               weights(walk, n->beta),
                               weights(walk, n->mean),
                               weights(walk, n->variance)};
    fv__op_scale_shift(op, &of, channel, scale, shift);
  }
}

/* A number that is a sum itself, made by the layer in between, is taken apart. */
static void walk_into(fv__walk *walk, fv__place place, double factor) {
  const fv__place settled = fv__place_settle(walk->lowered, place);
  fv__place at;
  const fv__op *op = walk->lowered->nodes[settled.value] ? NULL : fv__place_maker(walk->lowered, settled, &at);
  const bool adds =
      op && op->type == &fv__op_binary && (op->binary == FV__BINARY_ADD || op->binary == FV__BINARY_SUBTRACT);
  if (adds)
    fv__walk_op(walk, op, &at, factor);
  else
    take(walk, place, 0, 0, factor);
}

static void walk_affine(fv__walk *walk, const fv__op *op, const fv__place *at, double factor) {
  double scale, shift;
  scale_and_shift(walk, op, at->channel, &scale, &shift);
  walk_into(walk, (fv__place){op->inputs[0], at->row, at->column, at->channel}, factor * scale);
  walk->bias += factor * shift;
  walk->operation = "scale and shift";
}

/* Where a joined value is read: an extent of 1 is repeated. */
static fv__place repeated(const fv__walk *walk, int32_t value, const fv__place *at) {
  const fv__program_value *v = &walk->lowered->program.values[value];
  return (fv__place){value, v->h == 1 ? 0 : at->row, v->w == 1 ? 0 : at->column, v->c == 1 ? 0 : at->channel};
}

static void walk_binary(fv__walk *walk, const fv__op *op, const fv__place *at, double factor) {
  const fv__place a = repeated(walk, op->inputs[0], at), b = repeated(walk, op->inputs[1], at);
  if (op->binary == FV__BINARY_ADD || op->binary == FV__BINARY_SUBTRACT) {
    walk_into(walk, a, factor);
    walk_into(walk, b, op->binary == FV__BINARY_ADD ? factor : -factor);
    walk->operation = "sum";
    return;
  }
  const double first = fv__walk_number(walk, a), second = fv__walk_number(walk, b);
  if (op->binary == FV__BINARY_MULTIPLY) {
    take(walk, a, 0, 0, factor * second);
    walk->operation = "product";
    return;
  }
  const bool takes_first = isnan(first) || (op->binary == FV__BINARY_MAXIMUM ? first >= second : first <= second);
  take(walk, takes_first ? a : b, 0, 0, factor);
  walk->operation = op->binary == FV__BINARY_MAXIMUM ? "maximum" : "minimum";
}

static void walk_copy(fv__walk *walk, const fv__op *op, const fv__place *at, double factor) {
  int64_t place[3] = {at->row, at->column, at->channel};
  if (op->type == &fv__op_permute) {
    const int64_t from[3] = {place[0], place[1], place[2]};
    for (int i = 0; i < 3; i++) place[op->permute.from[i] - 1] = from[i];
  }
  walk_into(walk, (fv__place){op->inputs[0], place[0], place[1], place[2]}, factor);
  walk->operation = "copy";
}

void fv__walk_op(fv__walk *walk, const fv__op *op, const fv__place *at, double factor) {
  const bool has_bias = op->bias >= 0 && op->type != &fv__op_affine;
  if (op->type == &fv__op_conv) walk_conv(walk, op, at, factor, weights(walk, op->kernel));
  if (op->type == &fv__op_sparse_conv) walk_sparse(walk, op, at, factor);
  if (op->type == &fv__op_depthwise) walk_depthwise(walk, op, at, factor);
  if (op->type == &fv__op_conv_transpose) walk_transposed(walk, op, at, factor);
  if (op->type == &fv__op_dense) walk_dense(walk, op, at, factor);
  if (op->type == &fv__op_pool || op->type == &fv__op_global_pool) walk_pool(walk, op, at, factor);
  if (op->type == &fv__op_affine) walk_affine(walk, op, at, factor);
  if (op->type == &fv__op_binary) walk_binary(walk, op, at, factor);
  if (op->type == &fv__op_copy || op->type == &fv__op_permute) walk_copy(walk, op, at, factor);
  if (walk->operation && has_bias) walk->bias += factor * (double)weights(walk, op->bias)[at->channel];
}
