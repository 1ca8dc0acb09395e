/* Models that are shown, by identity. */
#ifndef FOVEA_SERVE_SHOWN_H
#define FOVEA_SERVE_SHOWN_H

#include <stdatomic.h>
#include <stdbool.h>

#include <fovea/plan.h>
#include <fovea/predict.h>
#include <fovea/receptive_field.h>

#include "serve/hash.h"

/* One model. Nothing changes after it was added but `references` and what belongs to the queue's thread. */
typedef struct fv__shown {
  struct fv__shown *next;
  atomic_int references;
  char id[FV__ID_SIZE];
  uint64_t hash;
  char *name;
  char *path; /* beneath the folder; NULL: given by the program */
  fv_model *model;
  bool is_owned;
  fv_preprocessing preprocessing; /* complete; of the first input */
  bool guesses_preprocessing;     /* nobody has said how the model is fed */
  fv_score_kind scores;
  int64_t bad_weights; /* numbers that are not finite */
  char first_bad[128]; /* the weight that holds the first of them; "" */
  int32_t node_count;
  fv_receptive_field *fields; /* of node n at [n - 1] */
  fv_plan *plan;              /* the queue's thread alone uses it; NULL until needed */
  uint64_t holds;             /* likewise: the pictures (fv__run.pictures) that the plan's values are of; 0: none */
} fv__shown;

typedef struct fv__gallery fv__gallery;

fv_status fv__gallery_create(fv__gallery **gallery) FV_CHECK;
void fv__gallery_destroy(fv__gallery *gallery); /* NULL is fine */

/* Adds a model, first of all; one that is there already comes first. When it is owned, it is destroyed with the
 * gallery, also after a failure. `name` NULL: its own. *shown (may be NULL) is lent as by find. */
fv_status fv__gallery_add(fv__gallery *gallery, fv_model *model, bool is_owned, const char *name, const char *path,
                          fv__shown **shown) FV_CHECK;

/* A model by identity, or the first one for "default"; NULL: none. Until fv__shown_leave it stays. */
fv__shown *fv__gallery_find(fv__gallery *gallery, const char *id);
void fv__shown_leave(fv__shown *shown); /* NULL is fine */

/* Takes a model out; it ends when nobody has it any more. */
bool fv__gallery_remove(fv__gallery *gallery, const char *id);

/* All of them in order, for listings; each must be left. Returns how many, at most `room`. */
int fv__gallery_all(fv__gallery *gallery, fv__shown **list, int room);

/* A model that is still to come, or why it does not: `name` NULL: none. Texts are copied. */
void fv__gallery_announce(fv__gallery *gallery, const char *name, const char *problem);
void fv__gallery_announced(fv__gallery *gallery, char name[256], char problem[512]);

/* The layer that a word of an address names: by name, else by its index; -1: none. */
int32_t fv__shown_layer(const fv__shown *shown, const char *word);

/* Numbers in a value of this shape; 0 where an extent is not known. */
int64_t fv__elements(const fv_shape *shape);

/* The first call of a layer. */
fv_value fv__shown_value(const fv__shown *shown, int32_t layer);

#endif
