/* Failure sentences: one fixed buffer per thread. */
#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char last_message[FV__MESSAGE_SIZE];

const char *fv_error_message(void) { return last_message; }

const char *fv_status_name(fv_status status) {
  switch (status) {
  case FV_OK: return "ok";
  case FV_ERROR_INVALID: return "invalid";
  case FV_ERROR_SHAPE: return "shape";
  case FV_ERROR_MEMORY: return "memory";
  case FV_ERROR_IO: return "io";
  case FV_ERROR_FORMAT: return "format";
  case FV_ERROR_UNSUPPORTED: return "unsupported";
  case FV_ERROR_NOT_FOUND: return "not found";
  case FV_ERROR_STATE: return "state";
  case FV_ERROR_NUMBERS: return "numbers";
  case FV_ERROR_STOPPED: return "stopped";
  }
  return "unknown";
}

/* File and layer names reach messages: control characters would let a model file write to the user's terminal. */
static void make_printable(char *text) {
  for (unsigned char *c = (unsigned char *)text; *c; c++)
    if (*c < 0x20 || *c == 0x7f) *c = '?';
}

fv_status fv__fail(fv_status code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char fresh[FV__MESSAGE_SIZE]; /* the arguments may point into the old message */
  vsnprintf(fresh, sizeof fresh, format, arguments);
  va_end(arguments);
  make_printable(fresh);
  memcpy(last_message, fresh, sizeof fresh);
  return code;
}

fv_status fv_error_set(fv_status status, const char *sentence) {
  return status ? fv__fail(status, "%s", sentence) : FV_OK;
}

fv_status fv__note(fv_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char context[FV__MESSAGE_SIZE];
  int length = vsnprintf(context, sizeof context, format, arguments);
  va_end(arguments);
  if (length < 0) return status;
  make_printable(context);
  char joined[2 * FV__MESSAGE_SIZE + 2];
  snprintf(joined, sizeof joined, "%s: %s", context, last_message);
  joined[FV__MESSAGE_SIZE - 1] = '\0';
  memcpy(last_message, joined, FV__MESSAGE_SIZE);
  return status;
}

void fv__error_save(char message[FV__MESSAGE_SIZE]) { memcpy(message, last_message, FV__MESSAGE_SIZE); }

fv_status fv__error_raise(fv_status status, const char message[FV__MESSAGE_SIZE]) {
  if (message != last_message) memcpy(last_message, message, FV__MESSAGE_SIZE);
  return status;
}
