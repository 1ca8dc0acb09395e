/* Names of parts. */
#include "train/part.h"

#include "base/text.h"

bool fv__part_is_called(const char *name, const char *class_name, const char *word) {
  char snake[128];
  fv__snake_case(snake, sizeof snake, class_name);
  return fv__text_equal_ignoring_case(name, class_name) || fv__text_equal_ignoring_case(name, snake) ||
         (word && fv__text_equal_ignoring_case(name, word));
}
