/* Reading the one-line problems of tests/cases, and the activation functions in plain double arithmetic. */
#include "support/problem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"

static double relu(double x, const float *p) {
  if (x > (double)p[2]) return (double)p[2];
  return x >= (double)p[1] || isnan(x) ? x : (double)p[0] * (x - (double)p[1]);
}
static double sigmoid(double x, const float *p) { return (void)p, 1 / (1 + exp(-x)); }
static double hyperbolic(double x, const float *p) { return (void)p, tanh(x); }
static double exponential(double x, const float *p) { return (void)p, exp(x); }
static double elu(double x, const float *p) { return x > 0 || isnan(x) ? x : (double)p[0] * expm1(x); }
static double selu(double x, const float *p) {
  (void)p;
  return 1.05070098735548049342 * (x > 0 || isnan(x) ? x : 1.67326324235437728482 * expm1(x));
}
static double silu(double x, const float *p) { return (void)p, x / (1 + exp(-x)); }
static double gelu(double x, const float *p) {
  if (p[0] != 0) return 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
  return 0.5 * x * erfc(-x * 0.70710678118654752440);
}
static double bounded(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
static double hard_sigmoid(double x, const float *p) { return bounded((double)p[0] * x + (double)p[1], 0, 1); }
static double hard_silu(double x, const float *p) { return (void)p, x * bounded(x / 6 + 0.5, 0, 1); }
static double softplus(double x, const float *p) { return (void)p, isnan(x) ? x : fmax(x, 0) + log1p(exp(-fabs(x))); }
static double softsign(double x, const float *p) { return (void)p, x / (1 + fabs(x)); }

/* Each plain function over an array. */
#define OVER_ARRAY(name)                                                                                               \
  static void name##_array(const float *x, float *y, int64_t count, const float parameters[4]) {                       \
    for (int64_t i = 0; i < count; i++) y[i] = (float)name((double)x[i], parameters);                                  \
  }
OVER_ARRAY(relu)
OVER_ARRAY(sigmoid)
OVER_ARRAY(hyperbolic)
OVER_ARRAY(exponential)
OVER_ARRAY(elu)
OVER_ARRAY(selu)
OVER_ARRAY(silu)
OVER_ARRAY(gelu)
OVER_ARRAY(hard_sigmoid)
OVER_ARRAY(hard_silu)
OVER_ARRAY(softplus)
OVER_ARRAY(softsign)

static const struct {
  const char *name;
  int32_t slot;
  fv__unary_function *function;
} FUNCTIONS[] = {
    {"relu", FV__UNARY_RELU, relu_array},
    {"sigmoid", FV__UNARY_SIGMOID, sigmoid_array},
    {"tanh", FV__UNARY_TANH, hyperbolic_array},
    {"exponential", FV__UNARY_EXPONENTIAL, exponential_array},
    {"elu", FV__UNARY_ELU, elu_array},
    {"selu", FV__UNARY_SELU, selu_array},
    {"silu", FV__UNARY_SILU, silu_array},
    {"gelu", FV__UNARY_GELU, gelu_array},
    {"hard_sigmoid", FV__UNARY_HARD_SIGMOID, hard_sigmoid_array},
    {"hard_silu", FV__UNARY_HARD_SILU, hard_silu_array},
    {"softplus", FV__UNARY_SOFTPLUS, softplus_array},
    {"softsign", FV__UNARY_SOFTSIGN, softsign_array},
};

fv__unary_function *problem_unary(const char *name, int32_t *slot) {
  for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++)
    if (strcmp(FUNCTIONS[i].name, name) == 0) {
      *slot = FUNCTIONS[i].slot;
      return FUNCTIONS[i].function;
    }
  return NULL;
}

static const struct {
  const char *name;
  const fv__op_type *type;
} KINDS[] = {{"conv", &fv__op_conv},     {"depthwise", &fv__op_depthwise},     {"dense", &fv__op_dense},
             {"pool", &fv__op_pool},     {"global_pool", &fv__op_global_pool}, {"unary", &fv__op_unary},
             {"binary", &fv__op_binary}, {"affine", &fv__op_affine},           {"softmax", &fv__op_softmax},
             {"copy", &fv__op_copy},     {"zero_border", &fv__op_zero_border}};

static const char *const BINARY_NAMES[] = {"add", "subtract", "multiply", "maximum", "minimum"};

/* What the tokens of a line say. */
typedef struct tokens {
  double n, h, w, c, out, groups, axis, b[4], k[2], s[2], d[2], pad[4], clamp[2], p[4], scale[2];
  bool norm, bias, residual, average, nan, zeros;
  char f[32];
} tokens;

static bool read_token(tokens *t, const char *text) {
  const struct {
    const char *key;
    double *to;
    int count;
  } numbers[] = {
      {"n=", &t->n, 1}, {"h=", &t->h, 1},           {"w=", &t->w, 1},        {"c=", &t->c, 1}, {"out=", &t->out, 1},
      {"b=", t->b, 4},  {"groups=", &t->groups, 1}, {"axis=", &t->axis, 1},  {"k=", t->k, 2},  {"s=", t->s, 2},
      {"d=", t->d, 2},  {"pad=", t->pad, 4},        {"clamp=", t->clamp, 2}, {"p=", t->p, 4},  {"scale=", t->scale, 2}};
  const struct {
    const char *key;
    bool *to;
  } flags[] = {{"norm", &t->norm},       {"bias", &t->bias}, {"residual", &t->residual},
               {"average", &t->average}, {"nan", &t->nan},   {"zeros", &t->zeros}};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    if (strcmp(text, flags[i].key) == 0) return *flags[i].to = true;
  if (strncmp(text, "f=", 2) == 0) return snprintf(t->f, sizeof t->f, "%s", text + 2) > 0;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    const size_t length = strlen(numbers[i].key);
    if (strncmp(text, numbers[i].key, length) != 0) continue;
    char *end = (char *)text + length - 1;
    for (int k = 0; k < numbers[i].count && *end; k++) numbers[i].to[k] = strtod(end + 1, &end);
    return *end == 0;
  }
  return false;
}

static int64_t output_extent(double extent, double kernel, double stride, double dilation, double before,
                             double after) {
  return (int64_t)floor((extent + before + after - ((kernel - 1) * dilation + 1)) / stride) + 1;
}

static void set_window(problem *p, const tokens *t, const char *kind) {
  fv__window_problem *w = &p->op.window;
  *w = (fv__window_problem){.n = (int64_t)t->n,
                            .h = (int64_t)t->h,
                            .w = (int64_t)t->w,
                            .c = (int64_t)t->c,
                            .out_c = (int64_t)t->out,
                            .groups = (int32_t)t->groups,
                            .average = t->average};
  w->window =
      (fv__window){(int32_t)t->k[0], (int32_t)t->k[1],   (int32_t)t->s[0],   (int32_t)t->s[1],   (int32_t)t->d[0],
                   (int32_t)t->d[1], (int32_t)t->pad[0], (int32_t)t->pad[1], (int32_t)t->pad[2], (int32_t)t->pad[3]};
  w->out_h = output_extent(t->h, t->k[0], t->s[0], t->d[0], t->pad[0], t->pad[1]);
  w->out_w = output_extent(t->w, t->k[1], t->s[1], t->d[1], t->pad[2], t->pad[3]);
  if (strcmp(kind, "dense") == 0) {
    w->n = w->n * w->h * w->w;
    w->h = w->w = w->out_h = w->out_w = 1;
  }
  const int64_t taps = (int64_t)w->window.kernel_h * w->window.kernel_w;
  if (strcmp(kind, "conv") == 0) p->kernel_count = (p->length = taps * w->c / w->groups) * w->out_c;
  if (strcmp(kind, "depthwise") == 0) p->kernel_count = (p->length = taps) * w->out_c;
  if (strcmp(kind, "dense") == 0) p->kernel_count = (p->length = w->c) * w->out_c;
  if (strcmp(kind, "pool") == 0) p->length = taps;
  if (strcmp(kind, "global_pool") == 0) p->length = w->h * w->w;
}

static void set_extents(problem *p, const tokens *t, const char *kind) {
  const int64_t x[4] = {(int64_t)t->n, (int64_t)t->h, (int64_t)t->w, (int64_t)t->c};
  memcpy(p->extents[0], x, sizeof x);
  memcpy(p->extents[2], x, sizeof x);
  if (p->second)
    for (int i = 0; i < 4; i++) {
      p->extents[1][i] = (int64_t)t->b[i];
      if (x[i] == 1) p->extents[2][i] = (int64_t)t->b[i];
    }
  const bool window = p->op.type == &fv__op_conv || p->op.type == &fv__op_depthwise || p->op.type == &fv__op_pool;
  if (window || p->op.type == &fv__op_dense) p->extents[2][3] = p->op.window.out_c;
  if (window) {
    p->extents[2][1] = p->op.window.out_h;
    p->extents[2][2] = p->op.window.out_w;
  }
  if (strcmp(kind, "global_pool") == 0) p->extents[2][1] = p->extents[2][2] = 1;
}

static bool set_function(problem *p, const tokens *t, const char *kind) {
  if (strcmp(kind, "unary") == 0) {
    p->op.unary.reference = problem_unary(t->f, &p->op.unary.kernel);
    for (int i = 0; i < 4; i++) p->op.unary.parameters[i] = (float)t->p[i];
    if (strncmp(t->f, "hard", 4) == 0) p->absolute = 1e-6; /* a sum with a zero */
    return p->op.unary.reference != NULL;
  }
  if (strcmp(kind, "affine") == 0)
    p->op.affine = (fv__affine_problem){(float)t->scale[0], (float)t->scale[1], (int64_t)t->c};
  if (strcmp(kind, "softmax") == 0) {
    p->op.softmax.axis = (int32_t)t->axis;
    p->length = 256; /* x - max, up to 24 here, is rounded before the exponential */
  }
  if (strcmp(kind, "binary") != 0) return true;
  for (int i = 0; i < 5; i++)
    if (strcmp(BINARY_NAMES[i], t->f) == 0) {
      p->op.binary = (fv__binary_kind)i;
      return p->second = true;
    }
  return false;
}

bool problem_read(problem *p, const char *kind, const char *line, char *message, size_t size) {
  tokens t = {.n = 1, .h = 1, .w = 1, .c = 1, .out = 0, .groups = 1, .axis = 3, .b = {1, 1, 1, 1}};
  t.k[0] = t.k[1] = t.s[0] = t.s[1] = t.d[0] = t.d[1] = t.scale[0] = 1;
  t.clamp[0] = -INFINITY;
  t.clamp[1] = INFINITY;
  t.p[2] = INFINITY;
  char copy[512];
  snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "#\n"), line);
  char *rest = NULL;
  for (char *token = strtok_r(copy, " ", &rest); token; token = strtok_r(NULL, " ", &rest))
    if (!read_token(&t, token)) return snprintf(message, size, "unknown word '%s'", token), false;
  if (t.out == 0) t.out = t.c;

  *p = (problem){.residual = t.residual, .nan = t.nan, .zeros = t.zeros};
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
    if (strcmp(KINDS[i].name, kind) == 0) p->op.type = KINDS[i].type;
  if (!p->op.type) return snprintf(message, size, "unknown kind '%s'", kind), false;
  const bool window = p->op.type != &fv__op_unary && p->op.type != &fv__op_binary && p->op.type != &fv__op_affine &&
                      p->op.type != &fv__op_softmax;
  if (window) set_window(p, &t, kind);
  if (!set_function(p, &t, kind)) return snprintf(message, size, "unknown function '%s'", t.f), false;
  set_extents(p, &t, kind);
  p->op.low = (float)t.clamp[0];
  p->op.high = (float)t.clamp[1];
  p->op.bias = t.bias ? 0 : -1;
  p->op.kernel = p->kernel_count ? 0 : -1;
  p->op.residual = t.residual ? 0 : -1;
  p->op.normalisation = (fv__normalisation){.present = t.norm, .epsilon = 1e-3};
  p->bias_count = p->extents[2][3];
  return true;
}
