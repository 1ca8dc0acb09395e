/* Reference functions shared by several layers. */
#include "layers/support/functions.h"

#include <math.h>

void fv__reference_relu(const float *x, float *y, int64_t count, const float parameters[4]) {
  float slope = parameters[0], threshold = parameters[1], maximum = parameters[2];
  for (int64_t i = 0; i < count; i++) {
    float v = x[i];
    if (v < threshold)
      y[i] = slope == 0 ? 0 : slope * (v - threshold);
    else
      y[i] = v > maximum ? maximum : v;
  }
}

void fv__reference_hard_sigmoid(const float *x, float *y, int64_t count, const float parameters[4]) {
  double slope = parameters[0], shift = parameters[1];
  for (int64_t i = 0; i < count; i++) {
    double v = slope * x[i] + shift;
    y[i] = (float)(v < 0 ? 0 : v > 1 ? 1 : v);
  }
}

void fv__gradient_relu(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  const float slope = parameters[0], threshold = parameters[1], maximum = parameters[2];
  for (int64_t i = 0; i < count; i++) dx[i] += dy[i] * (x[i] > threshold ? (float)(x[i] < maximum) : slope);
}

void fv__gradient_hard_sigmoid(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  const double slope = parameters[0], shift = parameters[1];
  for (int64_t i = 0; i < count; i++) {
    const double v = slope * x[i] + shift;
    if (v > 0 && v < 1) dx[i] = (float)(dx[i] + dy[i] * slope);
  }
}

double fv__softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }

double fv__sigmoid(double x) {
  double e = exp(-fabs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
