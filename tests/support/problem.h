/* One-line problems of operations: what a line of tests/cases says, and the data to run it on.
 *
 *   n=1 h=7 w=9 c=5 out=16 k=3,3 s=1,1 d=1,1 pad=1,1,1,1 groups=1 norm bias residual clamp=0,6   # why
 *
 * pad is top,bottom,left,right; the output extents follow. What is left out is 1, or 0 for pad, or absent.
 * nan: one number in the middle of x is NaN. zeros: every number of x below 0.2 is 0. pool: average. unary: f=NAME
 * p=a,b,c,d. binary: f=NAME and the second value's extents b=n,h,w,c. softmax: axis.
 */
#ifndef TESTS_SUPPORT_PROBLEM_H
#define TESTS_SUPPORT_PROBLEM_H

#include "ops/op.h"

typedef struct problem {
  fv__op op;
  int64_t extents[3][4]; /* of x[0], x[1], y */
  int64_t kernel_count, bias_count;
  bool second, residual;
  bool nan;        /* one number in the middle of x is NaN */
  bool zeros;      /* every number of x below 0.2 is 0 */
  int64_t length;  /* numbers in one sum, for the tolerance */
  double absolute; /* allowed besides */
} problem;

/* False with a message when the line does not make sense. */
bool problem_read(problem *p, const char *kind, const char *line, char *message, size_t size);

/* Plain versions of the activation functions, in double. */
fv__unary_function *problem_unary(const char *name, int32_t *slot);

#endif
