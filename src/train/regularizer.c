/* Regularisers. */
#include <fovea/regularizer.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "train/part.h"

/* Which of the two numbers a class has; what it has and is not told is Keras's 0.01. */
typedef struct kind {
  const char *name, *word;
  bool has_l1, has_l2;
} kind;

static const kind kinds[] = {{"L1", "l1", true, false}, {"L2", "l2", false, true}, {"L1L2", "l1_l2", true, true}};
static const double usual = 0.01;

static const kind *find(const char *name) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (fv__part_is_called(name, kinds[i].name, kinds[i].word)) return &kinds[i];
  return NULL;
}

static fv_status check(const fv_regularizer *r) {
  if (r->l1 >= 0 && r->l2 >= 0 && isfinite(r->l1) && isfinite(r->l2)) return FV_OK;
  return fail(FV_ERROR_INVALID, "a regulariser's numbers must be at least 0, not %g and %g", r->l1, r->l2);
}

/* ---- from text */

static fv_status read_words(fv_regularizer *r, const char *text) {
  char name[32];
  const size_t length = strcspn(text, ":");
  if (!strcmp(text, "none") || !*text) return FV_OK;
  snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
  const kind *found = find(name);
  if (!found) return fail(FV_ERROR_NOT_FOUND, "no regulariser is called '%s'; there are l1, l2 and l1_l2", name);
  double numbers[2] = {usual, usual};
  const char *rest = text + length;
  for (int i = 0; *rest; i++) {
    char number[64];
    const size_t digits = strcspn(++rest, ",");
    snprintf(number, sizeof number, "%.*s", (int)(digits < sizeof number ? digits : sizeof number - 1), rest);
    if (i >= found->has_l1 + found->has_l2 || !fv__text_to_double(number, &numbers[i]))
      return fail(FV_ERROR_INVALID, "'%s': expected %s", text,
                  found->has_l1 && found->has_l2 ? "l1_l2:NUMBER,NUMBER" : "one number after the colon");
    rest += digits;
  }
  r->l1 = found->has_l1 ? numbers[0] : 0;
  r->l2 = found->has_l2 ? numbers[found->has_l1 ? 1 : 0] : 0;
  return check(r);
}

/* ---- from a configuration. Keras 1 has "name" and the numbers beside it; L1L2 of later ones defaults to 0. */

static double number_of(const json_t *config, const char *name, double otherwise) {
  const json_t *value = json_object_get(config, name);
  return json_is_number(value) ? json_number_value(value) : otherwise;
}

static fv_status read_object(fv_regularizer *r, const json_t *object) {
  const char *name = json_string_value(json_object_get(object, "class_name"));
  const json_t *config = json_object_get(object, "config");
  if (!name) name = json_string_value(json_object_get(object, "name"));
  if (!json_is_object(config)) config = object;
  const kind *found = name ? find(!strcmp(name, "WeightRegularizer") ? "L1L2" : name) : NULL;
  if (!found) return fail(FV_ERROR_NOT_FOUND, "no regulariser is called '%s'", name ? name : "");
  const double otherwise = found->has_l1 && found->has_l2 ? 0 : usual;
  if (found->has_l1) r->l1 = number_of(config, "l1", otherwise);
  if (found->has_l2) r->l2 = number_of(config, "l2", otherwise);
  return check(r);
}

fv_status fv_regularizer_read(fv_regularizer *regularizer, const char *text) {
  *regularizer = (fv_regularizer){0, 0};
  json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
  fv_status status = FV_OK;
  if (json_is_object(json))
    status = read_object(regularizer, json);
  else if (!json_is_null(json))
    status = read_words(regularizer, json_is_string(json) ? json_string_value(json) : text);
  json_decref(json);
  if (status) *regularizer = (fv_regularizer){0, 0};
  return status;
}

char *fv_regularizer_text(char *text, size_t size, const fv_regularizer *regularizer) {
  char l1[32], l2[32];
  fv__text_from_double(l1, sizeof l1, regularizer->l1);
  fv__text_from_double(l2, sizeof l2, regularizer->l2);
  if (regularizer->l1 > 0 && regularizer->l2 > 0)
    snprintf(text, size, "l1_l2:%s,%s", l1, l2);
  else if (regularizer->l1 > 0)
    snprintf(text, size, "l1:%s", l1);
  else if (regularizer->l2 > 0)
    snprintf(text, size, "l2:%s", l2);
  else
    snprintf(text, size, "none");
  return text;
}

/* ---- numbers */

double fv_regularizer_penalty(const fv_regularizer *regularizer, const float *numbers, int64_t count) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < count; i++) {
    sum += fabs(numbers[i]);
    squares += (double)numbers[i] * numbers[i];
  }
  return regularizer->l1 * sum + regularizer->l2 * squares;
}

void fv_regularizer_add_slope(const fv_regularizer *regularizer, const float *numbers, int64_t count, float *gradient) {
  const float l1 = (float)regularizer->l1, twice_l2 = (float)(2 * regularizer->l2);
  for (int64_t i = 0; i < count; i++) {
    const float sign = (float)((numbers[i] > 0) - (numbers[i] < 0));
    gradient[i] += l1 * sign + twice_l2 * numbers[i];
  }
}

static bool is_any(const fv_regularizer *regularizer) { return regularizer->l1 > 0 || regularizer->l2 > 0; }

const fv_regularizer *fv_regularizers_of(const fv_regularizers *regularizers, const fv_weight_info *weight) {
  const fv_regularizer *found = NULL;
  if (fv__text_ends_with(weight->name, "kernel")) found = &regularizers->kernel;
  if (fv__text_ends_with(weight->name, "bias")) found = &regularizers->bias;
  return found && weight->trainable && is_any(found) ? found : NULL;
}
