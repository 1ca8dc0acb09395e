/* The way of a request. libmicrohttpd calls: target read, headers read, pieces of the body, all read; and the end. */
#include "serve/http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "serve/hash.h"
#include "serve/http_private.h"

enum { IDLE_SECONDS = 30, THREADS = 2, POOL_BYTES = 48 * 1024 };

/* ---- connections */

static void notify_connection(void *context, struct MHD_Connection *connection, void **line,
                              enum MHD_ConnectionNotificationCode code) {
  fv__http *http = context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    const union MHD_ConnectionInfo *info =
        http->mhd->get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *line = info ? fv__connections_add(http->connections, (int)info->connect_fd) : NULL;
    atomic_fetch_add(&http->open, 1);
  } else {
    fv__connections_remove(http->connections, *line);
    *line = NULL;
    atomic_fetch_sub(&http->open, 1);
  }
}

static fv__connection *line_of(const fv__http *http, struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = http->mhd->get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

/* ---- a call from its first line to its end */

static void *begin_call(void *context, const char *target, struct MHD_Connection *connection) {
  fv__http *http = context;
  fv__call *call = calloc(1, sizeof *call);
  if (!call) return NULL;
  call->http = http;
  call->connection = connection;
  call->line = line_of(http, connection);
  call->target = strdup(target);
  if (!call->target || !call->line) {
    free(call->target);
    free(call);
    return NULL;
  }
  atomic_fetch_add(&http->requests, 1);
  return call;
}

static void end_call(void *context, struct MHD_Connection *connection, void **pointer,
                     enum MHD_RequestTerminationCode how) {
  (void)connection;
  (void)how;
  fv__http *http = context;
  fv__call *call = *pointer;
  if (!call) return;
  atomic_fetch_sub(&http->body_bytes, (int64_t)call->body_room);
  fv__connection_allow(call->line, 1000 * (IDLE_SECONDS + 10)); /* until the next request's headers are there */
  fv__answer_end(&call->answer);
  fv__request_end(&call->request);
  free(call->body);
  free(call->target);
  free(call);
  *pointer = NULL;
}

/* ---- headers: everything that can be refused before the body */

static bool takes_type(const fv__route *route, const char *type) {
  const size_t size = strlen(route->takes);
  const bool is_prefix = route->takes[size - 1] == '/';
  return is_prefix ? !strncmp(type, route->takes, size) : !strcmp(type, route->takes);
}

static bool takes_body(fv__call *call, const fv__visitor *visitor) {
  const fv__route *route = call->route;
  const bool is_post = !strcmp(visitor->method, "POST");
  call->body_length = is_post ? (size_t)strtoull(visitor->content_length, NULL, 10) : 0;
  const size_t limit = route->takes && !strcmp(route->takes, "application/json") ? FV__MAX_JSON : FV__MAX_BODY;
  if (is_post && route->takes && !takes_type(route, call->request.type))
    fv__answer_problem(&call->answer, 415, "bad_request", NULL, "expected Content-Type %s%s, found %s", route->takes,
                       route->takes[strlen(route->takes) - 1] == '/' ? "*" : "",
                       call->request.type[0] ? call->request.type : "none");
  else if (call->body_length > limit)
    fv__answer_problem(&call->answer, 413, "image_too_large", NULL, "expected at most %zu bytes, found %zu", limit,
                       call->body_length);
  else
    return true;
  return false;
}

static void read_headers(fv__call *call, const char *method) {
  fv__visitor visitor = {.method = method, .target = call->target};
  fv__call_read_headers(call, &visitor, call->http->mhd);
  call->has_headers = call->has_answer = true;
  call->request.server = call->http->server;
  call->request.head = !strcmp(method, "HEAD");
  const bool is_read = fv__request_read(&call->request, call->target);
  const char *token = is_read ? fv__request_query(&call->request, "token") : NULL;
  bool greets;
  if (!fv__gate_passes(call->http->server, &visitor, token, &call->answer, &greets)) return;
  if (!is_read) {
    fv__answer_problem(&call->answer, 400, "bad_request", NULL, "the address has a broken escape or too many parts");
    return;
  }
  call->wants_greeting = greets && !strcmp(method, "GET");
  call->route = fv__call_find_route(call, method);
  if (!call->route || !takes_body(call, &visitor)) return;
  if (call->route->is_constant && fv__call_is_known(call)) {
    call->answer.status = 304;
    return;
  }
  call->has_answer = call->wants_greeting;
  fv__connection_allow(call->line, 10000 + (int64_t)call->body_length);
}

/* ---- the body */

static bool grow_body(fv__call *call, size_t needed) {
  if (needed <= call->body_room) return true;
  size_t room = call->body_room ? 2 * call->body_room : 16384;
  if (room < needed) room = needed;
  if (room > call->body_length) room = call->body_length;
  const int64_t more = (int64_t)(room - call->body_room);
  uint8_t *larger = NULL;
  if (atomic_fetch_add(&call->http->body_bytes, more) + more <= FV__MAX_BODIES) larger = realloc(call->body, room);
  if (!larger) {
    atomic_fetch_sub(&call->http->body_bytes, more);
    return false;
  }
  call->body = larger;
  call->body_room = room;
  return true;
}

static void take_body(fv__call *call, const char *bytes, size_t size) {
  if (call->has_answer) return; /* it is read and thrown away */
  if (size > call->body_length - call->body_size || !grow_body(call, call->body_size + size)) {
    fv__answer_problem(&call->answer, 503, "busy", NULL, "too much is being sent at once");
    call->has_answer = true;
    return;
  }
  memcpy(call->body + call->body_size, bytes, size);
  call->body_size += size;
}

/* ---- the answer */

static void handle(fv__call *call) {
  call->request.body = call->body;
  call->request.body_size = call->body_size;
  char tag[sizeof call->answer.tag];
  const char *cache = call->answer.cache;
  memcpy(tag, call->answer.tag, sizeof tag);
  call->answer.cache = NULL;
  call->answer.tag[0] = '\0';
  call->route->handle(&call->request, &call->answer);
  if (call->route->is_constant && call->answer.status == 200) {
    memcpy(call->answer.tag, tag, sizeof tag);
    call->answer.cache = cache;
  }
}

static void handle_by_hand(void *context) {
  fv__call *call = context;
  handle(call);
  call->has_answer = true;
  call->http->mhd->resume_connection(call->connection);
}

static enum MHD_Result answer(fv__call *call) {
  if (!call->has_answer && call->route->slow) {
    fv__connection_allow(call->line, 0);
    call->http->mhd->suspend_connection(call->connection);
    if (fv__hands_give(call->http->server->hands, handle_by_hand, call)) return MHD_YES;
    fv__answer_problem(&call->answer, 503, "busy", NULL, "too many requests wait");
    call->has_answer = true;
    call->http->mhd->resume_connection(call->connection);
    return MHD_YES;
  }
  if (!call->has_answer) handle(call);
  call->has_answer = true;
  return fv__call_send(call);
}

static enum MHD_Result take(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                            const char *version, const char *bytes, size_t *size, void **pointer) {
  (void)context;
  (void)connection;
  (void)url;
  (void)version;
  fv__call *call = *pointer;
  if (!call) return MHD_NO;
  if (!call->has_headers) {
    read_headers(call, method);
    /* What is refused is answered before its body, which is then not read: the connection ends. */
    return call->has_answer ? fv__call_send(call) : MHD_YES;
  }
  if (*size) {
    take_body(call, bytes, *size);
    *size = 0;
    return MHD_YES;
  }
  return answer(call);
}

/* ---- start and stop */

/* Descriptors that are left for files, models and the rest of the program. */
static unsigned connection_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY) return FV__MAX_CONNECTIONS;
  const unsigned descriptors = limit.rlim_cur > 128 ? (unsigned)(limit.rlim_cur - 64) : 64;
  return descriptors < FV__MAX_CONNECTIONS ? descriptors : FV__MAX_CONNECTIONS;
}

static struct MHD_Daemon *start_daemon(fv__http *http, int socket) {
  const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  return http->mhd->start_daemon(
      flags, 0, NULL, NULL, take, http, MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_THREAD_POOL_SIZE,
      (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT, connection_limit(), MHD_OPTION_CONNECTION_TIMEOUT,
      (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
      MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)4096, MHD_OPTION_URI_LOG_CALLBACK, begin_call, http,
      MHD_OPTION_NOTIFY_COMPLETED, end_call, http, MHD_OPTION_NOTIFY_CONNECTION, notify_connection, http,
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

fv_status fv__http_start(fv__http **out, fv__server *server, bool any_port) {
  *out = NULL;
  const fv__mhd *mhd;
  fv_status status = fv__mhd_load(&mhd);
  fv__http *http = status ? NULL : calloc(1, sizeof *http);
  if (!http) return status ? status : fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  http->server = server;
  http->mhd = mhd;
  status = fv__connections_create(&http->connections);
  if (!status) status = fv__doors_open(&http->doors, server->host, any_port ? 0 : server->port);
  server->port = http->doors.port;
  for (int i = 0; !status && i < http->doors.count; i++) {
    http->daemons[i] = start_daemon(http, http->doors.sockets[i]);
    if (!http->daemons[i]) status = fv_error_set(FV_ERROR_IO, "the server does not start: no more threads or files");
  }
  if (status)
    fv__http_stop(http);
  else
    *out = http;
  return status;
}

void fv__http_stop(fv__http *http) {
  if (!http) return;
  for (int i = 0; i < http->doors.count; i++) {
    if (http->daemons[i])
      http->mhd->stop_daemon(http->daemons[i]); /* closes the socket, too */
    else
      close(http->doors.sockets[i]);
  }
  fv__connections_destroy(http->connections);
  free(http);
}

void fv__http_sweep(fv__http *http) { fv__connections_sweep(http->connections); }

fv__http_load fv__http_now(const fv__http *http) {
  return (fv__http_load){atomic_load(&http->open), atomic_load(&http->requests), atomic_load(&http->answer_bytes),
                         atomic_load(&http->body_bytes)};
}
