/* What a file of the folder is: its identity as a picture, or why it is none. */
#ifndef FOVEA_SERVE_IDENTIFY_H
#define FOVEA_SERVE_IDENTIFY_H

#include <stdbool.h>

#include "serve/folder.h"
#include "serve/hash.h"

/* Whether a name or the first bytes look like a picture's; other files are not mentioned. */
bool fv__looks_like_picture(const char *name);

/* Reads what is needed of an open file. False: `reason` says why it cannot be shown. A file whose end shows that it is
 * whole is believed; any other is decoded. */
bool fv__identify(uint64_t *identity, char reason[256], int descriptor, const fv__file_facts *facts);

/* The identity of an encoded picture in memory, the same as that of a file with these bytes. */
uint64_t fv__identify_bytes(const void *bytes, size_t size);

/* All of a file, in new memory. Errors: FV_ERROR_IO, FV_ERROR_MEMORY. */
fv_status fv__read_whole(void **bytes, int descriptor, int64_t size) FV_CHECK;

#endif
