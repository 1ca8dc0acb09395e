/* How failures are made inside the library.
 *
 * fail(code, "format", ...) writes the sentence and is the only expression that yields a status other than FV_OK.
 * note(status, "format", ...) puts context before the sentence ("model.h5: " ...) and yields the status again; the
 * outermost caller comes first. Neither allocates. The names are macros so that no external symbol is a plain word.
 *
 *   if (size != expected) return fail(FV_ERROR_FORMAT, "expected %zu bytes, found %zu", expected, size);
 *   if ((status = read_layer(...))) return note(status, "%s", layer_name);
 */
#ifndef FOVEA_BASE_FAIL_H
#define FOVEA_BASE_FAIL_H

#include <fovea/error.h>

fv_status fv__fail(fv_status code, const char *format, ...) FV_PRINTF(2, 3) FV_CHECK;
fv_status fv__note(fv_status status, const char *format, ...) FV_PRINTF(2, 3) FV_CHECK;

/* The message of a failure kept for later or for another thread (worker threads store it per item and the caller's
 * thread raises it again). `message` holds FV__MESSAGE_SIZE bytes. */
enum { FV__MESSAGE_SIZE = 512 };
void fv__error_save(char message[FV__MESSAGE_SIZE]);
fv_status fv__error_raise(fv_status status, const char message[FV__MESSAGE_SIZE]) FV_CHECK;

#define fail fv__fail
#define note fv__note

/* Leaves the function with the status of an expression that failed. */
#define TRY(expression)                                                                                                \
  do {                                                                                                                 \
    fv_status try_status_ = (expression);                                                                              \
    if (try_status_ != FV_OK) return try_status_;                                                                      \
  } while (0)

#endif
