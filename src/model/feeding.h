/* What a model knows about its pictures and classes, behind fv_model.feeding. */
#ifndef FOVEA_MODEL_FEEDING_H
#define FOVEA_MODEL_FEEDING_H

#include <jansson.h>

#include <fovea/labels.h>
#include <fovea/preprocessing.h>

#include "base/arena.h"
#include "base/fail.h"
#include "data/prepare.h"

typedef struct fv__labels {
  fv__arena arena; /* holds the list and its texts */
  const fv_label *list;
  int32_t count;
  bool imagenet; /* the built-in table; list is NULL */
} fv__labels;

typedef struct fv__feeding {
  fv_preprocessing preprocessing;
  fv__labels labels;
  char *task; /* JSON, compact; NULL: none */
} fv__feeding;

/* The model's feeding, made when there is none; NULL without memory. */
fv__feeding *fv__model_feeding(fv_model *model);

/* What fv_model_feeding_text says, as JSON; NULL when nothing is set. */
fv_status fv__model_feeding_json(json_t **json, const fv_model *model) FV_CHECK;

/* What a network is known for. */
typedef struct fv__known_network {
  const char *name;    /* small letters without '_' and '-' */
  bool numbers_follow; /* "mobilenet" stands for "mobilenet_0.75_224" */
  const char *word;    /* for fv_preprocessing_parse */
  int32_t size;        /* of its input by default, pixels */
} fv__known_network;

/* NULL when the name says nothing. */
const fv__known_network *fv__known_network_find(const char *model_name);

/* Labels. Each fills an empty structure and leaves it empty on failure. */
fv_status fv__labels_copy(fv__labels *labels, const fv_label *list, int32_t count) FV_CHECK;
fv_status fv__labels_from_json(fv__labels *labels, const json_t *value) FV_CHECK; /* a list, or "imagenet" */
void fv__labels_clear(fv__labels *labels);

/* Replaces the model's labels after checking their number; takes what `labels` owns, also on failure. */
fv_status fv__model_take_labels(fv_model *model, fv__labels *labels) FV_CHECK;

#endif
