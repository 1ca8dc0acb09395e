/* How a network learns: the words of the command made into what the library takes. */
#ifndef LEARNING_H
#define LEARNING_H

#include <fovea/fit.h>

#include "train_options.h"
#include "words.h"

enum { LEARNING_METRICS = 12, LEARNING_CALLBACKS = 8, LEARNING_TEXT = 2048 };

/* How long training is, for schedules. */
typedef struct learning_span {
  int32_t epochs;
  int64_t steps; /* of an epoch */
} learning_span;

typedef struct learning {
  char optimizer[WORDS_NAME];
  fv_optimizer_options optimizer_options;
  fv_schedule *schedule; /* NULL: none */
  char schedule_text[WORDS_NAME];
  char boundaries[LEARNING_TEXT], values[LEARNING_TEXT]; /* of the schedule "step" */
  words loss_words, metric_words[LEARNING_METRICS];
  fv_loss_options loss_options;
  fv_metric_options metric_options[LEARNING_METRICS];
  fv_fit_metric metrics[LEARNING_METRICS];
  int32_t metric_count;
  fv_regularizer regularizer;
  fv_callback callbacks[LEARNING_CALLBACKS];
  int32_t callback_count;
  double best, best_saved; /* what early stopping and checkpoints have seen in the part before; NaN: nothing */
} learning;

/* Reads what needs no data: a wrong word ends before any work. The optimizer may be chosen later. learning_free ends
 * it, also after a failure. Both answer COMMAND_OK or, after a sentence on stderr, the exit status. */
int learning_read(learning *l, const train_options *o);
/* The schedule, which depends on how many steps there are. */
int learning_make_schedule(learning *l, const train_options *o, learning_span span);
void learning_free(learning *l);

/* Callbacks in the order Keras's user would give them. `append`: they go on where those of the part before have ended:
 * logs behind what they have, and only what is better than the best so far is better. */
int learning_make_callbacks(learning *l, const train_options *o, bool has_validation, bool append);

/* The number that callbacks watch. */
const char *learning_monitor(const train_options *o, bool has_validation);

/* A weight a class; *weights is NULL without --class-weight, else to be freed. */
int learning_class_weights(float **weights, const train_options *o, const fv_dataset *set);

#endif
