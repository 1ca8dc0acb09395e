/* New last layers for a trained network, from a text of words. */
#include <fovea/head.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/layers.h>
#include <fovea/predict.h>

#include "base/text.h"
#include "model/part.h"

enum { WORD_SIZE = 96, PARTS = 3 };

typedef struct head {
  const char *words;
  int32_t classes;
} head;

/* One word, "dense:1024:relu", and its parts. */
typedef struct word {
  char text[WORD_SIZE];
  char *parts[PARTS];
  int count;
} word;

static fv_status split(word *w, const char *text, size_t length) {
  if (length >= WORD_SIZE) return fail(FV_ERROR_INVALID, "the head has a word of %zu letters", length);
  memcpy(w->text, text, length);
  w->text[length] = 0;
  w->count = 0;
  for (char *at = w->text; at; w->count++) {
    if (w->count == PARTS) return fail(FV_ERROR_INVALID, "the head's '%.*s' has too many parts", (int)length, text);
    w->parts[w->count] = at;
    at = strchr(at, ':');
    if (at) *at++ = 0;
  }
  return FV_OK;
}

static fv_value flat(fv_graph *graph, fv_value x) {
  return fv_graph_shape(graph, x).rank > 2 ? fv_global_average_pooling2d(graph, x) : x;
}

static fv_status add_dense(fv_value *x, fv_graph *graph, const word *w) {
  double units;
  if (w->count < 2 || !fv__text_to_double(w->parts[1], &units) || units < 1 || units > 1e6 ||
      units != (double)(int32_t)units)
    return fail(FV_ERROR_INVALID, "the head's dense needs a number of units, dense:1024 or dense:1024:relu");
  *x = fv_dense(graph, flat(graph, *x), .units = (int32_t)units, .activation = w->count > 2 ? w->parts[2] : NULL);
  return FV_OK;
}

static fv_status add_dropout(fv_value *x, fv_graph *graph, const word *w) {
  double rate;
  if (w->count != 2 || !fv__text_to_double(w->parts[1], &rate) || rate < 0 || rate >= 1)
    return fail(FV_ERROR_INVALID, "the head's dropout needs a rate from 0 to below 1, dropout:0.5");
  *x = fv_dropout(graph, *x, .rate = rate > 0 ? rate : FV_ZERO);
  return FV_OK;
}

static fv_status add_word(fv_value *x, fv_graph *graph, const word *w) {
  const char *name = w->parts[0];
  if (!strcmp(name, "dense")) return add_dense(x, graph, w);
  if (!strcmp(name, "dropout")) return add_dropout(x, graph, w);
  if (w->count > 1) return fail(FV_ERROR_INVALID, "the head's '%s' takes no number, found '%s'", name, w->parts[1]);
  if (!strcmp(name, "flatten"))
    *x = fv_flatten(graph, *x);
  else if (!strcmp(name, "average") || !strcmp(name, "global_average_pooling2d"))
    *x = fv_global_average_pooling2d(graph, *x);
  else if (!strcmp(name, "max") || !strcmp(name, "global_max_pooling2d"))
    *x = fv_global_max_pooling2d(graph, *x);
  else if (!strcmp(name, "batch_normalization"))
    *x = fv_batch_normalization(graph, *x);
  else
    return fail(FV_ERROR_INVALID,
                "a head has no '%s'; it has flatten, average, max, dense:UNITS:ACTIVATION, dropout:RATE and "
                "batch_normalization",
                name);
  return FV_OK;
}

static fv_status grow(fv_value *end, fv_graph *graph, const void *context) {
  const head *h = context;
  for (const char *at = h->words; at && *at;) {
    const size_t length = strcspn(at, " \t\n");
    word w;
    if (length) TRY(split(&w, at, length));
    if (length) TRY(add_word(end, graph, &w));
    at += length + (at[length] != 0);
  }
  *end = fv_dense(graph, flat(graph, *end), .name = "predictions", .units = h->classes, .activation = "softmax");
  return fv_graph_status(graph);
}

fv_status fv_model_with_head(fv_model **made, const fv_model *model, const char *words, int32_t classes,
                             uint64_t seed) {
  *made = NULL;
  if (classes < 2) return fail(FV_ERROR_INVALID, "a classifier needs at least 2 classes, found %" PRId32, classes);
  const head h = {words, classes};
  fv_value end;
  char rule[32];
  TRY(fv_model_features(&end, model, NULL));
  snprintf(rule, sizeof rule, "random:%" PRIu64, seed);
  return fv__model_copy(made, model, end, grow, &h, rule);
}
