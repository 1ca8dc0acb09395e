/* Schedules by name, and the rate of a step. */
#include "train/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "train/part.h"

struct fv_schedule {
  const fv__schedule_type *type;
  fv_schedule_options options;
  fv__arena arena; /* texts */
};

const double fv__schedule_pi = 3.14159265358979323846;

bool fv__schedule_number(const char **text, double *number) {
  char digits[64];
  const size_t length = strcspn(*text, ",");
  if (length == 0 || length >= sizeof digits) return false;
  snprintf(digits, sizeof digits, "%.*s", (int)length, *text);
  if (!fv__text_to_double(digits, number)) return false;
  *text += length + ((*text)[length] == ',');
  return true;
}

static const fv__schedule_type *find(const char *name) {
  for (const fv__schedule_type *const *type = fv__schedule_table; *type; type++)
    if (fv__part_is_called(name, (*type)->name, NULL)) return *type;
  return NULL;
}

static fv_status fill(fv_schedule *schedule, const fv_schedule_options *options) {
  fv_schedule_options *copy = &schedule->options;
  if (options) *copy = *options;
  TRY(fv_options_complete(copy, schedule->type->table));
  const char *boundaries = copy->boundaries, *values = copy->values;
  copy->boundaries = fv__arena_text(&schedule->arena, boundaries);
  copy->values = fv__arena_text(&schedule->arena, values);
  if ((boundaries && !copy->boundaries) || (values && !copy->values))
    return fail(FV_ERROR_MEMORY, "no memory for a schedule");
  return schedule->type->check ? schedule->type->check(copy) : FV_OK;
}

fv_status fv_schedule_create(fv_schedule **schedule, const char *name, const fv_schedule_options *options) {
  *schedule = NULL;
  const fv__schedule_type *type = find(name);
  if (!type) return fail(FV_ERROR_NOT_FOUND, "no schedule is called '%s'", name);
  fv_schedule *made = calloc(1, sizeof *made);
  if (!made) return fail(FV_ERROR_MEMORY, "no memory for a schedule");
  made->type = type;
  fv_status status = fill(made, options);
  if (status) {
    fv_schedule_destroy(made);
    return note(status, "%s", type->name);
  }
  *schedule = made;
  return FV_OK;
}

void fv_schedule_destroy(fv_schedule *schedule) {
  if (!schedule) return;
  fv__arena_clear(&schedule->arena);
  free(schedule);
}

double fv_schedule_rate(const fv_schedule *schedule, int64_t step) {
  return schedule->type->rate(&schedule->options, (double)step);
}

const char *fv_schedule_name(int32_t index) {
  for (int32_t i = 0; fv__schedule_table[i]; i++)
    if (i == index) return fv__schedule_table[i]->name;
  return NULL;
}

const char *fv_schedule_help(const char *name) {
  const fv__schedule_type *type = find(name);
  return type ? type->help : NULL;
}

const fv_option *fv_schedule_table(const char *name) {
  const fv__schedule_type *type = find(name);
  return type ? type->table : NULL;
}
