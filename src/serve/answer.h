/* What a client gets back. A handler fills it in with one of these calls; the last one counts.
 *
 * Failures are problems (RFC 9457): {"type", "title", "status", "code", "detail", "hint"?, "where"?, "retry_after"?}.
 */
#ifndef FOVEA_SERVE_ANSWER_H
#define FOVEA_SERVE_ANSWER_H

#include <fovea/error.h>
#include <fovea/flaw.h>

#include "serve/writer.h"

typedef struct fv__answer {
  int status; /* of HTTP */
  const char *type;
  const void *bytes;
  size_t size;
  void (*release)(void *owner); /* NULL: the bytes live as long as the server */
  void *owner;
  bool gzipped;       /* the bytes are compressed already */
  bool download;      /* to be saved, not shown */
  const char *cache;  /* Cache-Control; NULL: no-cache with an ETag for 200, no-store else */
  char tag[40];       /* ETag without quotes; "": made from the bytes */
  int retry_after;    /* seconds; 0: none */
  bool is_stream;     /* an endless answer: events of these topics */
  const char *topics; /* lent by the request */
} fv__answer;

/* Takes the text of `json` over. */
void fv__answer_json(fv__answer *answer, int status, fv__writer *json);

/* Bytes of the heap, which are taken over. */
void fv__answer_bytes(fv__answer *answer, const char *type, void *bytes, size_t size);

/* Lends bytes until `release(owner)`; NULL: for ever. */
void fv__answer_lend(fv__answer *answer, const char *type, const void *bytes, size_t size, void (*release)(void *owner),
                     void *owner);

/* Events of these topics (hub.h), without end. */
void fv__answer_events(fv__answer *answer, const char *topics);

/* A problem. `code` is one word of the list in docs/explorer.md, `hint` what to do (NULL: none). */
void fv__answer_problem(fv__answer *answer, int status, const char *code, const char *hint, const char *format, ...)
    FV_PRINTF(5, 6);

/* The problem that a failed call of the library is; its sentence is the detail. `code` NULL: by the status. */
void fv__answer_failure(fv__answer *answer, fv_status status, const char *code);

/* 422: a query or a field is not what it must be. */
void fv__answer_bad(fv__answer *answer, const char *where, const char *format, ...) FV_PRINTF(3, 4);

/* 422: a layer that a model lacks, or that lacks its weights; and the code that stands for that. */
void fv__answer_flaw(fv__answer *answer, const fv_flaw *flaw);
const char *fv__answer_flaw_code(const fv_flaw *flaw);

/* Frees what the answer holds. */
void fv__answer_end(fv__answer *answer);

#endif
