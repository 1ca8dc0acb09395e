/* Answers and problems. */
#include "serve/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fv__answer_end(fv__answer *answer) {
  if (answer->release) answer->release(answer->owner);
  answer->release = NULL;
  answer->bytes = NULL;
  answer->size = 0;
}

void fv__answer_lend(fv__answer *answer, const char *type, const void *bytes, size_t size, void (*release)(void *owner),
                     void *owner) {
  fv__answer_end(answer);
  answer->status = 200;
  answer->type = type;
  answer->bytes = bytes;
  answer->size = size;
  answer->release = release;
  answer->owner = owner;
}

void fv__answer_bytes(fv__answer *answer, const char *type, void *bytes, size_t size) {
  fv__answer_lend(answer, type, bytes, size, free, bytes);
}

void fv__answer_events(fv__answer *answer, const char *topics) {
  fv__answer_end(answer);
  answer->status = 200;
  answer->type = "text/event-stream";
  answer->cache = "no-store";
  answer->is_stream = true;
  answer->topics = topics;
}

void fv__answer_json(fv__answer *answer, int status, fv__writer *json) {
  if (json->failed) {
    free(json->text);
    static const char none[] = "{\"type\":\"about:blank\",\"title\":\"no memory\",\"status\":503,\"code\":\"busy\"}";
    fv__answer_lend(answer, "application/problem+json", none, sizeof none - 1, NULL, NULL);
    answer->status = 503;
    answer->retry_after = 1;
  } else {
    fv__answer_bytes(answer, "application/json", json->text, json->size);
    answer->status = status;
  }
  *json = (fv__writer){0};
}

static const char *title_of(int status) {
  switch (status) {
  case 400: return "the request is not understood";
  case 403: return "not allowed";
  case 404: return "there is no such thing";
  case 405: return "this method is not used here";
  case 409: return "not now";
  case 410: return "it was given up for lack of memory";
  case 411: return "the length of the body must be said";
  case 413: return "too large";
  case 414: return "the address is too long";
  case 415: return "another kind of content is needed";
  case 421: return "this server goes by other names";
  case 422: return "a value does not fit";
  case 429: return "too much at once";
  case 431: return "too many headers";
  case 501: return "not done here";
  case 503: return "busy";
  default: return "it did not work";
  }
}

static void put_problem(fv__answer *answer, int status, const char *code, const char *hint, const char *where,
                        const char *detail) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "type", "about:blank");
  fv__writer_text(&json, "title", title_of(status));
  fv__writer_whole(&json, "status", status);
  fv__writer_text(&json, "code", code);
  fv__writer_text(&json, "detail", detail);
  if (hint) fv__writer_text(&json, "hint", hint);
  if (where) fv__writer_text(&json, "where", where);
  const int retry_after = status == 503 || status == 429 ? 1 : 0;
  if (retry_after) fv__writer_whole(&json, "retry_after", retry_after);
  fv__writer_end(&json);
  fv__answer_json(answer, status, &json);
  answer->type = "application/problem+json";
  answer->retry_after = retry_after;
  answer->cache = "no-store";
}

void fv__answer_problem(fv__answer *answer, int status, const char *code, const char *hint, const char *format, ...) {
  char detail[640];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(detail, sizeof detail, format, arguments);
  va_end(arguments);
  put_problem(answer, status, code, hint, NULL, detail);
}

void fv__answer_bad(fv__answer *answer, const char *where, const char *format, ...) {
  char detail[640];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(detail, sizeof detail, format, arguments);
  va_end(arguments);
  put_problem(answer, 422, "bad_param", NULL, where, detail);
}

void fv__answer_failure(fv__answer *answer, fv_status status, const char *code) {
  static const struct {
    fv_status status;
    int http;
    const char *code;
  } kinds[] = {{FV_ERROR_INVALID, 422, "bad_param"},
               {FV_ERROR_SHAPE, 422, "shape_mismatch"},
               {FV_ERROR_MEMORY, 503, "busy"},
               {FV_ERROR_FORMAT, 422, "bad_weights"},
               {FV_ERROR_UNSUPPORTED, 422, "unsupported_op"},
               {FV_ERROR_NOT_FOUND, 404, "not_found"},
               {FV_ERROR_STATE, 409, "not_now"},
               {FV_ERROR_NUMBERS, 422, "bad_weights"},
               {FV_ERROR_STOPPED, 409, "cancelled"}};
  int http = 500;
  const char *word = "failed";
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (kinds[i].status != status) continue;
    http = kinds[i].http;
    word = kinds[i].code;
  }
  put_problem(answer, http, code ? code : word, NULL, NULL, fv_error_message());
}

/* A flaw speaks of a file: what it asks for is no parameter of a request, and what it lacks are weights. */
const char *fv__answer_flaw_code(const fv_flaw *flaw) {
  if (!flaw->kind) return "bad_weights";
  return flaw->status == FV_ERROR_SHAPE ? "shape_mismatch" : "unsupported_op";
}

void fv__answer_flaw(fv__answer *answer, const fv_flaw *flaw) {
  put_problem(answer, 422, fv__answer_flaw_code(flaw), "the layers before it can be looked at", flaw->layer,
              flaw->sentence);
}
