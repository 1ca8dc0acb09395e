/* Configurations of training's parts, out of reference numbers. */
#ifndef FOVEA_TESTS_TRAIN_H
#define FOVEA_TESTS_TRAIN_H

#include <jansson.h>

#include <fovea/option.h>

/* Sets the options that `table` has out of a JSON object; null stays the default. Texts are `texts`'s, which must
 * outlive the options. Answers the first name that the table does not have, or NULL. */
enum { TRAIN_TEXTS = 8, TRAIN_TEXT_SIZE = 200 };
const char *train_options(void *options, const fv_option *table, const json_t *config,
                          char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE]);

/* Numbers of a JSON list; free() them. *count may be NULL. */
float *train_numbers(const json_t *list, int64_t *count);

#endif
