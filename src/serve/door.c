/* Sockets to listen on: loopback always, another address only when asked for. */
#include "serve/door.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static fv_status fail_here(fv_status status, const char *host, uint16_t port, int error) {
  char sentence[400], reason[100];
  const char *advice = error == EADDRINUSE ? "; --port 0 takes one that is free" : "";
  snprintf(sentence, sizeof sentence, "%.200s port %u: cannot listen: %s%s", host, port,
           strerror_r(error, reason, sizeof reason), advice);
  return fv_error_set(status, sentence);
}

/* 0, or errno. */
static int listen_on(fv__doors *doors, const struct sockaddr *address, socklen_t size) {
  const int one = 1;
  const int s = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s < 0) return errno;
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one); /* a port of a server that just ended is free */
  if (address->sa_family == AF_INET6) setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  struct sockaddr_storage bound;
  socklen_t bound_size = sizeof bound;
  if (bind(s, address, size) || listen(s, 1024) || getsockname(s, (struct sockaddr *)&bound, &bound_size)) {
    const int error = errno;
    close(s);
    return error;
  }
  doors->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                  : ((struct sockaddr_in *)&bound)->sin_port);
  doors->sockets[doors->count++] = s;
  return 0;
}

static fv_status open_loopback(fv__doors *doors, uint16_t port) {
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int error = listen_on(doors, (struct sockaddr *)&four, sizeof four);
  if (error) return fail_here(FV_ERROR_IO, "127.0.0.1", port, error);
  struct sockaddr_in6 six = {
      .sin6_family = AF_INET6, .sin6_port = htons(doors->port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  error = listen_on(doors, (struct sockaddr *)&six, sizeof six);
  if (error == EADDRINUSE && port) return fail_here(FV_ERROR_IO, "::1", port, error);
  return FV_OK; /* a machine without IPv6 does without */
}

static fv_status open_all_of(fv__doors *doors, const char *host, uint16_t port) {
  char service[8], sentence[400];
  snprintf(service, sizeof service, "%u", port);
  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
  struct addrinfo *found;
  const int wrong = getaddrinfo(host, service, &hints, &found);
  if (wrong) {
    snprintf(sentence, sizeof sentence, "%.200s: expected an address of this machine: %s", host, gai_strerror(wrong));
    return fv_error_set(FV_ERROR_IO, sentence);
  }
  const int error = listen_on(doors, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return error ? fail_here(FV_ERROR_IO, host, port, error) : FV_OK;
}

/* "0.0.0.0" holds 127.0.0.1 as well, "::" holds ::1: then loopback is not opened by itself. */
static bool covers_loopback(const char *host) {
  return host && (!strcmp(host, "0.0.0.0") || !strcmp(host, "::") || !strncmp(host, "127.", 4) ||
                  !strcmp(host, "::1") || !strcmp(host, "localhost"));
}

fv_status fv__doors_open(fv__doors *doors, const char *host, uint16_t port) {
  *doors = (fv__doors){0};
  fv_status status = covers_loopback(host) ? FV_OK : open_loopback(doors, port);
  if (!status && host) status = open_all_of(doors, host, doors->count ? doors->port : port);
  for (int i = 0; status && i < doors->count; i++) close(doors->sockets[i]);
  if (status) doors->count = 0;
  return status;
}
