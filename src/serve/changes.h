/* Overlays by identity: "o_none", or "o_" and the hash of their text, which is kept on the shelf. */
#ifndef FOVEA_SERVE_CHANGES_H
#define FOVEA_SERVE_CHANGES_H

#include <fovea/overlay.h>

#include "serve/hash.h"
#include "serve/shelf.h"

/* Keeps the overlay's text and tells its identity; a copy of the text, to be freed. NULL: no memory. */
char *fv__changes_keep(fv__shelf *shelf, const fv_overlay *overlay, char id[FV__ID_SIZE]);

/* The text of an identity, to be freed; NULL: there is none. */
char *fv__changes_text(fv__shelf *shelf, const char *id);

/* The overlay of an identity, for a model. NULL and FV_OK: none at all (`id` NULL or "o_none", or nothing is changed).
 * Errors: FV_ERROR_NOT_FOUND for an identity that is not kept, those of fv_overlay_read. */
fv_status fv__changes_for(fv_overlay **overlay, fv__shelf *shelf, const char *id, const fv_model *model) FV_CHECK;

#endif
