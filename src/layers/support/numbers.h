/* Lists of numbers in options that are kept as JSON text: "0.5", "[0.1, 0.2]", nested brackets too. */
#ifndef FOVEA_LAYERS_SUPPORT_NUMBERS_H
#define FOVEA_LAYERS_SUPPORT_NUMBERS_H

#include <stdint.h>

#include "base/fail.h"

/* Reads all numbers of `text`, row-major; stores the first `room` of them and sets `count` to how many there are.
 * Errors: FV_ERROR_INVALID when there is none, more than `room`, or something else than a finite number. */
fv_status fv__numbers_read(const char *text, double *numbers, int64_t room, int64_t *count) FV_CHECK;

#endif
