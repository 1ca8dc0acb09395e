/* Errors: a status from every function that can fail, and one sentence that says what and where.
 *
 * The sentence is kept per thread, at most 511 bytes, and stays until the next failure on that thread. It is lower
 * case and names the file, the place, what was expected and what was found:
 *   model.h5: block1_conv1/kernel: expected 6912 bytes, found 3
 */
#ifndef FOVEA_ERROR_H
#define FOVEA_ERROR_H

#include <fovea/export.h>

FV_BEGIN_DECLARATIONS

typedef enum fv_status {
  FV_OK = 0,
  FV_ERROR_INVALID,     /* an argument or option has no meaning */
  FV_ERROR_SHAPE,       /* shapes do not fit each other */
  FV_ERROR_MEMORY,      /* no memory, or more than the limit allows */
  FV_ERROR_IO,          /* the system could not read or write */
  FV_ERROR_FORMAT,      /* a file is damaged or breaks its format */
  FV_ERROR_UNSUPPORTED, /* well-formed, but fovea does not do it */
  FV_ERROR_NOT_FOUND,   /* no such file, layer, name */
  FV_ERROR_STATE,       /* not now: wrong order of calls, or something changed meanwhile */
  FV_ERROR_NUMBERS,     /* NaN or infinity where numbers are needed */
  FV_ERROR_STOPPED      /* a callback or a signal asked to stop */
} fv_status;

/* The sentence of this thread's last failure, or "" when there was none. Lent until the thread's next failure. */
FV_API const char *fv_error_message(void);

/* For code around the library (callbacks, tools): makes `sentence` this thread's last failure and returns `status`. A
 * status of FV_OK changes nothing. */
FV_API FV_CHECK fv_status fv_error_set(fv_status status, const char *sentence);

/* The lower-case word for a status: "ok", "invalid", "shape" ... Never NULL. */
FV_API const char *fv_status_name(fv_status status);

FV_END_DECLARATIONS

#endif
