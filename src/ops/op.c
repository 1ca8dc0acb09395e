/* What all ops share: the folding of normalisation and bias into scale and shift, costs, ranges of work.
 *
 *   batch normalisation at inference   y = gamma * (x + bias - mean) / sqrt(variance + epsilon) + beta
 *   so                                 scale = gamma / sqrt(variance + epsilon)
 *                                      shift = (bias - mean) * scale + beta
 */
#include "ops/op.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "ops/backward.h"

const char *fv__way_fits(const fv__op *op) {
  (void)op;
  return NULL;
}

void fv__op_scale_shift(const fv__op *op, const fv__op_weights *weights, int64_t channel, double *scale,
                        double *shift) {
  const double bias = weights->bias ? (double)weights->bias[channel] : 0;
  *scale = 1;
  *shift = bias;
  if (!op->normalisation.present) return;
  const double mean = weights->mean ? (double)weights->mean[channel] : 0;
  const double variance = weights->variance ? (double)weights->variance[channel] : 1;
  const double gamma = weights->gamma ? (double)weights->gamma[channel] : 1;
  const double beta = weights->beta ? (double)weights->beta[channel] : 0;
  double deviation = sqrt(variance + op->normalisation.epsilon);
  if (deviation < op->normalisation.least) deviation = op->normalisation.least;
  if (op->normalisation.inverse) {
    *scale = deviation;
    *shift = bias * deviation + mean;
    return;
  }
  *scale = gamma / deviation;
  *shift = (bias - mean) * *scale + beta;
}

/* Why `way` is not the chosen one, whose time is `least`, 0 when it is tuned; NULL when it is merely less good by its
 * place in the list. */
static const char *reason_against(const fv__op *op, const fv__way *way, double least, char *text, size_t size) {
  const char *why_not = way->why_not(op);
  if (why_not || !way->estimate) return why_not;
  if (!(least > 0)) return "slower by the tuning's measurements";
  snprintf(text, size, "%.3g ms expected, not %.3g", way->estimate(op) * 1e-6, least * 1e-6);
  return text;
}

/* Every way but the chosen one with its reason; neighbours that share one are named together. */
static void write_reasons(const fv__op *op, const fv__way *chosen, double least, char *reasons, size_t size) {
  char text[64], before[64] = "";
  size_t used = 0;
  reasons[0] = '\0';
  for (const fv__way *const *way = op->type->ways; *way && used < size; way++) {
    const char *reason = *way == chosen ? NULL : reason_against(op, *way, least, text, sizeof text);
    if (!reason) continue;
    const bool same = strcmp(reason, before) == 0;
    if (same) used -= strlen(before) + 2;
    used += (size_t)snprintf(reasons + used, size - used, "%s%s: %s",
                             same   ? ", "
                             : used ? "; "
                                    : "",
                             (*way)->name, reason);
    snprintf(before, sizeof before, "%s", reason);
  }
}

bool fv__op_adds_in_place(const fv__op *op) {
  const fv__window *w = &op->window.window;
  return op->type == &fv__op_conv && w->kernel_h == 1 && w->kernel_w == 1;
}

const fv__way *fv__op_choose(const fv__op *op, const fv__way *tuned, char *reasons, size_t size) {
  const fv__way *chosen = tuned;
  double least = tuned ? 0 : INFINITY;
  for (const fv__way *const *way = op->type->ways; *way && !tuned; way++) {
    if ((*way)->why_not(op) || (chosen && !(*way)->estimate)) continue;
    const double time = (*way)->estimate ? (*way)->estimate(op) : 0;
    if (chosen && !(time < least)) continue;
    chosen = *way;
    least = time;
  }
  write_reasons(op, chosen, least, reasons, size);
  return chosen;
}

const fv__gradient_way *fv__gradient_choose(const fv__op *op, const fv__gradient_way *const *ways) {
  const fv__gradient_way *chosen = NULL;
  double least = INFINITY;
  for (; ways && *ways; ways++) {
    if ((*ways)->why_not(op) || (chosen && !(*ways)->estimate)) continue;
    const double time = (*ways)->estimate ? (*ways)->estimate(op) : 0;
    if (chosen && !(time < least)) continue;
    chosen = *ways;
    least = time;
  }
  return chosen;
}

void fv__way_repack(const fv__way *way, const fv__op *op, const fv__op_weights *weights, void *packed, fv__pool *pool) {
  if (way->repack)
    way->repack(op, weights, packed, pool);
  else if (way->pack)
    way->pack(op, weights, packed);
}

int64_t fv__op_multiply_adds(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  if (op->type == &fv__op_dense) return fv__size_product(p->n * p->c, p->out_c);
  if (op->type == &fv__op_batch_dot) return fv__size_product(p->n * p->w * p->out_c, p->c);
  const bool conv = op->type == &fv__op_conv, transpose = op->type == &fv__op_conv_transpose;
  if (!conv && !transpose && op->type != &fv__op_depthwise) return 0;
  const int64_t window = (int64_t)p->window.kernel_h * p->window.kernel_w;
  if (transpose) return fv__size_product(p->n * p->h * p->w * p->c, window * p->out_c);
  return fv__size_product(p->n * p->out_h * p->out_w * p->out_c, conv ? window * (p->c / p->groups) : window);
}

size_t fv__folded_bytes(const fv__op *op, int64_t kernel_count) {
  return (size_t)(op->window.out_c + kernel_count) * sizeof(float);
}

void fv__fold(const fv__op *op, const fv__op_weights *weights, int64_t kernel_count, float *packed) {
  const int64_t out_c = op->window.out_c;
  for (int64_t channel = 0; channel < out_c; channel++) {
    double scale, shift;
    fv__op_scale_shift(op, weights, channel, &scale, &shift);
    packed[channel] = (float)shift;
    for (int64_t i = channel; i < kernel_count; i += out_c) packed[out_c + i] = (float)(weights->kernel[i] * scale);
  }
}

typedef struct ranges {
  const fv__op_call *call;
  fv__range_body *body;
  int64_t count, step;
} ranges;

static void run_range(void *context, int64_t piece, int thread) {
  const ranges *r = context;
  const int64_t first = piece * r->step;
  r->body(r->call, first, fv__min(first + r->step, r->count), thread);
}

void fv__for_ranges(const fv__op_call *call, int64_t count, int64_t step, fv__range_body *body) {
  ranges r = {call, body, count, step};
  fv__parallel_for(call->pool, (count + step - 1) / step, run_range, &r);
}

int64_t fv__range_step(int64_t cost, int64_t target) { return fv__max(1, target / fv__max(1, cost)); }
