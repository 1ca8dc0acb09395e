/* Names of parts: a class of Keras, its snake case, or another word. */
#ifndef FOVEA_TRAIN_PART_H
#define FOVEA_TRAIN_PART_H

#include <stdbool.h>

/* Whether `name` is `class_name` ("MeanSquaredError"), its snake case, or `word` ("mse"; NULL: there is none), capital
 * letters making no difference. */
bool fv__part_is_called(const char *name, const char *class_name, const char *word);

#endif
