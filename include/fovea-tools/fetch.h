/* Files from the network: https alone, whole and checked, or not at all. Part of libfovea-tools, which the command
 * uses.
 *
 * A file is collected beside its place as PATH.part and gets its name when all of it is there, on the disk and right.
 * Where a checksum is known, what a broken transfer leaves is PATH.part, which the next call continues.
 */
#ifndef FOVEA_TOOLS_FETCH_H
#define FOVEA_TOOLS_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include <fovea/error.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_fetch_options {
  const char *checksum; /* "md5:" or "sha256:" and hexadecimal digits, perhaps only the first; NULL: none is known, and
                           a broken transfer starts again from its beginning */
  int64_t bytes;        /* of the whole file; 0: not known */
  int64_t limit;        /* most bytes that are taken; 0: 4 GiB */
  const char *ca_file;  /* certificates (PEM) that are trusted instead of the system's; NULL: the system's */
  bool (*progress)(void *context, int64_t done, int64_t total); /* bytes; total is 0 while unknown. Called several times
                                                                   a second; false stops. NULL: none */
  void *context;
} fv_fetch_options;

/* Fetches the file at `address` to `path`, replacing what is there; folders are made. Addresses that do not begin with
 * "https://", and redirects to such, are refused. Proxies are taken from the environment as curl does. `options` may be
 * NULL. Errors: FV_ERROR_INVALID for another address or a checksum of another form; FV_ERROR_NOT_FOUND when the server
 * has no such file; FV_ERROR_IO for the network, the server and the disk; FV_ERROR_FORMAT for a wrong checksum or size,
 * nothing left; FV_ERROR_MEMORY for a full disk, no memory or a file beyond the limit; FV_ERROR_STATE while another
 * process fetches the same file; FV_ERROR_STOPPED when `progress` said so; FV_ERROR_UNSUPPORTED when built without
 * libcurl. */
FV_API FV_CHECK fv_status fv_fetch_file(const char *path, const char *address, const fv_fetch_options *options);

/* Copies the file `source` to `path` in the same manner: checked, whole or not at all. Of `options` checksum, bytes and
 * limit count. */
FV_API FV_CHECK fv_status fv_fetch_copy(const char *path, const char *source, const fv_fetch_options *options);

/* The whole checksum of the file at `path` as it is written in options: `kind` is "md5" or "sha256". Errors:
 * FV_ERROR_INVALID for another kind; FV_ERROR_NOT_FOUND, FV_ERROR_IO; FV_ERROR_UNSUPPORTED when built without libcurl.
 */
enum { FV_FETCH_CHECKSUM = 80 };
FV_API FV_CHECK fv_status fv_fetch_checksum(char checksum[FV_FETCH_CHECKSUM], const char *path, const char *kind);

/* Whether the file at `path` has this checksum. Errors: FV_ERROR_INVALID for a checksum of another form;
 * FV_ERROR_NOT_FOUND, FV_ERROR_IO; FV_ERROR_UNSUPPORTED when built without libcurl. */
FV_API FV_CHECK fv_status fv_fetch_check(bool *fits, const char *path, const char *checksum);

FV_END_DECLARATIONS

#endif
