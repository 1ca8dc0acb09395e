/* Pictures of a folder, for sets that are folders. */
#ifndef FOVEA_TASKS_FOLDER_H
#define FOVEA_TASKS_FOLDER_H

#include <dirent.h>

#include "base/fail.h"

bool fv__is_folder(const char *path);
bool fv__is_file(const char *path);

/* The folder's files with endings of pictures, hidden ones left out, in the order of their bytes; free() each and the
 * list. Errors: FV_ERROR_IO. */
fv_status fv__folder_pictures(struct dirent ***entries, int *count, const char *folder) FV_CHECK;

/* Letters of a file's name before its ending. */
int fv__stem_length(const char *name);

#endif
