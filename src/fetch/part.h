/* The pieces of fetching: failures, checksums, the file that grows, the transfer.
 *
 * The tools library sees only the public interface of libfovea, so that it links to the shared one too; failures are
 * made with fv_error_set.
 */
#ifndef FOVEA_FETCH_PART_H
#define FOVEA_FETCH_PART_H

#include <fovea-tools/fetch.h>

/* The file that is being collected. */
typedef struct fv__part {
  const char *target; /* the name it will have; lent */
  char *path;         /* "TARGET.part" */
  int file;
  int64_t size;
} fv__part;

/* Makes a sentence the thread's last failure and returns `status`. */
fv_status fv__fetch_fail(fv_status status, const char *format, ...) FV_PRINTF(2, 3) FV_CHECK;

/* The same for a failed call of the system. */
fv_status fv__fetch_fail_system(const char *path, const char *what, int error) FV_CHECK;

/* Opens TARGET.part, continuing what is there, and locks it; folders are made. */
fv_status fv__part_open(fv__part *part, const char *target) FV_CHECK;
fv_status fv__part_put(fv__part *part, const void *bytes, size_t size) FV_CHECK;
fv_status fv__part_restart(fv__part *part) FV_CHECK; /* throws away what is there */

/* Gives it its name: on the disk first, then renamed. */
fv_status fv__part_commit(fv__part *part) FV_CHECK;

/* Ends it in any case; an uncommitted one stays to be continued when `keep` and it has bytes. */
void fv__part_close(fv__part *part, bool keep);

/* The digits of an open file's checksum, by the name in front of `checksum` ("md5:"). */
enum { FV__DIGITS = 65 };
fv_status fv__checksum_form(const char *checksum) FV_CHECK;
fv_status fv__checksum_digits(char digits[FV__DIGITS], int file, const char *path, const char *checksum) FV_CHECK;
bool fv__checksum_fits(const char digits[FV__DIGITS], const char *checksum);

/* Brings the rest of the file at `address`, beginning at part->size. *resumed says whether bytes of an older transfer
 * were kept. */
fv_status fv__transfer(fv__part *part, const char *address, const fv_fetch_options *options, bool *resumed) FV_CHECK;

#endif
