/* Loading libcurl and libcrypto: once, for good, whichever thread asks first. */
#include "fetch/late.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "fetch/part.h"

/* Where the address of a function belongs. */
typedef struct symbol {
  const char *name;
  void *place;
} symbol;

/* Every symbol of the first of the files (ended by NULL) that is there; all or nothing counts. */
static bool load(const char *const *files, const symbol *symbols, size_t count) {
  void *library = NULL;
  for (; *files && !library; files++) library = dlopen(*files, RTLD_NOW | RTLD_LOCAL);
  bool complete = library != NULL;
  for (size_t i = 0; i < count && complete; i++) {
    void *address = dlsym(library, symbols[i].name);
    memcpy(symbols[i].place, &address, sizeof address); /* ISO C has no cast from an object's address to a function's */
    complete = address != NULL;
  }
  return complete;
}

static fv__curl curl;
static fv__crypto crypto;
static bool has_curl, has_crypto;

static void load_curl(void) {
  static const char *const files[] = {"libcurl.so.4", "libcurl.so", NULL};
  const symbol symbols[] = {{"curl_easy_init", &curl.easy_init},       {"curl_easy_setopt", &curl.easy_setopt},
                            {"curl_easy_perform", &curl.easy_perform}, {"curl_easy_getinfo", &curl.easy_getinfo},
                            {"curl_easy_header", &curl.easy_header},   {"curl_easy_strerror", &curl.easy_strerror},
                            {"curl_easy_cleanup", &curl.easy_cleanup}};
  has_curl = load(files, symbols, sizeof symbols / sizeof symbols[0]);
}

static void load_crypto(void) {
  static const char *const files[] = {"libcrypto.so.3", "libcrypto.so", NULL};
  const symbol symbols[] = {{"EVP_md5", &crypto.md5},
                            {"EVP_sha256", &crypto.sha256},
                            {"EVP_MD_CTX_new", &crypto.md_ctx_new},
                            {"EVP_DigestInit_ex", &crypto.digest_init},
                            {"EVP_DigestUpdate", &crypto.digest_update},
                            {"EVP_DigestFinal_ex", &crypto.digest_final},
                            {"EVP_MD_CTX_free", &crypto.md_ctx_free}};
  has_crypto = load(files, symbols, sizeof symbols / sizeof symbols[0]);
}

fv_status fv__curl_load(const fv__curl **out) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load_curl);
  *out = &curl;
  return has_curl ? FV_OK : fv__fetch_fail(FV_ERROR_UNSUPPORTED, "fetching needs libcurl 7.84 or newer: not found");
}

fv_status fv__crypto_load(const fv__crypto **out) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load_crypto);
  *out = &crypto;
  return has_crypto ? FV_OK : fv__fetch_fail(FV_ERROR_UNSUPPORTED, "checksums need libcrypto 3: not found");
}
