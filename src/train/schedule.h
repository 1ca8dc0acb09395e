/* What a schedule is: one file in src/train/schedules ending in one constant `const fv__schedule_type
 * fv__schedule_FILENAME`. */
#ifndef FOVEA_TRAIN_SCHEDULE_H
#define FOVEA_TRAIN_SCHEDULE_H

#include <stddef.h>

#include <fovea/schedule.h>

#include "base/fail.h"

typedef struct fv__schedule_type {
  const char *name; /* "CosineDecay" */
  const char *help; /* one lower-case sentence */
  const fv_option *table;
  double (*rate)(const fv_schedule_options *options, double step);
  fv_status (*check)(const fv_schedule_options *options); /* beyond the table; NULL: nothing */
} fv__schedule_type;

extern const fv__schedule_type *const fv__schedule_table[];

extern const double fv__schedule_pi;

/* Reads the next number of a list with commas and moves behind it; false at the end and where there is no number. */
bool fv__schedule_number(const char **text, double *number);

/* Lines of option tables. */
#define FV__SCHEDULE_NUMBER(field, value, low, high, help)                                                             \
  { #field, FV_OPTION_FLOAT, offsetof(fv_schedule_options, field), value, low, high, NULL, help }
#define FV__SCHEDULE_BOOL(field, help)                                                                                 \
  { #field, FV_OPTION_BOOL, offsetof(fv_schedule_options, field), "false", 0, 0, NULL, help }

#endif
