/* Receptive boxes: from one place back to the inputs, op by op, the rows and columns that each op reads.
 *
 * Boxes are kept for each piece of memory (a root of the program). `open` is the box as the windows have it, beyond the
 * border where padding is; `seen` is limited at every step to what is there.
 */
#include <fovea/receptive_field.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/fail.h"
#include "explain/lowered.h"

typedef struct box {
  int64_t top, bottom, left, right; /* first and last; top > bottom: nothing */
} box;

static const box NOTHING = {INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN};

static box joined(box a, box b) {
  return (box){a.top < b.top ? a.top : b.top, a.bottom > b.bottom ? a.bottom : b.bottom,
               a.left < b.left ? a.left : b.left, a.right > b.right ? a.right : b.right};
}

static box common(box a, box b) {
  return (box){a.top > b.top ? a.top : b.top, a.bottom < b.bottom ? a.bottom : b.bottom,
               a.left > b.left ? a.left : b.left, a.right < b.right ? a.right : b.right};
}

static bool is_empty(const box *b) { return b->top > b->bottom || b->left > b->right; }

/* Pixels in a list, as rows of a matrix: their box is still that of the image they are taken from. */
static bool is_list(const fv__lowered *l, int32_t value) { return l->program.values[value].n != l->batch; }

static box all_of(const fv__lowered *l, int32_t value) {
  const fv__program_value *v = &l->program.values[value];
  if (is_list(l, value)) return (box){INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX};
  return (box){0, v->h - 1, 0, v->w - 1};
}

/* Whether numbers keep their rows and columns from one shape of memory to the other. */
static bool keeps_places(const fv__lowered *l, int32_t value) {
  const fv__program_value *a = &l->program.values[value], *b = &l->program.values[a->parent];
  return a->c == b->c && (is_list(l, value) || is_list(l, a->parent) || (a->h == b->h && a->w == b->w));
}

/* ---- what an op reads for a box of its output */

static box through_window(const fv__window *w, box b) {
  return (box){
      b.top * w->stride_h - w->top, b.bottom * w->stride_h - w->top + (int64_t)(w->kernel_h - 1) * w->dilation_h,
      b.left * w->stride_w - w->left, b.right * w->stride_w - w->left + (int64_t)(w->kernel_w - 1) * w->dilation_w};
}

/* Taps of a window along one axis that meet what is there: the first and the last place, from > to where none does. */
static void meet(int64_t *from, int64_t *to, int64_t extent, int32_t kernel, int32_t stride, int32_t dilation,
                 int32_t before) {
  int64_t first = INT64_MAX, last = INT64_MIN;
  for (int64_t i = *from; i <= *to; i++)
    for (int32_t tap = 0; tap < kernel; tap++) {
      const int64_t at = i * stride - before + (int64_t)tap * dilation;
      if (at < 0 || at >= extent) continue;
      if (at < first) first = at;
      if (at > last) last = at;
    }
  *from = first;
  *to = last;
}

static box seen_through_window(const fv__window *w, const fv__program_value *x, box b) {
  meet(&b.top, &b.bottom, x->h, w->kernel_h, w->stride_h, w->dilation_h, w->top);
  meet(&b.left, &b.right, x->w, w->kernel_w, w->stride_w, w->dilation_w, w->left);
  return is_empty(&b) ? NOTHING : b;
}

/* The same where pixels of x reach a window of y: those one of whose taps falls into the box. */
static void reach(int64_t *from, int64_t *to, int64_t extent, int32_t kernel, int32_t stride, int32_t dilation,
                  int32_t before) {
  int64_t first = INT64_MAX, last = INT64_MIN;
  for (int64_t i = 0; i < extent; i++)
    for (int32_t tap = 0; tap < kernel; tap++) {
      const int64_t at = i * stride - before + (int64_t)tap * dilation;
      if (at < *from || at > *to) continue;
      if (i < first) first = i;
      last = i;
    }
  *from = first;
  *to = last;
}

static box seen_through_transposed(const fv__window *w, const fv__program_value *x, box b) {
  reach(&b.top, &b.bottom, x->h, w->kernel_h, w->stride_h, w->dilation_h, w->top);
  reach(&b.left, &b.right, x->w, w->kernel_w, w->stride_w, w->dilation_w, w->left);
  return is_empty(&b) ? NOTHING : b;
}

static int64_t divided_down(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
static int64_t divided_up(int64_t a, int64_t b) { return -divided_down(-a, b); }

/* Pixels of x whose windows reach a row of y. */
static box through_transposed(const fv__window *w, box b) {
  const int64_t height = (int64_t)(w->kernel_h - 1) * w->dilation_h, width = (int64_t)(w->kernel_w - 1) * w->dilation_w;
  return (box){divided_up(b.top + w->top - height, w->stride_h), divided_down(b.bottom + w->top, w->stride_h),
               divided_up(b.left + w->left - width, w->stride_w), divided_down(b.right + w->left, w->stride_w)};
}

/* Along one axis of a resampling: the pixels between which `at` lies, and one more on either side for curves. */
static void resampled(int64_t *first, int64_t *last, int64_t from, int64_t to, fv__resample_kind kind) {
  const double step = (double)from / (double)to, reach = kind == FV__RESAMPLE_BICUBIC ? 1 : 0;
  if (kind == FV__RESAMPLE_NEAREST) {
    *first = (int64_t)(((double)*first + 0.5) * step);
    *last = (int64_t)(((double)*last + 0.5) * step);
    return;
  }
  const double low = ((double)*first + 0.5) * step - 0.5, high = ((double)*last + 0.5) * step - 0.5;
  *first = (int64_t)(low + 1) - 1 - (int64_t)reach; /* low is above -1 */
  *last = (int64_t)(high + 1) + (int64_t)reach;
  if (high + 1 - (double)(int64_t)(high + 1) <= 0 && kind == FV__RESAMPLE_BILINEAR) --*last;
}

static box through_resample(const fv__lowered *l, const fv__op *op, int32_t input, box b) {
  const fv__program_value *x = &l->program.values[input], *y = &l->program.values[op->output];
  b = common(b, all_of(l, op->output));
  if (is_empty(&b)) return NOTHING;
  resampled(&b.top, &b.bottom, x->h, y->h, op->resample);
  resampled(&b.left, &b.right, x->w, y->w, op->resample);
  return common(b, all_of(l, input));
}

static box through_adaptive(const fv__window_problem *p, box b) {
  return (box){b.top * p->h / p->out_h, ((b.bottom + 1) * p->h + p->out_h - 1) / p->out_h - 1, b.left * p->w / p->out_w,
               ((b.right + 1) * p->w + p->out_w - 1) / p->out_w - 1};
}

/* A row or column of a joined value that is repeated. */
static box through_binary(const fv__program_value *x, box b) {
  if (x->h == 1) b.top = b.bottom = 0;
  if (x->w == 1) b.left = b.right = 0;
  return b;
}

/* Rows and columns come from wherever they went; what became channels is seen as a whole. */
static box through_permute(const fv__permute_problem *p, box all, box b) {
  box x = all;
  if (p->from[0] == 1) x.top = b.top, x.bottom = b.bottom;
  if (p->from[1] == 1) x.top = b.left, x.bottom = b.right;
  if (p->from[0] == 2) x.left = b.top, x.right = b.bottom;
  if (p->from[1] == 2) x.left = b.left, x.right = b.right;
  return x;
}

/* The window that a pixel lies in: of the small map its number, of the map that was pooled all of it. */
static box through_unpool(const fv__op *op, int32_t input, box b) {
  const fv__window *w = &op->window.window;
  const box small = {b.top / w->stride_h, b.bottom / w->stride_h, b.left / w->stride_w, b.right / w->stride_w};
  if (input == op->inputs[0]) return small;
  return (box){small.top * w->stride_h, small.bottom * w->stride_h + w->kernel_h - 1, small.left * w->stride_w,
               small.right * w->stride_w + w->kernel_w - 1};
}

/* The axes along which a statistic goes are seen as a whole. */
static box through_axes(box all, bool over_h, bool over_w, box b) {
  if (over_h) b.top = all.top, b.bottom = all.bottom;
  if (over_w) b.left = all.left, b.right = all.right;
  return b;
}

/* What an op reads of an input for a box of its output, beyond the borders where its windows reach there. */
static box read_by(const fv__lowered *l, const fv__op *op, int32_t input, box b) {
  const box all = all_of(l, input);
  const fv__op_type *t = op->type;
  if (t == &fv__op_conv || t == &fv__op_depthwise || t == &fv__op_sparse_conv)
    return through_window(&op->window.window, b);
  if (t == &fv__op_pool)
    return op->window.adaptive ? through_adaptive(&op->window, b) : through_window(&op->window.window, b);
  if (t == &fv__op_conv_transpose) return through_transposed(&op->window.window, b);
  if (t == &fv__op_global_pool || t == &fv__op_batch_dot) return all;
  if (t == &fv__op_resample) return through_resample(l, op, input, b);
  if (t == &fv__op_unpool) return through_unpool(op, input, b);
  if (t == &fv__op_permute) return through_permute(&op->permute, all, b);
  if (t == &fv__op_binary) return through_binary(&l->program.values[input], b);
  if (t == &fv__op_softmax) return through_axes(all, op->softmax.axis == 1, op->softmax.axis == 2, b);
  if (t == &fv__op_standardise) return through_axes(all, op->standardise.over_h, op->standardise.over_w, b);
  return b; /* of the same place, whatever the channels */
}

/* What there is of that, for a box that is all there. */
static box seen_by(const fv__lowered *l, const fv__op *op, int32_t input, box b) {
  const fv__op_type *t = op->type;
  const fv__program_value *x = &l->program.values[input];
  if (is_empty(&b)) return NOTHING;
  if (t == &fv__op_conv || t == &fv__op_depthwise || t == &fv__op_sparse_conv ||
      (t == &fv__op_pool && !op->window.adaptive))
    return seen_through_window(&op->window.window, x, b);
  if (t == &fv__op_conv_transpose) return seen_through_transposed(&op->window.window, x, b);
  return common(read_by(l, op, input, b), all_of(l, input));
}

/* ---- from memory to memory */

typedef struct walk {
  const fv__lowered *lowered;
  box *open, *seen; /* of each root */
} walk;

/* Adds a box of a value to what its root is asked for. */
static void ask(const walk *w, int32_t value, box open, box seen) {
  const fv__program *program = &w->lowered->program;
  for (; program->values[value].parent >= 0; value = program->values[value].parent) {
    const fv__program_value *v = &program->values[value];
    seen = common(seen, all_of(w->lowered, value));
    if (v->reshaped && !keeps_places(w->lowered, value)) {
      open = all_of(w->lowered, v->parent);
      if (!is_empty(&seen)) seen = open;
      continue;
    }
    const int64_t row = v->reshaped ? 0 : v->offset_row, column = v->reshaped ? 0 : v->offset_column;
    open = (box){open.top + row, open.bottom + row, open.left + column, open.right + column};
    if (!is_empty(&seen)) seen = (box){seen.top + row, seen.bottom + row, seen.left + column, seen.right + column};
  }
  seen = common(seen, all_of(w->lowered, value));
  if (is_empty(&open)) return;
  w->open[value] = joined(w->open[value], open);
  if (!is_empty(&seen)) w->seen[value] = joined(w->seen[value], seen);
}

/* The part of a box of a root that lies in a value of it: what an op that writes this value is asked for. */
static box part_of(const fv__lowered *l, int32_t value, box b) {
  const fv__program_value *v = &l->program.values[value];
  if (v->parent < 0) return b;
  b = part_of(l, v->parent, b);
  if (v->reshaped) return keeps_places(l, value) ? b : all_of(l, value);
  return (box){b.top - v->offset_row, b.bottom - v->offset_row, b.left - v->offset_column, b.right - v->offset_column};
}

static void go_back(const walk *w, const fv__op *op) {
  const fv__program *program = &w->lowered->program;
  const int32_t root = fv__program_root(program, op->output);
  if (op->type == &fv__op_zero_border || is_empty(&w->open[root])) return;
  const box open = part_of(w->lowered, op->output, w->open[root]);
  box seen = is_empty(&w->seen[root]) ? NOTHING : part_of(w->lowered, op->output, w->seen[root]);
  seen = common(seen, all_of(w->lowered, op->output));
  const int32_t read[] = {op->inputs[0], op->inputs[1], op->residual};
  for (int k = 0; k < 3; k++) {
    if (read[k] < 0) continue;
    ask(w, read[k], read_by(w->lowered, op, read[k], open), seen_by(w->lowered, op, read[k], seen));
  }
}

static fv_receptive_box box_of(const walk *w, int32_t input) {
  const int32_t root = fv__program_root(&w->lowered->program, input);
  const box open = w->open[root], seen = w->seen[root];
  const fv__program_value *v = &w->lowered->program.values[root];
  fv_receptive_box result = {.input_height = v->h, .input_width = v->w};
  if (is_empty(&open)) return result;
  result.top = open.top;
  result.left = open.left;
  result.height = open.bottom - open.top + 1;
  result.width = open.right - open.left + 1;
  if (is_empty(&seen)) return result;
  result.seen_top = seen.top;
  result.seen_left = seen.left;
  result.seen_height = seen.bottom - seen.top + 1;
  result.seen_width = seen.right - seen.left + 1;
  result.share = (double)(result.seen_height * result.seen_width) / (double)(v->h * v->w);
  return result;
}

static fv_status find(fv_receptive_box *boxes, const fv__lowered *lowered, fv_value value, int64_t row,
                      int64_t column) {
  const fv_graph *graph = lowered->core->graph;
  const fv__program *program = &lowered->program;
  const int32_t from = lowered->values[value.node - 1];
  if (!fv__place_is_there(lowered, &(fv__place){from, row, column, 0}))
    return fail(FV_ERROR_INVALID,
                "the value has %" PRId64 " rows and %" PRId64 " columns: there is no (%" PRId64 ", %" PRId64 ")",
                program->values[from].h, program->values[from].w, row, column);
  box *all = calloc(2 * (size_t)program->value_count, sizeof *all);
  if (!all) return fail(FV_ERROR_MEMORY, "no memory for a receptive field");
  for (int32_t i = 0; i < 2 * program->value_count; i++) all[i] = NOTHING;
  const walk w = {lowered, all, all + program->value_count};
  const box place = {row, row, column, column};
  ask(&w, from, place, place);
  for (int32_t i = program->op_count - 1; i >= 0; i--) go_back(&w, &program->ops[i].op);
  for (int32_t i = 0; i < graph->input_count; i++) boxes[i] = box_of(&w, lowered->values[graph->inputs[i].node - 1]);
  free(all);
  return FV_OK;
}

fv_status fv_model_receptive_box(fv_receptive_box *boxes, const fv_model *model, const fv_shape *input_shapes,
                                 fv_value value, int64_t row, int64_t column) {
  const fv_graph *graph = model->core->graph;
  if (value.node < 1 || value.node > graph->node_count || !graph->nodes[value.node - 1].used)
    return fail(FV_ERROR_INVALID, "the model has no node %" PRId32 " that an output depends on", value.node);
  fv__lowered lowered;
  fv_status status = fv__lowered_make(&lowered, model, NULL, input_shapes);
  if (!status) status = find(boxes, &lowered, value, row, column);
  fv__lowered_end(&lowered);
  return status;
}
