/* The list of models. An identity is made of the network (names, kinds, options, who reads whom) and of numbers taken
 * evenly from each weight: half a gigabyte is not read for a name. */
#include "serve/shown.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/flaw.h>

enum { SAMPLES = 1024 };

struct fv__gallery {
  pthread_mutex_t lock;
  fv__shown *first;
  char coming[256], problem[512];
};

/* ---- identity */

static uint64_t hash_layer(uint64_t hash, const fv_model *model, int32_t index) {
  const fv_layer_info layer = fv_model_layer(model, index);
  char text[1024];
  hash = fv__hash_text(fv__hash_text(hash, layer.name), layer.kind);
  for (const fv_option *option = layer.table; option && option->name; option++)
    if (layer.options) hash = fv__hash_text(hash, fv_option_text(text, sizeof text, layer.options, option));
  return hash;
}

static uint64_t hash_node(uint64_t hash, const fv_model *model, int32_t number) {
  const fv_node_info node = fv_model_node(model, number);
  hash = fv__hash_number(hash, (uint64_t)node.layer);
  for (int32_t i = 0; i < node.input_count; i++)
    hash = fv__hash_number(hash, (uint64_t)node.inputs[i].node << 32 | (uint32_t)node.inputs[i].output);
  return hash;
}

static uint64_t hash_weight(uint64_t hash, fv_model *model, int32_t index) {
  const fv_weight_info weight = fv_model_weight(model, index);
  const float *numbers = fv_model_weight_data(model, index);
  const int64_t count = fv__elements(&weight.shape), samples = count < SAMPLES ? count : SAMPLES;
  float taken[SAMPLES];
  for (int64_t i = 0; i < samples; i++) taken[i] = numbers[i * count / samples];
  return fv__hash_bytes(fv__hash_text(hash, weight.path), taken, (size_t)samples * sizeof *taken);
}

static uint64_t hash_model(fv_model *model) {
  uint64_t hash = fv__hash_text(FV__HASH_START, fv_model_name(model));
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) hash = hash_layer(hash, model, i);
  for (int32_t i = 1; i <= fv_model_node_count(model); i++) hash = hash_node(hash, model, i);
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) hash = hash_weight(hash, model, i);
  for (int32_t i = 0; i < fv_model_flaw_count(model); i++) hash = fv__hash_text(hash, fv_model_flaw(model, i).sentence);
  return hash;
}

/* ---- what is known of a model once and for all */

/* Models without a word about pictures are fed with numbers from 0 to 1, and the page says so. */
static fv_status find_preprocessing(fv__shown *shown) {
  fv_preprocessing *p = &shown->preprocessing;
  *p = fv_model_preprocessing(shown->model);
  if (p->mode != FV_PREPROCESSING_UNSET) return FV_OK;
  const fv_preprocessing known = *p;
  shown->guesses_preprocessing = true;
  const fv_status status = fv_preprocessing_parse(p, "scale:1/255");
  p->size = known.size;
  p->channels = known.channels;
  if (known.resize[0]) memcpy(p->resize, known.resize, sizeof p->resize);
  return status;
}

static int64_t count_bad(const float *numbers, int64_t count) {
  int64_t bad = 0;
  for (int64_t at = 0; at < count; at += 4096) {
    const int64_t end = count - at < 4096 ? count : at + 4096;
    int32_t some = 0; /* in pieces, and narrow, so that the loop is a vector's */
    for (int64_t i = at; i < end; i++) some += !(fabsf(numbers[i]) <= FLT_MAX);
    bad += some;
  }
  return bad;
}

static void count_bad_weights(fv__shown *shown) {
  for (int32_t i = 0; i < fv_model_weight_count(shown->model); i++) {
    const fv_weight_info weight = fv_model_weight(shown->model, i);
    const int64_t bad = count_bad(fv_model_weight_data(shown->model, i), fv__elements(&weight.shape));
    if (bad && !shown->bad_weights) snprintf(shown->first_bad, sizeof shown->first_bad, "%s", weight.path);
    shown->bad_weights += bad;
  }
}

static void end_shown(fv__shown *shown) {
  fv_plan_destroy(shown->plan);
  if (shown->is_owned) fv_model_destroy(shown->model);
  free(shown->fields);
  free(shown->name);
  free(shown->path);
  free(shown);
}

static fv__shown *make_shown(fv_model *model, bool is_owned, const char *name, const char *path) {
  fv__shown *shown = calloc(1, sizeof *shown);
  if (!shown) return NULL;
  shown->model = model;
  atomic_store(&shown->references, 1);
  shown->node_count = fv_model_node_count(model);
  shown->fields = calloc((size_t)shown->node_count + 1, sizeof *shown->fields);
  shown->name = strdup(name && name[0] ? name : fv_model_name(model)[0] ? fv_model_name(model) : "model");
  if (path) shown->path = strdup(path);
  if (!shown->fields || !shown->name || (path && !shown->path) || find_preprocessing(shown)) {
    end_shown(shown);
    return NULL;
  }
  shown->is_owned = is_owned;
  fv_model_receptive_fields(shown->fields, model);
  shown->scores = fv_model_score_kind(model);
  count_bad_weights(shown);
  shown->hash = hash_model(model);
  fv__hash_id(shown->id, 'm', shown->hash);
  return shown;
}

/* ---- the list */

fv_status fv__gallery_create(fv__gallery **gallery) {
  *gallery = calloc(1, sizeof **gallery);
  if (!*gallery) return fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  pthread_mutex_init(&(*gallery)->lock, NULL);
  return FV_OK;
}

void fv__gallery_destroy(fv__gallery *gallery) {
  if (!gallery) return;
  for (fv__shown *shown = gallery->first, *next; shown; shown = next) {
    next = shown->next;
    fv__shown_leave(shown);
  }
  pthread_mutex_destroy(&gallery->lock);
  free(gallery);
}

void fv__shown_leave(fv__shown *shown) {
  if (shown && atomic_fetch_sub(&shown->references, 1) == 1) end_shown(shown);
}

static fv__shown **find(fv__gallery *gallery, const char *id) {
  fv__shown **at = &gallery->first;
  if (!strcmp(id, "default")) return at;
  while (*at && strcmp((*at)->id, id) != 0) at = &(*at)->next;
  return at;
}

fv_status fv__gallery_add(fv__gallery *gallery, fv_model *model, bool is_owned, const char *name, const char *path,
                          fv__shown **out) {
  fv__shown *shown = make_shown(model, is_owned, name, path);
  if (!shown) {
    if (is_owned) fv_model_destroy(model);
    return fv_error_set(FV_ERROR_MEMORY, "no memory for a model");
  }
  pthread_mutex_lock(&gallery->lock);
  fv__shown **there = find(gallery, shown->id), *old = *there;
  if (old) {
    *there = old->next;
    end_shown(shown);
    shown = old;
  }
  shown->next = gallery->first;
  gallery->first = shown;
  if (out) atomic_fetch_add(&shown->references, 1);
  if (out) *out = shown;
  pthread_mutex_unlock(&gallery->lock);
  return FV_OK;
}

fv__shown *fv__gallery_find(fv__gallery *gallery, const char *id) {
  pthread_mutex_lock(&gallery->lock);
  fv__shown *shown = *find(gallery, id);
  if (shown) atomic_fetch_add(&shown->references, 1);
  pthread_mutex_unlock(&gallery->lock);
  return shown;
}

bool fv__gallery_remove(fv__gallery *gallery, const char *id) {
  pthread_mutex_lock(&gallery->lock);
  fv__shown **at = find(gallery, id), *shown = *at;
  if (shown) *at = shown->next;
  pthread_mutex_unlock(&gallery->lock);
  fv__shown_leave(shown);
  return shown != NULL;
}

int fv__gallery_all(fv__gallery *gallery, fv__shown **list, int room) {
  int count = 0;
  pthread_mutex_lock(&gallery->lock);
  for (fv__shown *shown = gallery->first; shown && count < room; shown = shown->next) {
    atomic_fetch_add(&shown->references, 1);
    list[count++] = shown;
  }
  pthread_mutex_unlock(&gallery->lock);
  return count;
}

void fv__gallery_announce(fv__gallery *gallery, const char *name, const char *problem) {
  pthread_mutex_lock(&gallery->lock);
  snprintf(gallery->coming, sizeof gallery->coming, "%s", name ? name : "");
  snprintf(gallery->problem, sizeof gallery->problem, "%s", problem ? problem : "");
  pthread_mutex_unlock(&gallery->lock);
}

void fv__gallery_announced(fv__gallery *gallery, char name[256], char problem[512]) {
  pthread_mutex_lock(&gallery->lock);
  memcpy(name, gallery->coming, sizeof gallery->coming);
  memcpy(problem, gallery->problem, sizeof gallery->problem);
  pthread_mutex_unlock(&gallery->lock);
}

/* ---- layers */

int64_t fv__elements(const fv_shape *shape) {
  int64_t elements;
  return shape->rank && !fv_shape_elements(&elements, shape) ? elements : 0;
}

int32_t fv__shown_layer(const fv__shown *shown, const char *word) {
  const int32_t named = fv_model_find_layer(shown->model, word);
  if (named >= 0) return named;
  const size_t digits = strspn(word, "0123456789");
  if (!digits || digits > 6 || word[digits]) return -1;
  const int32_t index = atoi(word);
  return index < fv_model_layer_count(shown->model) ? index : -1;
}

fv_value fv__shown_value(const fv__shown *shown, int32_t layer) {
  return (fv_value){fv_model_layer(shown->model, layer).nodes[0], 0};
}
