/* Ops as problems that several ways can solve: their candidates, and a text that tells one problem from another. */
#ifndef FOVEA_OPS_PROBLEM_H
#define FOVEA_OPS_PROBLEM_H

#include "ops/op.h"

enum { FV__PROBLEM_SIZE = 256 };

/* The index-th way that fits and whose time can be estimated: those between which fv__op_choose chooses by time. NULL
 * after the last. All ops that have such ways are windows. */
const fv__way *fv__op_candidate(const fv__op *op, int32_t index);

/* "conv 1x56x56x64 to 56x56x128, window 3x3, stride 1x1, padding 1 1 1 1": what the times of ways depend on. */
void fv__op_problem(const fv__op *op, char text[FV__PROBLEM_SIZE]);

#endif
