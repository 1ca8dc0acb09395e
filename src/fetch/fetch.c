/* Fetching and copying: collect, check, give the name.
 *
 * What an earlier transfer left is trusted only as far as the checksum reaches: when a continued file is wrong, the
 * server's may have changed meanwhile, and it is fetched once more from its beginning.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/part.h"

enum { BLOCK = 1 << 18 };
#define MOST_BYTES (INT64_C(4) << 30)

static fv_status complete_options(fv_fetch_options *o, const fv_fetch_options *given) {
  *o = given ? *given : (fv_fetch_options){.checksum = NULL};
  if (!o->limit) o->limit = MOST_BYTES;
  if (o->bytes < 0 || o->limit < 0)
    return fv__fetch_fail(FV_ERROR_INVALID, "a file's bytes and their limit are 0 or more");
  return o->checksum ? fv__checksum_form(o->checksum) : FV_OK;
}

/* FV_ERROR_FORMAT when the collected file is not the published one; `where` is where it came from. */
static fv_status check(const fv__part *part, const fv_fetch_options *o, const char *where) {
  char digits[FV__DIGITS];
  if (o->bytes && part->size != o->bytes)
    return fv__fetch_fail(FV_ERROR_FORMAT, "%s: expected %" PRId64 " bytes, found %" PRId64, where, o->bytes,
                          part->size);
  if (!o->checksum) return FV_OK;
  fv_status status = fv__checksum_digits(digits, part->file, part->path, o->checksum);
  if (status || fv__checksum_fits(digits, o->checksum)) return status;
  return fv__fetch_fail(FV_ERROR_FORMAT, "%s: expected checksum %s, found %s", where, o->checksum, digits);
}

static fv_status collect(fv__part *part, const char *address, const fv_fetch_options *o) {
  bool resumed = false;
  fv_status status = o->checksum ? FV_OK : fv__part_restart(part);
  if (!status) status = fv__transfer(part, address, o, &resumed);
  if (!status) status = check(part, o, address);
  if (status != FV_ERROR_FORMAT || !resumed) return status;
  status = fv__part_restart(part);
  if (!status) status = fv__transfer(part, address, o, &resumed);
  return status ? status : check(part, o, address);
}

fv_status fv_fetch_file(const char *path, const char *address, const fv_fetch_options *options) {
  fv_fetch_options o;
  fv__part part;
  fv_status status = complete_options(&o, options);
  if (status) return status;
  if (strncasecmp(address, "https://", 8) != 0)
    return fv__fetch_fail(FV_ERROR_INVALID, "%s: only addresses that begin with https:// are fetched", address);
  status = fv__part_open(&part, path);
  if (status) return status;
  status = collect(&part, address, &o);
  if (!status) status = fv__part_commit(&part);
  fv__part_close(&part, status != FV_ERROR_FORMAT && o.checksum);
  return status;
}

static fv_status copy_bytes(fv__part *part, int source, const char *path, int64_t limit) {
  char *block = malloc(BLOCK);
  if (!block) return fv__fetch_fail(FV_ERROR_MEMORY, "%s: no memory to read it", path);
  fv_status status = FV_OK;
  while (!status) {
    ssize_t got = read(source, block, BLOCK);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = fv__fetch_fail_system(path, "cannot read", errno);
    if (got <= 0) break;
    if (got > limit - part->size)
      status = fv__fetch_fail(FV_ERROR_MEMORY, "%s: has more than %" PRId64 " bytes, the limit", path, limit);
    else
      status = fv__part_put(part, block, (size_t)got);
  }
  free(block);
  return status;
}

static fv_status copy_open(const char *path, int source, const char *name, const fv_fetch_options *o) {
  struct stat about;
  fv__part part;
  if (fstat(source, &about) || !S_ISREG(about.st_mode)) return fv__fetch_fail(FV_ERROR_IO, "%s: is not a file", name);
  fv_status status = fv__part_open(&part, path);
  if (status) return status;
  status = fv__part_restart(&part);
  if (!status) status = copy_bytes(&part, source, name, o->limit);
  if (!status) status = check(&part, o, name);
  if (!status) status = fv__part_commit(&part);
  fv__part_close(&part, false);
  return status;
}

fv_status fv_fetch_copy(const char *path, const char *source, const fv_fetch_options *options) {
  fv_fetch_options o;
  fv_status status = complete_options(&o, options);
  if (status) return status;
  int file = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return fv__fetch_fail_system(source, "cannot open", errno);
  status = copy_open(path, file, source, &o);
  close(file);
  return status;
}
