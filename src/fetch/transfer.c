/* One transfer by libcurl: https for the address and for every redirect, certificates checked.
 *
 * To continue, the server is asked for "Range: bytes=N-". It answers 206 and the rest, or 200 and everything, which
 * then replaces what was there; or 416 when nothing follows, and the checksum says whether the file is whole.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fetch/late.h"
#include "fetch/part.h"

enum { CONNECT_SECONDS = 30, STALL_SECONDS = 60, MOST_REDIRECTS = 10, OK = 200, PARTIAL = 206, NOTHING_FOLLOWS = 416 };

typedef struct transfer {
  const fv__curl *library;
  CURL *curl;
  fv__part *part;
  const char *address;
  const fv_fetch_options *options;
  int64_t begin;    /* bytes that were there when it began */
  bool begun;       /* the first bytes have come */
  bool stopped;     /* by the progress function */
  fv_status status; /* of what failed here rather than in curl; its sentence is set */
} transfer;

static long answer(const transfer *t) {
  long code = 0;
  t->library->easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

/* The place of the first byte of a 206, "bytes 100-199/200"; -1 when it is not said. */
static int64_t first_byte(const transfer *t) {
  struct curl_header *header;
  int64_t first;
  if (t->library->easy_header(t->curl, "Content-Range", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return -1;
  return sscanf(header->value, "bytes %" SCNd64 "-", &first) == 1 ? first : -1;
}

/* More bytes than are taken: not the published file where its size is known, too many where it is not. */
static fv_status too_many(const transfer *t, const char *has, int64_t found) {
  if (t->options->bytes)
    return fv__fetch_fail(FV_ERROR_FORMAT, "%s: expected %" PRId64 " bytes, found %s%" PRId64, t->address,
                          t->options->bytes, has, found);
  return fv__fetch_fail(FV_ERROR_MEMORY, "%s: has %s%" PRId64 " bytes, at most %" PRId64 " are taken", t->address, has,
                        found, t->options->limit);
}

static int64_t most(const transfer *t) { return t->options->bytes ? t->options->bytes : t->options->limit; }

/* A body that just ends when the connection does may be cut off, and only a size or a checksum would tell. */
static bool end_is_certain(const transfer *t, curl_off_t length) {
  struct curl_header *header;
  long version = 0;
  t->library->easy_getinfo(t->curl, CURLINFO_HTTP_VERSION, &version);
  return length >= 0 || t->options->bytes || t->options->checksum || version >= CURL_HTTP_VERSION_2_0 ||
         t->library->easy_header(t->curl, "Transfer-Encoding", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
}

/* Before the first bytes: are they what was asked for, and do they fit? */
static fv_status begin(transfer *t) {
  curl_off_t length = -1;
  if (answer(t) == PARTIAL && first_byte(t) != t->begin)
    return fv__fetch_fail(FV_ERROR_IO, "%s: the server sends another part than was asked for", t->address);
  if (answer(t) == OK) {
    t->begin = 0;
    fv_status status = fv__part_restart(t->part);
    if (status) return status;
  }
  t->library->easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (!end_is_certain(t, length))
    return fv__fetch_fail(FV_ERROR_IO, "%s: the server does not say how long the file is, so it may be cut off",
                          t->address);
  return length > most(t) - t->begin ? too_many(t, "", t->begin + (int64_t)length) : FV_OK;
}

/* The body. Fewer bytes taken than given end the transfer. */
static size_t take(char *bytes, size_t one, size_t count, void *context) {
  transfer *t = context;
  size_t size = one * count;
  if (answer(t) != OK && answer(t) != PARTIAL) return size; /* the page that explains an error */
  if (!t->begun) t->status = begin(t);
  t->begun = true;
  if (!t->status && (int64_t)size > most(t) - t->part->size) t->status = too_many(t, "more than ", most(t));
  if (!t->status) t->status = fv__part_put(t->part, bytes, size);
  return t->status ? 0 : size;
}

static int report(void *context, curl_off_t total, curl_off_t done, curl_off_t upload_total, curl_off_t uploaded) {
  transfer *t = context;
  (void)done;
  (void)upload_total;
  (void)uploaded;
  int64_t whole = t->begun && total > 0 ? t->begin + (int64_t)total : t->options->bytes;
  t->stopped = !t->options->progress(t->options->context, t->part->size, whole);
  return t->stopped;
}

static void set_up(transfer *t, char *range, size_t size, char *reason) {
  CURLcode (*set)(CURL *, CURLoption, ...) = t->library->easy_setopt;
  CURL *c = t->curl;
  set(c, CURLOPT_URL, t->address);
  set(c, CURLOPT_ERRORBUFFER, reason);
  set(c, CURLOPT_PROTOCOLS_STR, "https");
  set(c, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(c, CURLOPT_FOLLOWLOCATION, 1L);
  set(c, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTS);
  set(c, CURLOPT_USERAGENT, "fovea");
  set(c, CURLOPT_NOSIGNAL, 1L);
  set(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
  set(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(c, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
  set(c, CURLOPT_WRITEFUNCTION, take);
  set(c, CURLOPT_WRITEDATA, t);
  if (t->options->ca_file) {
    set(c, CURLOPT_CAINFO, t->options->ca_file);
    set(c, CURLOPT_CAPATH, NULL);
  }
  if (t->options->progress) {
    set(c, CURLOPT_NOPROGRESS, 0L);
    set(c, CURLOPT_XFERINFOFUNCTION, report);
    set(c, CURLOPT_XFERINFODATA, t);
  }
  if (t->begin) {
    snprintf(range, size, "%" PRId64 "-", t->begin);
    set(c, CURLOPT_RANGE, range);
  }
}

static fv_status explain(const transfer *t, CURLcode result, const char *reason) {
  const char *resumable = t->part->size && t->options->checksum ? "; the next call continues" : "";
  if (t->status) return t->status;
  if (t->stopped) return fv__fetch_fail(FV_ERROR_STOPPED, "%s: stopped%s", t->address, resumable);
  if (result == CURLE_OUT_OF_MEMORY) return fv__fetch_fail(FV_ERROR_MEMORY, "%s: no memory", t->address);
  if (result == CURLE_URL_MALFORMAT) return fv__fetch_fail(FV_ERROR_INVALID, "%s: is no address", t->address);
  if (result == CURLE_UNSUPPORTED_PROTOCOL)
    return fv__fetch_fail(FV_ERROR_IO, "%s: the server redirects to an address that is not https; refused", t->address);
  if (result == CURLE_PARTIAL_FILE || result == CURLE_RECV_ERROR)
    return fv__fetch_fail(FV_ERROR_IO, "%s: the transfer broke off after %" PRId64 " bytes%s", t->address,
                          t->part->size, resumable);
  return fv__fetch_fail(FV_ERROR_IO, "%s: %s%s", t->address, *reason ? reason : t->library->easy_strerror(result),
                        resumable);
}

/* A transfer that went well may have brought an error's page, or nothing at all. */
static fv_status judge(transfer *t) {
  long code = answer(t);
  if (code == NOTHING_FOLLOWS && t->begin) return FV_OK;
  if (code == 404 || code == 410)
    return fv__fetch_fail(FV_ERROR_NOT_FOUND, "%s: the server has no such file (%ld)", t->address, code);
  if (code != OK && code != PARTIAL) return fv__fetch_fail(FV_ERROR_IO, "%s: the server answers %ld", t->address, code);
  return t->begun ? FV_OK : begin(t);
}

fv_status fv__transfer(fv__part *part, const char *address, const fv_fetch_options *options, bool *resumed) {
  char range[32], reason[CURL_ERROR_SIZE] = "";
  transfer t = {.part = part, .address = address, .options = options, .begin = part->size};
  fv_status status = fv__curl_load(&t.library);
  if (status) return status;
  t.curl = t.library->easy_init();
  if (!t.curl) return fv__fetch_fail(FV_ERROR_MEMORY, "%s: libcurl cannot start", address);
  set_up(&t, range, sizeof range, reason);
  CURLcode result = t.library->easy_perform(t.curl);
  status = result == CURLE_OK ? judge(&t) : explain(&t, result, reason);
  *resumed = t.begin > 0;
  t.library->easy_cleanup(t.curl);
  return status;
}
