/* The gradient of convolution by its input, as convolutions.
 *
 *   dx[r] += sum over taps t and pixels i of y with r = i * stride - padding + t * dilation of dy[i] K[t]'
 *
 * Along each axis take the pixels of dx that leave the same remainder when divided by the stride, a phase. They read
 * every step-th tap, step = stride / gcd(stride, dilation), and pixels of dy that lie step * dilation / stride apart:
 *
 *   phase of dx  =  convolution with stride 1 of dy with those taps in reverse order, input and output exchanged
 *
 * which is an op of its own and goes the best way of forward. With stride 1 there is one phase: the kernel turned by
 * half a turn. A phase without taps is 0. Weights change with every step: each call turns and packs them.
 *
 * Scratch: turned kernel | packed weights | the way's own, each as large as the phase that needs most.
 */
#include <math.h>
#include <string.h>

#include "ops/conv.h"
#include "ops/way.h"

enum { ALIGNMENT = 64, TURNED_BLOCK = 16 };

/* One phase along one axis. */
typedef struct axis {
  int64_t pixels;          /* of dx */
  int64_t tap, taps, step; /* the first tap that is read, how many, and how far apart */
  int64_t dilation;        /* of the convolution */
  int64_t before, after;   /* its padding */
  int64_t first, length;   /* pixels of dy that it reads */
} axis;

static int64_t greatest_divisor(int64_t a, int64_t b) { return b == 0 ? a : greatest_divisor(b, a % b); }

static axis axis_of(int64_t phase, int64_t size, int64_t out_size, int64_t kernel, int64_t stride, int64_t dilation,
                    int64_t padding) {
  axis a = {.pixels = (size - phase + stride - 1) / stride, .step = stride / greatest_divisor(stride, dilation)};
  while (a.tap < a.step && (phase + padding - a.tap * dilation) % stride != 0) a.tap++;
  if (a.tap >= fv__min(a.step, kernel)) return a;
  a.taps = (kernel - a.tap + a.step - 1) / a.step;
  a.dilation = a.step * dilation / stride;
  const int64_t reach = (a.taps - 1) * a.dilation;
  a.before = reach - (phase + padding - a.tap * dilation) / stride;
  if (a.before < 0) a.first = -a.before;
  a.before = fv__max(0, a.before);
  const int64_t wanted = a.pixels + reach - a.before;
  a.length = fv__min(out_size - a.first, wanted);
  a.after = wanted - a.length;
  if (a.length <= 0) a.taps = 0;
  return a;
}

/* One phase along both: the op, and how its weights and data come from those of the gradient. */
typedef struct phase {
  axis h, w;
  int64_t row, column; /* of dx: its first pixel */
  fv__op op;           /* without type: nothing to be done */
  const fv__way *way;
} phase;

static int64_t phases_of(const fv__op *op) { return (int64_t)op->window.window.stride_h * op->window.window.stride_w; }

static phase phase_of(const fv__op *op, int64_t number) {
  const fv__window_problem *p = &op->window;
  const fv__window *w = &p->window;
  phase f = {.row = number / w->stride_w, .column = number % w->stride_w};
  if (f.row >= p->h || f.column >= p->w) return f;
  f.h = axis_of(f.row, p->h, p->out_h, w->kernel_h, w->stride_h, w->dilation_h, w->top);
  f.w = axis_of(f.column, p->w, p->out_w, w->kernel_w, w->stride_w, w->dilation_w, w->left);
  if (!f.h.taps || !f.w.taps) return f;
  f.op = (fv__op){.type = &fv__op_conv,
                  .kernels = op->kernels,
                  .accuracy = op->accuracy,
                  .residual = -1,
                  .bias = -1,
                  .low = -INFINITY,
                  .high = INFINITY};
  f.op.window = (fv__window_problem){.n = p->n,
                                     .h = f.h.length,
                                     .w = f.w.length,
                                     .c = p->out_c,
                                     .out_h = f.h.pixels,
                                     .out_w = f.w.pixels,
                                     .out_c = p->c,
                                     .groups = p->groups};
  f.op.window.window = (fv__window){.kernel_h = (int32_t)f.h.taps,
                                    .kernel_w = (int32_t)f.w.taps,
                                    .stride_h = 1,
                                    .stride_w = 1,
                                    .dilation_h = (int32_t)f.h.dilation,
                                    .dilation_w = (int32_t)f.w.dilation,
                                    .top = (int32_t)f.h.before,
                                    .bottom = (int32_t)f.h.after,
                                    .left = (int32_t)f.w.before,
                                    .right = (int32_t)f.w.after};
  char reasons[1];
  f.way = fv__op_choose(&f.op, NULL, reasons, sizeof reasons);
  return f;
}

static const char *why_not(const fv__op *op) {
  for (int64_t i = 0; i < phases_of(op); i++) {
    const phase f = phase_of(op, i);
    if (f.op.type && !f.way->estimate) return f.way->why_not(op) ? "no way of forward fits" : "only the reference fits";
  }
  return NULL;
}

static double estimate(const fv__op *op) {
  double sum = 0;
  for (int64_t i = 0; i < phases_of(op); i++) {
    const phase f = phase_of(op, i);
    if (f.op.type) sum += f.way->estimate(&f.op);
  }
  return sum;
}

/* Bytes of scratch before the way's own. */
typedef struct layout {
  size_t kernel, packed, way;
} layout;

static size_t aligned(size_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static layout layout_of(const fv__op *op, int threads) {
  const fv__window_problem *p = &op->window;
  layout most = {0};
  for (int64_t i = 0; i < phases_of(op); i++) {
    const phase f = phase_of(op, i);
    if (!f.op.type) continue;
    const size_t kernel = (size_t)(f.h.taps * f.w.taps * (p->out_c / p->groups) * p->c) * sizeof(float);
    most.kernel = larger(most.kernel, aligned(kernel));
    if (f.way->packed_bytes) most.packed = larger(most.packed, aligned(f.way->packed_bytes(&f.op)));
    if (f.way->scratch_bytes) most.way = larger(most.way, f.way->scratch_bytes(&f.op, threads));
  }
  return most;
}

static size_t scratch_bytes(const fv__op *op, int threads) {
  const layout l = layout_of(op, threads);
  return l.kernel + l.packed + l.way;
}

/* The phase of one call. */
typedef struct job {
  const fv__backward_call *call;
  const phase *f;
  fv__view dx;
  float *turned;
} job;

/* Some output channels of one tap of the turned kernel [taps, out_c / groups, c], for all input channels. */
static void turn(void *context, int64_t piece, int thread) {
  (void)thread;
  const job *j = context;
  const phase *f = j->f;
  const fv__window_problem *p = &j->call->op->window;
  const int64_t depth = p->c / p->groups, width = p->out_c / p->groups;
  const int64_t pieces = (width + TURNED_BLOCK - 1) / TURNED_BLOCK, tap = piece / pieces;
  const int64_t first = piece % pieces * TURNED_BLOCK, end = fv__min(width, first + TURNED_BLOCK);
  const int64_t kh = f->h.tap + (f->h.taps - 1 - tap / f->w.taps) * f->h.step;
  const int64_t kw = f->w.tap + (f->w.taps - 1 - tap % f->w.taps) * f->w.step;
  const float *kernel = j->call->kernel + (kh * p->window.kernel_w + kw) * depth * p->out_c;
  float *to = j->turned + tap * width * p->c;
  for (int64_t c = 0; c < p->c; c += TURNED_BLOCK) {
    const int64_t count = fv__min(TURNED_BLOCK, p->c - c);
    for (int64_t o = first; o < end; o++)
      for (int64_t i = 0; i < count; i++) {
        const int64_t k = c + i;
        to[o * p->c + k] = kernel[k % depth * p->out_c + k / depth * width + o];
      }
  }
}

static void clear_row(void *context, int64_t row, int thread) {
  (void)thread;
  const fv__view *dx = context;
  float *pixel = fv__view_at(dx, row / dx->h, row % dx->h, 0);
  for (int64_t i = 0; i < dx->w; i++, pixel += dx->pixel) memset(pixel, 0, (size_t)dx->c * sizeof *pixel);
}

static void convolve(job *j, const layout *l) {
  const fv__backward_call *call = j->call;
  const phase *f = j->f;
  const fv__window_problem *p = &call->op->window;
  char *packed = (char *)call->scratch + l->kernel;
  const int64_t blocks = (p->out_c / p->groups + TURNED_BLOCK - 1) / TURNED_BLOCK;
  j->turned = call->scratch;
  fv__parallel_for(call->pool, f->h.taps * f->w.taps * blocks, turn, j);
  const fv__op_weights weights = {.kernel = j->turned};
  fv__way_repack(f->way, &f->op, &weights, packed, call->pool);
  fv__op_call forward = {.op = &f->op,
                         .y = j->dx,
                         .kernel = j->turned,
                         .packed = packed,
                         .scratch = packed + l->packed,
                         .pool = call->pool};
  forward.x[0] = call->dy;
  forward.x[0].data += f->h.first * call->dy.row + f->w.first * call->dy.pixel;
  forward.x[0].h = f->h.length;
  forward.x[0].w = f->w.length;
  if (!call->overwrite) forward.residual = j->dx; /* every number is read before it is written, once */
  f->way->forward(&forward);
}

static void backward(const fv__backward_call *call) {
  const fv__window *w = &call->op->window.window;
  const layout l = layout_of(call->op, fv__pool_threads(call->pool));
  for (int64_t i = 0; i < phases_of(call->op); i++) {
    const phase f = phase_of(call->op, i);
    job j = {.call = call, .f = &f, .dx = call->dx[0]};
    if (!f.h.pixels || !f.w.pixels) continue;
    j.dx.data += f.row * j.dx.row + f.column * j.dx.pixel;
    j.dx.h = f.h.pixels;
    j.dx.w = f.w.pixels;
    j.dx.row *= w->stride_h;
    j.dx.pixel *= w->stride_w;
    if (f.op.type)
      convolve(&j, &l);
    else if (call->overwrite)
      fv__parallel_for(call->pool, j.dx.n * j.dx.h, clear_row, &j.dx);
  }
}

const fv__gradient_way fv__conv_input_phases = {.name = "convolution of dy",
                                                .why_not = why_not,
                                                .estimate = estimate,
                                                .scratch_bytes = scratch_bytes,
                                                .backward = backward,
                                                .overwrites = true};
