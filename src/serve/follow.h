/* Follows the folders that are listed (inotify): when pictures come, go or change in one, the event "images" says so,
 * and who shows the folder asks for it again. Where the system lends no watch, nothing is followed. */
#ifndef FOVEA_SERVE_FOLLOW_H
#define FOVEA_SERVE_FOLLOW_H

#include "serve/folder.h"
#include "serve/hub.h"

enum { FV__FOLLOWED = 64 }; /* folders; then the one that was listed longest ago is let go */

typedef struct fv__follow fv__follow;

fv_status fv__follow_create(fv__follow **follow, fv__hub *hub) FV_CHECK;
void fv__follow_destroy(fv__follow *follow); /* NULL is fine */

/* From now on `path`, a folder beneath ("": itself), is followed. */
void fv__follow_folder(fv__follow *follow, const fv__folder *folder, const char *path);

/* Tells what happened since the last call; called twice a second. */
void fv__follow_tick(fv__follow *follow);

#endif
