/* Reference functions that several layers share; plain C, computed in double and rounded once. */
#ifndef FOVEA_LAYERS_SUPPORT_FUNCTIONS_H
#define FOVEA_LAYERS_SUPPORT_FUNCTIONS_H

#include "layers/support/common.h"

/* x >= threshold: min(x, maximum); below: slope (x - threshold); NaN stays. parameters: slope, threshold, maximum. */
void fv__reference_relu(const float *x, float *y, int64_t count, const float parameters[4]);

/* clamp(slope x + shift, 0, 1); NaN stays. parameters: slope, shift. */
void fv__reference_hard_sigmoid(const float *x, float *y, int64_t count, const float parameters[4]);

/* Their derivatives; where pieces meet, that of the lower one, at the maximum and beyond 0. */
void fv__gradient_relu(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]);
void fv__gradient_hard_sigmoid(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]);

/* log(1 + e^x) without overflow. */
double fv__softplus(double x);

/* 1 / (1 + e^-x) without overflow. */
double fv__sigmoid(double x);

#endif
