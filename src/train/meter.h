/* Meters: the loss and the metrics of an epoch so far. Sums are of samples, never means of batches: batches may be cut
 * in any way. A backup holds the sums.
 */
#ifndef FOVEA_TRAIN_METER_H
#define FOVEA_TRAIN_METER_H

#include <fovea/fit.h>

#include "base/fail.h"

enum { FV__METER_NAME = 64, FV__METERS = 16 };

typedef struct fv__meter {
  double loss_sum, samples;
  int32_t count; /* of metrics */
  fv_metric *metrics[FV__METERS];
  char names[FV__METERS][FV__METER_NAME]; /* as logs call them */
  int64_t positions, channels;
  bool sparse;      /* targets are class numbers */
  float *converted; /* targets of a batch in the other form; NULL: no metric wants it */
  int32_t batch_size;
} fv__meter;

/* For the first output of a model. `sparse`: the loss takes class numbers. End it with fv__meter_close, also after a
 * failure. */
fv_status fv__meter_open(fv__meter *meter, const fv_model *model, const fv_fit_options *options, bool sparse,
                         int32_t batch_size) FV_CHECK;
void fv__meter_close(fv__meter *meter);

void fv__meter_reset(fv__meter *meter);

/* A batch: its loss, which is a mean over its samples; targets, answers and weights of the first output. */
fv_status fv__meter_add(fv__meter *meter, double loss, int32_t samples, const float *targets, const float *predictions,
                        const float *sample_weights) FV_CHECK;

/* The loss and each metric: 1 + count numbers, NaN before the first sample. */
void fv__meter_values(const fv__meter *meter, double *values);

/* All sums, to be kept and put back: NULL after the last. */
double *fv__meter_sum(fv__meter *meter, int64_t index);

#endif
