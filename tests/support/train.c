/* Configurations of training's parts, out of reference numbers. */
#include "support/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_value(char *text, size_t size, const json_t *value) {
  const size_t used = strlen(text);
  if (json_is_string(value)) snprintf(text + used, size - used, "%s", json_string_value(value));
  if (json_is_boolean(value)) snprintf(text + used, size - used, "%s", json_is_true(value) ? "true" : "false");
  if (json_is_number(value)) snprintf(text + used, size - used, "%.15g", json_number_value(value));
  for (size_t i = 0; i < json_array_size(value); i++) {
    const size_t end = strlen(text);
    if (i) snprintf(text + end, size - end, ",");
    write_value(text, size, json_array_get(value, i));
  }
}

/* A number 0 is meant, also where it is not the default. */
static void mean_zero(void *field, const fv_option *option) {
  if (option->kind == FV_OPTION_INT) *(int32_t *)field = FV_ZERO;
  if (option->kind == FV_OPTION_FLOAT) *(double *)field = FV_ZERO;
}

const char *train_options(void *options, const fv_option *table, const json_t *config,
                          char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE]) {
  const char *name;
  json_t *value;
  int used = 0;
  json_object_foreach((json_t *)(uintptr_t)config, name, value) {
    if (json_is_null(value)) continue;
    const fv_option *option = fv_option_find(table, name);
    if (!option || used == TRAIN_TEXTS) return name;
    texts[used][0] = 0;
    write_value(texts[used], TRAIN_TEXT_SIZE, value);
    if (fv_option_set(options, option, texts[used++])) return fv_error_message();
    if (json_is_number(value) && json_number_value(value) == 0) mean_zero((char *)options + option->offset, option);
  }
  return NULL;
}

float *train_numbers(const json_t *list, int64_t *count) {
  float *numbers = calloc(json_array_size(list) + 1, sizeof *numbers);
  if (!numbers) abort();
  for (size_t i = 0; i < json_array_size(list); i++) numbers[i] = (float)json_number_value(json_array_get(list, i));
  if (count) *count = (int64_t)json_array_size(list);
  return numbers;
}
