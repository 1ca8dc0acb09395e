/* What handlers want from an address; each answers with the problem when it is not there. */
#ifndef FOVEA_SERVE_WANT_H
#define FOVEA_SERVE_WANT_H

#include "serve/route.h"
#include "serve/runs.h"
#include "serve/server.h"
#include "serve/shown.h"

/* The model of capture `capture`; NULL: the answer is 404. Left with fv__shown_leave. */
fv__shown *fv__want_model(fv__request *request, fv__answer *answer, int capture);

/* The run, which is done; NULL: the answer is 404, 410 when it was given up, 409 while it is computed. */
fv__run *fv__want_run(fv__request *request, fv__answer *answer, int capture);

/* A layer's index; -1: the answer is 404, or 422 for a layer that could not be made. */
int32_t fv__want_layer(fv__request *request, fv__answer *answer, int capture, const fv__shown *shown);

/* A whole number of the query; `otherwise` when it is not there. False: the answer is 422. */
bool fv__want_whole(fv__request *request, fv__answer *answer, const char *key, int64_t low, int64_t high,
                    int64_t otherwise, int64_t *number);

/* A number, likewise. */
bool fv__want_number(fv__request *request, fv__answer *answer, const char *key, double low, double high,
                     double otherwise, double *number);

/* Which of some words (ended by NULL) the query says; the first when it says nothing. False: the answer is 422. */
bool fv__want_word(fv__request *request, fv__answer *answer, const char *key, const char *const *words, int *index);

/* "a-b" or "a": channels first..last, both counted; all of `count` when it is not there. False: the answer is 422. */
bool fv__want_range(fv__request *request, fv__answer *answer, const char *key, int64_t count, int64_t *first,
                    int64_t *size);

#endif
