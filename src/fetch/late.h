/* libcurl and libcrypto, loaded when they are first needed: with the thirty libraries that they bring they would take 4
 * of the 7 milliseconds of every start of the command, and few starts fetch anything.
 */
#ifndef FOVEA_FETCH_LATE_H
#define FOVEA_FETCH_LATE_H

#include <curl/curl.h>
#include <openssl/evp.h>

#include <fovea/error.h>

/* Functions of libcurl, each as curl_NAME is documented. */
typedef struct fv__curl {
  CURL *(*easy_init)(void);
  CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
  CURLcode (*easy_perform)(CURL *curl);
  CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
  CURLHcode (*easy_header)(CURL *curl, const char *name, size_t index, unsigned origin, int request,
                           struct curl_header **header);
  const char *(*easy_strerror)(CURLcode code);
  void (*easy_cleanup)(CURL *curl);
} fv__curl;

/* Functions of libcrypto, each as EVP_NAME is documented. */
typedef struct fv__crypto {
  const EVP_MD *(*md5)(void);
  const EVP_MD *(*sha256)(void);
  EVP_MD_CTX *(*md_ctx_new)(void);
  int (*digest_init)(EVP_MD_CTX *context, const EVP_MD *method, ENGINE *engine);
  int (*digest_update)(EVP_MD_CTX *context, const void *bytes, size_t count);
  int (*digest_final)(EVP_MD_CTX *context, unsigned char *digest, unsigned *size);
  void (*md_ctx_free)(EVP_MD_CTX *context);
} fv__crypto;

/* Lent for ever. Errors: FV_ERROR_UNSUPPORTED when this machine lacks the library. */
fv_status fv__curl_load(const fv__curl **curl) FV_CHECK;
fv_status fv__crypto_load(const fv__crypto **crypto) FV_CHECK;

#endif
