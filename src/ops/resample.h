/* Which input positions one output position of a resampling reads along an axis, and how much each counts. */
#ifndef FOVEA_OPS_RESAMPLE_H
#define FOVEA_OPS_RESAMPLE_H

#include "ops/op.h"

enum { FV__RESAMPLE_TAPS = 4 };

typedef struct fv__resample_line {
  int taps;
  int64_t at[FV__RESAMPLE_TAPS];
  double weight[FV__RESAMPLE_TAPS];
} fv__resample_line;

fv__resample_line fv__resample_line_at(fv__resample_kind kind, int64_t index, int64_t extent, int64_t output);

#endif
