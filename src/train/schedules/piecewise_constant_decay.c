/* Piecewise constant: values[0] up to and with boundaries[0], then values[1], and so on; the last value behind the last
 * boundary. Both are texts of numbers with commas between; check() has counted them.
 */
#include <math.h>

#include "train/schedule.h"

static fv_status check(const fv_schedule_options *o) {
  const char *boundary = o->boundaries, *value = o->values;
  double number, before = -INFINITY;
  int boundaries = 0, values = 0;
  for (; fv__schedule_number(&boundary, &number); boundaries++, before = number)
    if (number <= before) return fail(FV_ERROR_INVALID, "boundaries '%s' do not grow", o->boundaries);
  while (fv__schedule_number(&value, &number)) values++;
  if (*boundary || *value) return fail(FV_ERROR_INVALID, "not a list of numbers: '%s'", *value ? value : boundary);
  if (values == boundaries + 1) return FV_OK;
  return fail(FV_ERROR_INVALID, "%d boundaries need %d values, not %d", boundaries, boundaries + 1, values);
}

static double rate(const fv_schedule_options *o, double step) {
  const char *boundary = o->boundaries, *value = o->values;
  double limit, found = NAN;
  while (fv__schedule_number(&value, &found) && fv__schedule_number(&boundary, &limit) && step > limit) {
  }
  return found;
}

static const fv_option table[] = {{"boundaries", FV_OPTION_TEXT, offsetof(fv_schedule_options, boundaries), NULL, 0, 0,
                                   NULL, "the last step of each value, growing"},
                                  {"values", FV_OPTION_TEXT, offsetof(fv_schedule_options, values), NULL, 0, 0, NULL,
                                   "the rates, one more than boundaries"},
                                  {.name = NULL}};

const fv__schedule_type fv__schedule_piecewise_constant_decay = {
    .name = "PiecewiseConstantDecay",
    .help = "the rate has fixed values between given steps",
    .table = table,
    .rate = rate,
    .check = check,
};
