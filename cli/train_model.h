/* The network that is trained: found, given a head, frozen, and told how it is fed. */
#ifndef TRAIN_MODEL_H
#define TRAIN_MODEL_H

#include <fovea/dataset.h>

#include "train_options.h"

typedef enum train_kind {
  TRAIN_SCRATCH,  /* all weights are new */
  TRAIN_TRANSFER, /* a trained network with a new head */
  TRAIN_ON        /* a model file that has the right classes already */
} train_kind;

typedef struct train_model {
  fv_model *model;
  train_kind kind;
  char what[160]; /* "EfficientNetLite0 with ImageNet weights" */
  char why[200];  /* of a choice that nobody made; "" otherwise */
} train_model;

/* Makes it for the classes and the pictures of `set`. Returns COMMAND_OK or, after a sentence on stderr, the exit
 * status; fv_model_destroy ends m->model either way. */
int train_model_make(train_model *m, const train_options *o, const fv_dataset *set);

/* Opens the last third of a network that was frozen but for its head. */
fv_status train_model_thaw(fv_model *model);

/* "block1_conv1, block1_conv2 and 3 more" of frozen layers with weights, and how many they are. Returns `text`. */
char *train_model_frozen(char *text, size_t size, const fv_model *model, int32_t *layers, int64_t *parameters);

/* Whether the official ImageNet weights of a backbone are on this machine. */
bool train_model_has_official(const char *backbone, double alpha);

/* Freezes as the word of --freeze says (NULL: nothing); what was frozen when the network was built (normalisation that
 * has learnt from more pictures) stays so. Returns the exit status. */
int train_model_freeze_too(fv_model *model, const char *word);

#endif
