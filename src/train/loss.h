/* What a loss is: one file in src/train/losses ending in one constant `const fv__loss_type fv__loss_FILENAME`.
 *
 * A loss is a function of a row of numbers: the channels of one position, of a whole sample or of the whole batch. It
 * returns the row's value and writes the derivative of that value by each prediction. Weights and reduction are the
 * caller's (loss.c).
 */
#ifndef FOVEA_TRAIN_LOSS_H
#define FOVEA_TRAIN_LOSS_H

#include <stddef.h>

#include <fovea/loss.h>

#include "graph/train.h"

/* `gradient` is NULL when nobody wants it. Targets of sparse losses are one number. */
typedef double fv__loss_row(const fv_loss_options *options, const float *targets, const float *predictions,
                            int64_t count, float *gradient);

/* A batch in its own way, where rows are not losses of their own; predictions are samples x positions x channels.
 * Errors: FV_ERROR_INVALID for channels and targets that it cannot be asked with. */
typedef fv_status fv__loss_of_batch(double *value, const fv_loss_options *options, const fv_loss_batch *batch,
                                    float *gradient);

typedef struct fv__loss_type {
  const char *name;       /* "MeanSquaredError" */
  const char *short_name; /* "mse"; NULL: none */
  const char *help;       /* one lower-case sentence */
  const fv_option *table;
  fv__loss_row *row;
  fv__loss_of_batch *batch; /* instead of `row`: one value, in which sample weights do not count; NULL: row */
  bool is_sparse;
  fv__joined joins; /* the activation it may be taken together with, by from_logits */
  bool whole;       /* a row is the batch, or a sample with options->per_sample */
} fv__loss_type;

extern const fv__loss_type *const fv__loss_table[];

/* The activation that the loss may be taken together with, and the loss of what that activation is made of. */
fv__joined fv__loss_joins(const fv_loss *loss);
void fv__loss_take_logits(fv_loss *loss);

/* Lines of option tables. */
extern const char *const fv__loss_reductions[];
#define FV__LOSS_REDUCTION                                                                                             \
  {                                                                                                                    \
    "reduction", FV_OPTION_NAME, offsetof(fv_loss_options, reduction), "sum_over_batch_size", 0, 0,                    \
        fv__loss_reductions, "how the values of a batch become one number"                                             \
  }
#define FV__LOSS_FROM_LOGITS                                                                                           \
  {                                                                                                                    \
    "from_logits", FV_OPTION_BOOL, offsetof(fv_loss_options, from_logits), "false", 0, 0, NULL,                        \
        "predictions are logits instead of probabilities"                                                              \
  }
#define FV__LOSS_SMOOTHING                                                                                             \
  {                                                                                                                    \
    "label_smoothing", FV_OPTION_FLOAT, offsetof(fv_loss_options, label_smoothing), "0", 0, 1, NULL,                   \
        "part of the targets that is spread over all classes"                                                          \
  }
#define FV__LOSS_NUMBER(field, value, high, help)                                                                      \
  { #field, FV_OPTION_FLOAT, offsetof(fv_loss_options, field), value, 0, high, NULL, help }
#define FV__LOSS_PER_SAMPLE                                                                                            \
  {                                                                                                                    \
    "per_sample", FV_OPTION_BOOL, offsetof(fv_loss_options, per_sample), "false", 0, 0, NULL,                          \
        "one value a sample instead of one for the batch"                                                              \
  }

/* The table of losses with no option of their own. */
extern const fv_option fv__loss_plain_table[];

/* Keras's epsilon, and one minus it, as float32 has them: probabilities are kept between the two. */
extern const double fv__loss_least, fv__loss_most;

/* The mean over the row of a function of one target and one prediction; *slope is its derivative. */
typedef double fv__loss_element(const fv_loss_options *options, double target, double prediction, double *slope);
double fv__loss_mean(fv__loss_element *element, const fv_loss_options *options, const float *targets,
                     const float *predictions, int64_t count, float *gradient);

/* The sum over classes of a function of target and probability, the probabilities being softmax of the row (from
 * logits) or the row divided by its sum, kept between least and most. Targets are smoothed; those of a sparse row are
 * `label` (else -1). */
double fv__loss_classes(fv__loss_element *element, const fv_loss_options *options, const float *targets, int64_t label,
                        const float *predictions, int64_t count, float *gradient);

/* Crossentropy of softmax(logits) without any limit: -sum of target * log softmax. `label` as above. */
double fv__loss_of_logits(const fv_loss_options *options, const float *targets, int64_t label, const float *logits,
                          int64_t count, float *gradient);

#endif
