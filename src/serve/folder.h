/* The chosen folder: files beneath it can be listed and read, nothing else, however a name is written. The kernel
 * itself resolves names (openat2 with RESOLVE_BENEATH), so that neither ".." nor a link leads out; regular files alone
 * are opened, and never written. */
#ifndef FOVEA_SERVE_FOLDER_H
#define FOVEA_SERVE_FOLDER_H

#include <dirent.h>
#include <stdint.h>

#include <fovea/error.h>

typedef struct fv__folder {
  int descriptor;
} fv__folder;

/* Errors: FV_ERROR_NOT_FOUND, FV_ERROR_IO. */
fv_status fv__folder_open(fv__folder *folder, const char *path) FV_CHECK;
void fv__folder_close(fv__folder *folder);

/* A descriptor of a regular file, with its size and time. Errors: FV_ERROR_NOT_FOUND for everything that is not one
 * beneath the folder. */
typedef struct fv__file_facts {
  int64_t size, nanoseconds; /* of the last change */
} fv__file_facts;

fv_status fv__folder_file(int *descriptor, fv__file_facts *facts, const fv__folder *folder, const char *path) FV_CHECK;

/* A folder beneath to read names from; "" is the folder itself. Errors: as above. */
fv_status fv__folder_list(DIR **list, const fv__folder *folder, const char *path) FV_CHECK;

#endif
