/* What channels usually are: their means over pictures of the folder. A channel that is set to its mean tells what the
 * answer owes to this picture's making it different; 0, which it may never be, tells that less well.
 *
 * One pass over at most 16 pictures, taken evenly, gives the means of all layers; it is a job, and the means lie on the
 * shelf until the pictures or the model are others.
 */
#ifndef FOVEA_SERVE_AVERAGES_H
#define FOVEA_SERVE_AVERAGES_H

#include <fovea/overlay.h>

#include "serve/server.h"
#include "serve/shown.h"

enum { FV__AVERAGES_PICTURES = 16 };

/* Puts the folder's means in place of every FV_OVERLAY_MEAN. *job is the identity of the job to wait for before asking
 * again, "" when the overlay is complete. Errors: FV_ERROR_MEMORY, also when too much waits to be computed. */
fv_status fv__averages_put(fv_overlay **overlay, fv__server *server, fv__shown *shown, char job[FV__ID_SIZE]) FV_CHECK;

#endif
