/* The part of `fovea train` that is of --task detect: sets with boxes, a detector, targets. */
#ifndef TRAIN_DETECTION_H
#define TRAIN_DETECTION_H

#include <fovea/detector.h>

typedef struct train_detection {
  fv_detection_set *set, *validation; /* NULL: another task; no validation */
  fv_target_maker targets, validation_targets;
} train_detection;

struct train_run;

/* Opens the data, builds the network and fills in what nobody said. Returns COMMAND_OK or, after a sentence on stderr,
 * the exit status; train_detection_close ends it either way. */
int train_detection_open(struct train_run *run, const char *data);
void train_detection_close(train_detection *detection);

/* Data and classes, as lines of what is told before the first step. */
void train_detection_print(const struct train_run *run);

#endif
