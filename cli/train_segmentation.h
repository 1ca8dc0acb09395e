/* The part of `fovea train` that is of --task segment: sets with masks, a segmenter, targets. */
#ifndef TRAIN_SEGMENTATION_H
#define TRAIN_SEGMENTATION_H

#include <fovea/segmenter.h>

enum { SEGMENTATION_TEXT = 4096 };

typedef struct train_segmentation {
  fv_mask_set *set, *validation; /* NULL: another task; no validation */
  fv_mask_set *whole;            /* that both are parts of; NULL: they are not */
  fv_target_maker targets, validation_targets;
  char loss[SEGMENTATION_TEXT], metrics[64]; /* that were chosen */
} train_segmentation;

struct train_run;

/* Opens the data, builds the network and fills in what nobody said. Returns COMMAND_OK or, after a sentence on stderr,
 * the exit status; train_segmentation_close ends it either way. */
int train_segmentation_open(struct train_run *run, const char *data);
void train_segmentation_close(train_segmentation *segmentation);

/* Data and classes, as lines of what is told before the first step. */
void train_segmentation_print(const struct train_run *run);

#endif
