/* A training under way: what the parts of `fovea train` share. */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include "learning.h"
#include "progress.h"
#include "recipe.h"
#include "train_data.h"
#include "train_detection.h"
#include "train_model.h"
#include "train_segmentation.h"

enum { TRAIN_PARTS = 2, TRAIN_PATH = 4096 };

/* What a resume found to be other than it was, in the words of the command. */
typedef struct train_differences {
  char text[1024], last[64]; /* sentences, and the last option that was another */
  size_t used;
  int count;
} train_differences;

typedef struct train_run {
  train_options o; /* with what was chosen filled in */
  recipe recipe;
  train_data data;
  train_detection detection;       /* of --task detect */
  train_segmentation segmentation; /* of --task segment */
  train_model network;
  learning learning;
  progress progress;
  float *class_weights;
  fv_augment_options augment;
  bool is_augmented;
  bool in_two_parts; /* the head first, then the last layers too */
  int part;          /* 0 or 1 */
  int32_t epochs[TRAIN_PARTS];
  fv_fit_history histories[TRAIN_PARTS];
  char backup[TRAIN_PATH]; /* "": none */
  bool backup_is_ours;     /* its name was chosen, and it goes when training is complete */
  train_differences differences;
  char rescale[32]; /* of --augment, as if --rescale had said it */
} train_run;

/* What is told before the first step. */
void train_facts_print(const train_run *run, const fv_fit_facts *facts);

/* Fills in what nobody said, from the network and the data. Returns COMMAND_OK or, after a sentence on stderr, the exit
 * status. */
int train_choose(train_run *run);

/* Of a training in two parts: the options and the model of the second. As train_choose. */
int train_choose_second_part(train_run *run);

/* Steps of an epoch. */
int64_t train_steps(const train_run *run);

/* Of --augment what is no augmentation, but how the model is fed: rescale, which is wanted before the network is made;
 * then what is learnt of the training pictures, which goes from run->augment into the model's preprocessing. Return
 * COMMAND_OK or, after a sentence on stderr, the exit status. */
int train_standardise_read(train_run *run);
int train_standardise(train_run *run);

/* Takes a difference of fv_fit_options.on_difference. */
void train_differences_add(train_differences *all, const char *what, const char *now, const char *before);

/* Draws --plot from the histories. Returns the exit status. */
int train_plot_draw(const train_run *run);

/* The last value of a number of the histories; NaN when there is none. */
double train_history_last(const train_run *run, const char *name);

#endif
