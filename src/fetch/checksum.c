/* Checksums by libcrypto. "md5:d41d8cd9..." names the kind and the digits; of a checksum of which only a beginning is
 * published, eight digits or more, the beginning is compared. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/late.h"
#include "fetch/part.h"

enum { BLOCK = 1 << 18, FEWEST_DIGITS = 8, MD5_DIGITS = 32, SHA256_DIGITS = 64 };

typedef struct kind {
  const char *prefix;
  size_t digits;
} kind;

static const kind kinds[] = {{"md5:", MD5_DIGITS}, {"sha256:", SHA256_DIGITS}};

static const kind *kind_of(const char *checksum) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (!strncmp(checksum, kinds[i].prefix, strlen(kinds[i].prefix))) return &kinds[i];
  return NULL;
}

fv_status fv__checksum_form(const char *checksum) {
  const kind *k = kind_of(checksum);
  const char *digits = k ? checksum + strlen(k->prefix) : "";
  size_t count = strlen(digits);
  if (!k || count < FEWEST_DIGITS || count > k->digits || strspn(digits, "0123456789abcdefABCDEF") != count)
    return fv__fetch_fail(FV_ERROR_INVALID,
                          "a checksum is md5: or sha256: and at least 8 hexadecimal digits, found '%.80s'", checksum);
  return FV_OK;
}

static fv_status digest(const fv__crypto *crypto, EVP_MD_CTX *context, int file, const char *path) {
  unsigned char *block = malloc(BLOCK);
  if (!block) return fv__fetch_fail(FV_ERROR_MEMORY, "%s: no memory to read it", path);
  fv_status status = FV_OK;
  for (off_t at = 0; !status;) {
    ssize_t got = pread(file, block, BLOCK, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = fv__fetch_fail_system(path, "cannot read", errno);
    if (got <= 0) break;
    if (!crypto->digest_update(context, block, (size_t)got))
      status = fv__fetch_fail(FV_ERROR_MEMORY, "%s: cannot compute its checksum", path);
    at += got;
  }
  free(block);
  return status;
}

fv_status fv__checksum_digits(char digits[FV__DIGITS], int file, const char *path, const char *checksum) {
  const kind *k = kind_of(checksum);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  const fv__crypto *crypto;
  fv_status status = fv__crypto_load(&crypto);
  if (status) return status;
  EVP_MD_CTX *context = crypto->md_ctx_new();
  const EVP_MD *method = k->digits == MD5_DIGITS ? crypto->md5() : crypto->sha256();
  if (!context || !crypto->digest_init(context, method, NULL)) /* a system may forbid md5 */
    status = fv__fetch_fail(FV_ERROR_UNSUPPORTED, "%s: libcrypto computes no %.*s here", path,
                            (int)strlen(k->prefix) - 1, k->prefix);
  else
    status = digest(crypto, context, file, path);
  if (!status && !crypto->digest_final(context, bytes, NULL))
    status = fv__fetch_fail(FV_ERROR_MEMORY, "%s: cannot compute its checksum", path);
  crypto->md_ctx_free(context);
  for (size_t i = 0; !status && i < k->digits / 2; i++) snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
  return status;
}

bool fv__checksum_fits(const char digits[FV__DIGITS], const char *checksum) {
  const char *expected = strchr(checksum, ':') + 1;
  return !strncasecmp(digits, expected, strlen(expected));
}

static fv_status checksum_of_file(char digits[FV__DIGITS], const char *path, const char *checksum) {
  struct stat about;
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return fv__fetch_fail_system(path, "cannot open", errno);
  fv_status status = fstat(file, &about) || !S_ISREG(about.st_mode)
                         ? fv__fetch_fail(FV_ERROR_IO, "%s: is not a file", path)
                         : fv__checksum_digits(digits, file, path, checksum);
  close(file);
  return status;
}

fv_status fv_fetch_checksum(char checksum[FV_FETCH_CHECKSUM], const char *path, const char *kind_name) {
  char digits[FV__DIGITS], prefix[16];
  snprintf(prefix, sizeof prefix, "%s:", kind_name);
  if (!kind_of(prefix))
    return fv__fetch_fail(FV_ERROR_INVALID, "a checksum's kind is md5 or sha256, found '%.80s'", kind_name);
  fv_status status = checksum_of_file(digits, path, prefix);
  if (!status) snprintf(checksum, FV_FETCH_CHECKSUM, "%s%s", prefix, digits);
  return status;
}

fv_status fv_fetch_check(bool *fits, const char *path, const char *checksum) {
  char digits[FV__DIGITS];
  *fits = false;
  fv_status status = fv__checksum_form(checksum);
  if (!status) status = checksum_of_file(digits, path, checksum);
  *fits = !status && fv__checksum_fits(digits, checksum);
  return status;
}
