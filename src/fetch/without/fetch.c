/* Stands for fetching where libcurl or libcrypto was not there when fovea was built. */
#include <fovea-tools/fetch.h>

static fv_status left_out(void) {
  return fv_error_set(FV_ERROR_UNSUPPORTED, "this fovea was built without libcurl and libcrypto, which fetching needs");
}

fv_status fv_fetch_file(const char *path, const char *address, const fv_fetch_options *options) {
  (void)path;
  (void)address;
  (void)options;
  return left_out();
}

fv_status fv_fetch_copy(const char *path, const char *source, const fv_fetch_options *options) {
  return fv_fetch_file(path, source, options);
}

fv_status fv_fetch_checksum(char checksum[FV_FETCH_CHECKSUM], const char *path, const char *kind) {
  (void)path;
  (void)kind;
  checksum[0] = '\0';
  return left_out();
}

fv_status fv_fetch_check(bool *fits, const char *path, const char *checksum) {
  (void)path;
  (void)checksum;
  *fits = false;
  return left_out();
}
