/* A training that is watched in the browser while it runs: --explore. */
#ifndef TRAIN_EXPLORE_H
#define TRAIN_EXPLORE_H

#include <fovea-tools/explore.h>

#include "train_options.h"

typedef struct train_explore {
  fv_explorer *explorer; /* NULL: nobody watches */
  char log[4096];        /* a log of our own; "": the user's */
} train_explore;

/* Opens the page when the options ask for it; the log that it follows is --log-file, or one of our own. Returns
 * COMMAND_OK or, after a sentence on stderr, the exit status. train_explore_end ends it either way. */
int train_explore_begin(train_explore *watch, train_options *o);

/* Ends the page. When somebody sits before it and training was successful, it stays until Ctrl-C, with the trained
 * model. */
void train_explore_end(train_explore *watch, fv_model *trained, bool successful);

#endif
