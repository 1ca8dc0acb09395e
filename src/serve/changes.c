/* Overlays by identity. */
#include "serve/changes.h"

#include <stdlib.h>
#include <string.h>

static const char none[] = "o_none";

static uint64_t key_of(const char *id) { return fv__hash_text(fv__hash_text(FV__HASH_START, "overlay"), id); }

char *fv__changes_keep(fv__shelf *shelf, const fv_overlay *overlay, char id[FV__ID_SIZE]) {
  char *text = fv_overlay_text(overlay);
  if (!text) return NULL;
  if (fv_overlay_count(overlay))
    fv__hash_id(id, 'o', fv_overlay_hash(overlay));
  else
    memcpy(id, none, sizeof none);
  fv__shelf_put(shelf, key_of(id), text, strlen(text));
  return text;
}

char *fv__changes_text(fv__shelf *shelf, const char *id) { return fv__shelf_get(shelf, key_of(id), NULL); }

fv_status fv__changes_for(fv_overlay **overlay, fv__shelf *shelf, const char *id, const fv_model *model) {
  *overlay = NULL;
  if (!id || !strcmp(id, none)) return FV_OK;
  char *text = fv__changes_text(shelf, id);
  if (!text) return fv_error_set(FV_ERROR_NOT_FOUND, "there is no such overlay: POST /api/v1/overlays keeps one");
  fv_status status = fv_overlay_create(overlay, model);
  if (!status) status = fv_overlay_read(*overlay, text, strlen(text));
  if (status || fv_overlay_count(*overlay) == 0) {
    fv_overlay_destroy(*overlay);
    *overlay = NULL;
  }
  free(text);
  return status;
}
