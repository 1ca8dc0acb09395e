/* Answers on their way out: headers, tags, compression, and how much may be on its way at once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "serve/hash.h"
#include "serve/http_private.h"
#include "serve/hub.h"

/* No script, style, picture or connection from elsewhere, no frame around the page, no form. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
                             "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
                             "frame-ancestors 'none'";

static const char *const fixed[][2] = {{"Content-Security-Policy", policy},
                                       {"X-Content-Type-Options", "nosniff"},
                                       {"Cross-Origin-Resource-Policy", "same-origin"},
                                       {"Cross-Origin-Opener-Policy", "same-origin"},
                                       {"Referrer-Policy", "no-referrer"},
                                       {"X-Frame-Options", "DENY"}};

/* ---- tags */

static void make_tag(char tag[40], uint64_t hash) { snprintf(tag, 40, "%016" PRIx64, hash); }

/* A constant address's answer is named by its address and by what answers. */
bool fv__call_is_known(fv__call *call) {
  uint64_t hash = fv__hash_text(FV__HASH_START, call->http->server->cache_key);
  make_tag(call->answer.tag, fv__hash_text(hash, call->target));
  const char *version = fv__request_query(&call->request, "v");
  const bool is_versioned = version && !strcmp(version, call->http->server->cache_key);
  call->answer.cache = is_versioned ? "private, max-age=31536000, immutable" : "private, no-cache";
  return !strcmp(call->answer.tag, call->request.known);
}

/* ---- compression */

enum { WORTH_COMPRESSING = 1024 };

/* `bytes` as gzip, in new memory; NULL when there is none or nothing is gained. */
static void *compress_bytes(size_t *size, const void *bytes) {
  z_stream stream = {0};
  if (deflateInit2(&stream, 5, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return NULL;
  const uLong room = deflateBound(&stream, (uLong)*size);
  unsigned char *out = malloc(room);
  stream.next_in = (unsigned char *)bytes;
  stream.avail_in = (unsigned)*size;
  stream.next_out = out;
  stream.avail_out = (unsigned)room;
  const bool done = out && deflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out < *size;
  const size_t length = stream.total_out;
  deflateEnd(&stream);
  if (!done) {
    free(out);
    return NULL;
  }
  *size = length;
  return out;
}

/* The other way, for the rare client that does not take gzip; the last 4 bytes say how much there is. */
static void *expand_bytes(size_t *size, const unsigned char *bytes) {
  const unsigned char *end = bytes + *size - 4;
  const size_t length = end[0] | end[1] << 8 | end[2] << 16 | (size_t)end[3] << 24;
  z_stream stream = {0};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return NULL;
  unsigned char *out = malloc(length ? length : 1);
  stream.next_in = (unsigned char *)bytes;
  stream.avail_in = (unsigned)*size;
  stream.next_out = out;
  stream.avail_out = (unsigned)length;
  const bool done = out && inflate(&stream, Z_FINISH) == Z_STREAM_END;
  inflateEnd(&stream);
  if (!done) {
    free(out);
    return NULL;
  }
  *size = length;
  return out;
}

static bool is_text(const char *type) {
  return strstr(type, "json") || !strncmp(type, "text/", 5) || strstr(type, "javascript");
}

static void encode(fv__call *call) {
  fv__answer *a = &call->answer;
  size_t size = a->size;
  const bool expand = a->gzipped && !call->request.accepts_gzip;
  const bool compress = !a->gzipped && call->request.accepts_gzip && a->size >= WORTH_COMPRESSING && is_text(a->type);
  if (!expand && !compress) return;
  void *other = expand ? expand_bytes(&size, a->bytes) : compress_bytes(&size, a->bytes);
  if (!other) return;
  if (a->release) a->release(a->owner);
  a->bytes = a->owner = other;
  a->release = free;
  a->size = size;
  a->gzipped = compress;
}

/* ---- handing over */

/* What an answer's bytes belong to until the last of them is sent. */
typedef struct cargo {
  fv__http *http;
  void (*release)(void *owner);
  void *owner;
  int64_t size;
} cargo;

static void unload(void *pointer) {
  cargo *c = pointer;
  if (c->release) c->release(c->owner);
  atomic_fetch_sub(&c->http->answer_bytes, c->size);
  free(c);
}

static struct MHD_Response *load(fv__call *call) {
  fv__answer *a = &call->answer;
  cargo *c = malloc(sizeof *c);
  if (!c) return NULL;
  *c = (cargo){call->http, a->release, a->owner, a->release ? (int64_t)a->size : 0};
  atomic_fetch_add(&call->http->answer_bytes, c->size);
  a->release = NULL;
  struct MHD_Response *response = call->http->mhd->response_from_buffer(a->size, a->bytes, unload, c);
  if (!response) unload(c);
  return response;
}

static void add_headers(fv__call *call, struct MHD_Response *response) {
  const fv__mhd *mhd = call->http->mhd;
  const fv__answer *a = &call->answer;
  char text[128];
  for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
    mhd->add_response_header(response, fixed[i][0], fixed[i][1]);
  if (a->type) mhd->add_response_header(response, "Content-Type", a->type);
  if (a->gzipped) mhd->add_response_header(response, "Content-Encoding", "gzip");
  if (a->type && is_text(a->type)) mhd->add_response_header(response, "Vary", "Accept-Encoding");
  const bool is_good = a->status == 200 || a->status == 304;
  mhd->add_response_header(response, "Cache-Control",
                           is_good && a->cache ? a->cache
                           : is_good           ? "no-cache"
                                               : "no-store");
  if (is_good && a->tag[0]) {
    snprintf(text, sizeof text, "\"%s\"", a->tag);
    mhd->add_response_header(response, "ETag", text);
  }
  if (a->download) mhd->add_response_header(response, "Content-Disposition", "attachment");
  if (a->retry_after) {
    snprintf(text, sizeof text, "%d", a->retry_after);
    mhd->add_response_header(response, "Retry-After", text);
  }
}

/* The address with the token becomes a cookie and the address without it, so that it stays in no history. */
static void greet(const fv__call *call, struct MHD_Response *response) {
  char cookie[400];
  snprintf(cookie, sizeof cookie, "fovea=%.250s; Path=/; HttpOnly; SameSite=Strict", call->http->server->access_token);
  call->http->mhd->add_response_header(response, "Set-Cookie", cookie);
  call->http->mhd->add_response_header(response, "Location", "/");
}

/* Answers that wait for slow clients take memory: beyond a limit there are no more. */
static void refuse_when_full(fv__call *call) {
  if (!call->answer.release || call->answer.size < 4096) return;
  if (atomic_load(&call->http->answer_bytes) + (int64_t)call->answer.size <= FV__MAX_ANSWERS) return;
  fv__answer_problem(&call->answer, 503, "busy", NULL, "too many answers wait for slow clients");
}

/* ---- streams */

typedef struct stream {
  fv__http *http;
  struct MHD_Connection *connection;
  fv__listener *listener;
} stream;

static void pause_stream(void *context) {
  const stream *s = context;
  s->http->mhd->suspend_connection(s->connection);
}

static void wake_stream(void *context) {
  const stream *s = context;
  s->http->mhd->resume_connection(s->connection);
}

static ssize_t read_stream(void *context, uint64_t at, char *bytes, size_t room) {
  (void)at;
  const ssize_t size = fv__hub_read(((stream *)context)->listener, bytes, room, pause_stream);
  return size < 0 ? MHD_CONTENT_READER_END_OF_STREAM : size;
}

static void end_stream(void *context) {
  stream *s = context;
  fv__hub_leave(s->listener);
  free(s);
}

/* NULL: the answer is a problem now. */
static struct MHD_Response *load_stream(fv__call *call) {
  stream *s = calloc(1, sizeof *s);
  const fv__request *r = &call->request;
  if (s) *s = (stream){call->http, call->connection, NULL};
  if (s)
    s->listener =
        fv__hub_listen(call->http->server->hub, call->answer.topics, r->last_boot, r->last_event, wake_stream, s);
  struct MHD_Response *response = NULL;
  if (s && s->listener)
    response = call->http->mhd->response_from_callback(MHD_SIZE_UNKNOWN, 16384, read_stream, s, end_stream);
  if (response) return response;
  if (s && s->listener) fv__hub_leave(s->listener);
  free(s);
  call->answer.is_stream = false;
  fv__answer_problem(&call->answer, 503, "busy", NULL, "too many pages listen to events");
  return NULL;
}

enum MHD_Result fv__call_send(fv__call *call) {
  fv__answer *a = &call->answer;
  struct MHD_Response *response = a->is_stream && !call->request.head ? load_stream(call) : NULL;
  refuse_when_full(call);
  if (a->status == 200 && !a->tag[0] && a->bytes) {
    make_tag(a->tag, fv__hash_bytes(FV__HASH_START, a->bytes, a->size));
    if (!strcmp(a->tag, call->request.known)) a->status = 304;
  }
  if (a->status == 304) fv__answer_end(a);
  if (a->bytes) encode(call);
  if (call->wants_greeting) {
    fv__answer_end(a);
    a->status = 303;
  }
  const bool is_stream = response != NULL;
  if (!response) response = load(call);
  if (!response) return MHD_NO;
  add_headers(call, response);
  if (call->wants_greeting) greet(call, response);
  fv__connection_allow(call->line, is_stream ? 0 : 30000 + (int64_t)a->size / 8);
  const enum MHD_Result result = call->http->mhd->queue_response(call->connection, (unsigned)a->status, response);
  call->http->mhd->destroy_response(response);
  return result;
}
