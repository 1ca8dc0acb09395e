/* The option activation="...": a word is looked up among the layers that are functions too and lowered as that layer
 * would be, with its function's own defaults. */
#include <stdio.h>
#include <string.h>

#include "layers/support/common.h"

static bool is_linear(const char *word) { return !word || !*word || strcmp(word, "linear") == 0; }

fv_status fv__activation_check(const char *word) {
  if (is_linear(word) || fv__layer_find_function(word)) return FV_OK;
  char words[FV__MESSAGE_SIZE] = "";
  size_t used = 0;
  for (const fv__layer_type *const *type = fv__layer_table; *type && used < sizeof words; type++)
    if ((*type)->kind.function)
      used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", used ? ", " : "", (*type)->kind.function);
  return fail(FV_ERROR_UNSUPPORTED, "unknown activation '%s', expected one of %s", word, words);
}

int32_t fv__activation_lower(const char *word, int32_t value, fv__program *program) {
  if (is_linear(word) || program->out_of_memory) return value;
  const fv__layer_type *type = fv__layer_find_function(word);
  fv__lower_call call = {
      .options = type->function_options, .inputs = &value, .input_count = 1, .output = fv__value_shape(program, value)};
  return type->lower(&call, program);
}
