/* Lists of numbers: brackets, commas and blanks separate, everything else must be numbers. */
#include "layers/support/numbers.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

fv_status fv__numbers_read(const char *text, double *numbers, int64_t room, int64_t *count) {
  static const char separators[] = "[](), \t\r\n";
  *count = 0;
  for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
    char word[64];
    const size_t length = strcspn(text, separators);
    double number = 0;
    if (length < sizeof word) {
      memcpy(word, text, length);
      word[length] = '\0';
    }
    if (length >= sizeof word || !fv__text_to_double(word, &number) || !isfinite(number))
      return fail(FV_ERROR_INVALID, "expected numbers, found '%.*s'", (int)(length < 60 ? length : 60), text);
    if (*count < room) numbers[*count] = number;
    ++*count;
    text += length;
  }
  if (*count == 0) return fail(FV_ERROR_INVALID, "expected numbers, found none");
  if (*count > room)
    return fail(FV_ERROR_INVALID, "expected at most %" PRId64 " numbers, found %" PRId64, room, *count);
  return FV_OK;
}
