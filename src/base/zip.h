/* Zip archives, read through libzip: the one place where members are opened.
 *
 * Opening checks every entry and refuses what no honest model file has: encrypted members, two members of one name,
 * absolute names, names with "..", backslashes or control characters, symbolic links, compression other than stored
 * and deflate, and bombs (more than 64 MiB and more than 1000 times the stored bytes).
 */
#ifndef FOVEA_BASE_ZIP_H
#define FOVEA_BASE_ZIP_H

#include "base/source.h"

typedef struct fv__zip fv__zip;

/* Whether the first bytes of a file are those of a zip whose first member's name ends like this: what tells archives of
 * one kind from those of another. */
bool fv__zip_first_ends_with(const void *bytes, size_t size, const char *ending);

/* Whether a member may be called so. */
bool fv__zip_name_is_honest(const char *name);

/* Opens an archive over `source`, which must outlive it. Errors: FV_ERROR_FORMAT, FV_ERROR_UNSUPPORTED (encryption,
 * other compression), FV_ERROR_MEMORY. */
fv_status fv__zip_open(fv__zip **archive, const fv__source *source) FV_CHECK;
void fv__zip_close(fv__zip *archive);

int32_t fv__zip_count(const fv__zip *archive);
const char *fv__zip_name(const fv__zip *archive, int32_t index); /* lent */
int64_t fv__zip_size(const fv__zip *archive, int32_t index);     /* unpacked bytes */

/* The member of this name, or -1. */
int32_t fv__zip_find(const fv__zip *archive, const char *name);

/* A member as a source: a stored one is read in place, and its checksum is checked when it is read from first to last;
 * a deflated one is unpacked into memory (at most 64 MiB and four times the archive) and checked. The archive must
 * outlive it. End it with fv__source_close. */
fv_status fv__zip_member(fv__source *member, fv__zip *archive, int32_t index) FV_CHECK;

/* Reads a source that fv__zip_member gave from first to last, so that its checksum is checked before anything of it is
 * believed; for who then reads in another order. Errors: FV_ERROR_FORMAT, FV_ERROR_MEMORY. */
fv_status fv__zip_check(const fv__source *member) FV_CHECK;

/* A whole member in new memory, ended by an uncounted NUL; free() it. Its checksum is checked. Errors: FV_ERROR_FORMAT,
 * FV_ERROR_MEMORY above `limit` bytes. */
fv_status fv__zip_read(fv__zip *archive, int32_t index, char **bytes, int64_t limit) FV_CHECK;

#endif
