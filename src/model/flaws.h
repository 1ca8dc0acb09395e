/* The flaws of a model, behind fv_model.flaws: a list that a load "as it is" fills. While it is open, failures of
 * weights become entries of it (fv__model_forgive). */
#ifndef FOVEA_MODEL_FLAWS_H
#define FOVEA_MODEL_FLAWS_H

#include <fovea/flaw.h>

#include "base/arena.h"

typedef struct fv__flaws {
  fv__arena arena;
  fv_flaw *list;
  int32_t count, room;
  bool is_open; /* a load is on its way */
} fv__flaws;

fv__flaws *fv__flaws_create(void); /* open; NULL: no memory */
void fv__flaws_destroy(fv__flaws *flaws);

/* Adds one; its texts are copied, its sentence is that of the last error. Errors: FV_ERROR_MEMORY. */
fv_status fv__flaws_add(fv__flaws *flaws, fv_status status, const char *layer, const char *kind) FV_CHECK;

/* The layer of this name that could not be made; NULL: none. */
fv_flaw *fv__flaws_find(const fv__flaws *flaws, const char *layer);

/* Notes that such a layer reads another, once. */
fv_status fv__flaws_reads(fv__flaws *flaws, fv_flaw *flaw, const char *source) FV_CHECK;

/* The model's list from now on, which it ends. */
void fv__model_take_flaws(fv_model *model, fv__flaws *flaws);

/* Opens the model's list for a load, which makes one where there is none; or closes it. */
fv_status fv__model_open_flaws(fv_model *model) FV_CHECK;
void fv__model_close_flaws(fv_model *model);
bool fv__model_forgives(const fv_model *model);

/* What a load answers that fails with `status` for weights of a layer (NULL: of all): `status`, unless the list is
 * open. Then the failure is put down and FV_OK is the answer; the weights become NaN, unless it is their own numbers
 * that it is about. No memory and files that cannot be read are never forgiven. */
fv_status fv__model_forgive(fv_model *model, const char *layer, const int32_t *weights, int32_t count,
                            fv_status status) FV_CHECK;

/* The same for all weights of the model. */
fv_status fv__model_forgive_all(fv_model *model, fv_status status) FV_CHECK;

#endif
