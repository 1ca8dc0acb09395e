/* Measuring: the clock, and one op with random data. Other work on the machine only ever makes things
 * slower, so minima of interleaved runs are compared, within one run of a program. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <fovea/cpu.h>

#include "ops/op.h"

/* This thread's processor time: other programs cannot take from it. */
double measure_seconds(void);

/* An op whose way, data, packed weights and scratch are ready. */
typedef struct measured_op {
  fv__op op;
  fv__op_call call;
  const fv__way *way;
  double flops, seconds; /* seconds: of the best run */
  void *blocks[8];       /* its memory */
  size_t block_bytes[8];
  int block_count;
} measured_op;

/* The op at the level asked for by FOVEA_CPU, by `way` or, when that is NULL, the way a plan would take; on one thread.
 * Ends the program when there is no memory. */
void measure_prepare(measured_op *m, const fv__op *op, const fv__way *way);
void measure_once(measured_op *m);
void measure_release(measured_op *m);

/* A convolution, depthwise convolution or pooling with "same" padding, or a dense layer (h = w = 1). */
fv__op measure_window(const fv__op_type *type, int64_t h, int64_t w, int64_t c, int64_t out_c, int32_t kernel,
                      int32_t stride);

#endif
