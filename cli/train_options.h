/* What `fovea train` can be told, on the command line or in a recipe. */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include "model_argument.h"
#include "speed.h"

enum { TRAIN_TEXT = 1, TRAIN_JSON };
enum { STYLE_KERAS3 = 1, STYLE_KERAS1 };
enum { SHUFFLE_EPOCH = 1, SHUFFLE_NONE };
enum { SPLIT_DRAWN = 1, SPLIT_FIRST };
enum { TASK_CLASSIFY = 1, TASK_DETECT, TASK_SEGMENT };
enum { TRAIN_DOCUMENTED = 1, TRAIN_KERAS3, TRAIN_KERAS2 };

/* Words that stay unset are NULL, and numbers 0, so that what they default to may depend on the others. */
typedef struct train_options {
  const char *output;
  int32_t task;
  /* detection */
  const char *only, *backbone;
  int32_t anchors[FV_OPTION_INTS_MAX];
  /* segmentation */
  const char *masks, *ignore;
  /* the network */
  const char *network; /* --model */
  model_options model;
  bool by_name;
  const char *rescale, *head, *freeze;
  /* learning; one text a word of the optimizer, by its own name */
  const char *optimizer, *learning_rate, *momentum, *nesterov, *rho, *epsilon, *beta_1, *beta_2, *weight_decay,
      *clipnorm, *global_clipnorm, *clipvalue, *accumulate;
  const char *schedule, *loss, *metrics, *regularizer, *class_weight;
  int32_t epochs, batch_size, self_organize, seed, shuffle, compat;
  double max_steps, samples_per_epoch;
  /* data */
  const char *validation, *class_names, *augment;
  double validation_split, validation_samples, moving_momentum;
  int32_t split, overfit;
  bool cache, train_whole;
  /* what is written */
  bool explore;
  const char *checkpoint, *monitor, *tensorboard, *csv_log, *log_file, *plot, *backup, *resume, *save_recipe;
  bool save_best_only, resume_anyway, find_lr;
  double backup_steps, memory_limit;
  const char *early_stopping, *reduce_lr;
  speed_options speed;
  int32_t format, style;
} train_options;

/* The table over it, for the command and for recipes. */
extern const fv_option train_option_table[];

/* What can be said about the options before anything is opened: numbers that must be whole, options that exclude each
 * other, files that cannot be written. Returns COMMAND_OK or, after a sentence on stderr, the exit status. */
int train_check(const train_options *o);

/* Makes the folders that outputs want and that are missing. Returns as train_check. */
int train_make_folders(const train_options *o);

#endif
