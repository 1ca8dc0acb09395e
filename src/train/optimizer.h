/* What an optimizer is: one file in src/train/optimizers ending in one constant `const fv__optimizer_type
 * fv__optimizer_FILENAME`; and how one is put to work.
 *
 * Gradients, accumulated gradients, averages and slots are long arrays with the same offsets; weights stay where the
 * model has them. An update is one loop over numbers: w, g and the slots of one variable. Numbers that are the same for
 * all weights in a step are made once by prepare().
 */
#ifndef FOVEA_TRAIN_OPTIMIZER_H
#define FOVEA_TRAIN_OPTIMIZER_H

#include <stddef.h>

#include <fovea/optimizer.h>

#include "base/fail.h"

enum { FV__SLOTS = 3, FV__CONSTANTS = 8 };
enum { FV__SLOT_0 = 1, FV__SLOT_1 = 2, FV__SLOT_2 = 4 };

/* One variable: `count` numbers at `weights`, which belong to the model, and at `offset` of all long arrays. */
typedef struct fv__variable {
  float *weights;
  int64_t offset, count;
} fv__variable;

/* What one step does to one variable. */
typedef struct fv__update {
  float *weights;
  const float *gradient;
  float *slots[FV__SLOTS]; /* NULL: it has none */
  int64_t count;
  float constants[FV__CONSTANTS];
} fv__update;

typedef struct fv__optimizer_type {
  const char *name; /* "SGD" */
  const char *help; /* one lower-case sentence */
  const fv_option *table;
  unsigned (*slots)(const fv_optimizer_options *options); /* which, as bits */
  /* What Keras calls them, and how many first ones stand side by side for each weight in its files; of the others there
   * is one for all weights, then the next. */
  const char *slot_names[FV__SLOTS];
  int32_t together;
  bool keeps_product;                                     /* Keras 3's files have it behind all slots */
  double (*initial)(const fv_optimizer_options *options); /* what the first slot starts with; NULL: 0 */
  /* Constants of the step-th update, from 1. *product is 1 before the first and goes from step to step. */
  void (*prepare)(const fv_optimizer_options *options, double rate, int64_t step, double *product, float *constants);
  void (*update)(const fv_optimizer_options *options, const fv__update *update);
} fv__optimizer_type;

extern const fv__optimizer_type *const fv__optimizer_table[];

/* Takes memory for slots; `variables` is copied and `length` the length of the long arrays. Once, before the first
 * step. */
fv_status fv__optimizer_build(fv_optimizer *optimizer, const fv__variable *variables, int32_t count,
                              int64_t length) FV_CHECK;

/* One step. `gradients`, a long array, is changed. Allocates nothing. */
void fv__optimizer_apply(fv_optimizer *optimizer, float *gradients);

double fv__optimizer_rate(const fv_optimizer *optimizer);          /* of the next update */
const float *fv__optimizer_average(const fv_optimizer *optimizer); /* NULL without use_ema */
bool fv__optimizer_has_schedule(const fv_optimizer *optimizer);
void fv__optimizer_set_rate(fv_optimizer *optimizer, double rate); /* without a schedule */

/* Its name in Keras's words, and what it was told. */
const fv__optimizer_type *fv__optimizer_type_of(const fv_optimizer *optimizer);
const fv_optimizer_options *fv__optimizer_options_of(const fv_optimizer *optimizer);

/* What a backup holds beside weights: long arrays, in the order in which Keras's files have them. Those of one group
 * stand side by side for each weight. */
typedef struct fv__optimizer_array {
  const char *name; /* "m", "average", "accumulated" */
  float *numbers;
  int32_t group;
  bool is_ours; /* files that both Kerases read have no place for it: accumulated gradients */
} fv__optimizer_array;
bool fv__optimizer_array_at(const fv_optimizer *optimizer, int32_t index,
                            fv__optimizer_array *array);     /* false: no more */
int64_t fv__optimizer_arrays(const fv_optimizer *optimizer); /* how many there will be */
size_t fv__optimizer_bytes(const fv_optimizer *optimizer);
void fv__optimizer_counters(const fv_optimizer *optimizer, int64_t *calls, double *product);
void fv__optimizer_set_counters(fv_optimizer *optimizer, int64_t calls, double product);

/* Lines of option tables: all of them begin with the learning rate and end with what optimizers share. */
#define FV__OPTIMIZER_NUMBER(field, value, low, high, help)                                                            \
  { #field, FV_OPTION_FLOAT, offsetof(fv_optimizer_options, field), value, low, high, NULL, help }
#define FV__OPTIMIZER_BOOL(field, help)                                                                                \
  { #field, FV_OPTION_BOOL, offsetof(fv_optimizer_options, field), "false", 0, 0, NULL, help }
#define FV__OPTIMIZER_COUNT(field, help)                                                                               \
  { #field, FV_OPTION_INT, offsetof(fv_optimizer_options, field), "0", 0, 1e9, NULL, help }
#define FV__OPTIMIZER_RATE(value)                                                                                      \
  FV__OPTIMIZER_NUMBER(learning_rate, value, 0, 1e30, "how far weights follow their gradients")
#define FV__OPTIMIZER_SHARED(decay)                                                                                    \
  FV__OPTIMIZER_NUMBER(weight_decay, decay, 0, 1e30, "weights shrink by this part of the learning rate each update"),  \
      FV__OPTIMIZER_NUMBER(clipnorm, "0", 0, 1e30, "longest gradient of one variable; 0: no limit"),                   \
      FV__OPTIMIZER_NUMBER(global_clipnorm, "0", 0, 1e30, "longest gradient of all variables; 0: no limit"),           \
      FV__OPTIMIZER_NUMBER(clipvalue, "0", 0, 1e30, "largest number of a gradient; 0: no limit"),                      \
      FV__OPTIMIZER_BOOL(use_ema, "keep a moving average of the weights"),                                             \
      FV__OPTIMIZER_NUMBER(ema_momentum, "0.99", 0, 1, "what an average keeps each step"),                             \
      FV__OPTIMIZER_COUNT(ema_overwrite_frequency, "steps after which weights become their average; 0: never"),        \
      FV__OPTIMIZER_COUNT(gradient_accumulation_steps, "update once with the mean of so many gradients; 0: each"), {   \
    .name = NULL                                                                                                       \
  }

/* What Adam and AdamW share: all but the usual weight decay. */
#define FV__ADAM_OPTIONS(decay)                                                                                        \
  FV__OPTIMIZER_RATE("0.001"),                                                                                         \
      FV__OPTIMIZER_NUMBER(beta_1, "0.9", 0, 1, "what the mean of gradients keeps each step"),                         \
      FV__OPTIMIZER_NUMBER(beta_2, "0.999", 0, 1, "what the mean of squares keeps each step"),                         \
      FV__OPTIMIZER_NUMBER(epsilon, "1e-07", 0, 1e30, "keeps divisors from zero"),                                     \
      FV__OPTIMIZER_BOOL(amsgrad, "divide by the largest mean of squares so far"), FV__OPTIMIZER_SHARED(decay)

unsigned fv__adam_slots(const fv_optimizer_options *options);
void fv__adam_prepare(const fv_optimizer_options *options, double rate, int64_t step, double *product,
                      float *constants);
void fv__adam_update(const fv_optimizer_options *options, const fv__update *update);

#endif
