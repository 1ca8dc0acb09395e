/* The public door of the room: starts the parts in order, ends them in reverse. */
#include <fovea-tools/explore.h>

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fovea/cpu.h>

#include "serve/clock.h"
#include "serve/hands.h"
#include "serve/hash.h"
#include "serve/http.h"
#include "serve/server.h"

enum { DEFAULT_PORT = 5000 };

struct fv_explorer {
  fv__server server;
};

/* ---- what a start is called */

static fv_status no_memory(void) { return fv_error_set(FV_ERROR_MEMORY, "no memory for the explorer"); }

/* Constant answers are kept by browsers under a key of this program: its version and its file's time and size. */
static void make_cache_key(fv__server *server) {
  struct stat about = {0};
  uint64_t hash = fv__hash_number(fv__hash_text(FV__HASH_START, fv_version()), FV__SERVE_FORMAT);
  if (!stat("/proc/self/exe", &about)) {
    hash = fv__hash_number(hash, (uint64_t)about.st_mtim.tv_sec);
    hash = fv__hash_number(hash, (uint64_t)about.st_mtim.tv_nsec ^ (uint64_t)about.st_size);
  }
  snprintf(server->cache_key, sizeof server->cache_key, "%016llx", (unsigned long long)hash);
}

static fv_status make_secrets(fv__server *server) {
  uint64_t random[3];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
    return fv_error_set(FV_ERROR_IO, "the system has no random numbers for a token");
  snprintf(server->token, sizeof server->token, "%016llx%016llx", (unsigned long long)random[0],
           (unsigned long long)random[1]);
  server->boot = random[2];
  return FV_OK;
}

static bool is_loopback_name(const char *host) {
  return !strncmp(host, "127.", 4) || !strcmp(host, "localhost") || !strcmp(host, "::1");
}

/* A token goes into addresses and cookies as it is. */
static bool is_plain_token(const char *token) {
  const size_t size = strspn(token, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
  return size >= 8 && size <= 200 && !token[size];
}

static fv_status take_options(fv__server *server, const fv_explore_options *o) {
  if (o->port < -1 || o->port > 65535) return fv_error_set(FV_ERROR_INVALID, "expected a port up to 65535");
  if (o->token && !is_plain_token(o->token))
    return fv_error_set(FV_ERROR_INVALID, "expected a token of 8 to 200 letters, digits, '-' and '_'");
  server->is_open_to_others = o->host && !is_loopback_name(o->host);
  if (server->is_open_to_others && !o->token)
    return fv_error_set(FV_ERROR_INVALID, "a server that others can reach needs a token: give one, 16 letters or more");
  server->port = (uint16_t)(o->port > 0 ? o->port : DEFAULT_PORT);
  if (o->host && !(server->host = strdup(o->host))) return no_memory();
  if (o->token && !(server->access_token = strdup(o->token))) return no_memory();
  make_cache_key(server);
  return make_secrets(server);
}

static void make_address(fv__server *server) {
  const char *token = server->access_token;
  snprintf(server->address, sizeof server->address, "http://127.0.0.1:%u/%s%s", server->port, token ? "?token=" : "",
           token ? token : "");
}

/* ---- start and stop */

static void tick(void *context) {
  fv__server *server = context;
  fv__http_sweep(server->http);
}

static fv_status start(fv__server *server, const fv_explore_options *options) {
  fv_status status = take_options(server, options);
  if (!status) status = fv__hands_create(&server->hands);
  if (!status) status = fv__http_start(&server->http, server, options->port == FV_EXPLORE_ANY_PORT);
  if (!status) status = fv__clock_start(&server->clock, tick, server);
  if (!status) make_address(server);
  return status;
}

fv_status fv_explorer_start(fv_explorer **out, fv_model *model, const fv_explore_options *options) {
  static const fv_explore_options none;
  *out = NULL;
  fv_explorer *explorer = calloc(1, sizeof *explorer);
  if (!explorer) return no_memory();
  if (!options) options = &none;
  fv_status status = start(&explorer->server, options);
  if (!status && model) status = fv_explorer_give(explorer, model, NULL);
  if (status) {
    fv_explorer_stop(explorer);
    return status;
  }
  *out = explorer;
  if (options->started) options->started(options->context, explorer->server.address);
  return FV_OK;
}

void fv_explorer_stop(fv_explorer *explorer) {
  if (!explorer) return;
  fv__server *server = &explorer->server;
  fv__clock_stop(server->clock);
  fv__hands_destroy(server->hands);
  fv__http_stop(server->http);
  free(server->host);
  free(server->access_token);
  free(explorer);
}

const char *fv_explorer_address(const fv_explorer *explorer) { return explorer->server.address; }

fv_status fv_explorer_give(fv_explorer *explorer, fv_model *model, const char *name) {
  (void)explorer;
  (void)model;
  (void)name;
  return FV_OK;
}

/* ---- the browser */

extern char **environ;

static void open_browser(const char *address) {
  if (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY")) return;
  char *words[] = {"setsid", "xdg-open", (char *)address, NULL};
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions)) return;
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 2 /* O_RDWR */, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 2, 0);
  pid_t child;
  posix_spawnp(&child, words[0], &actions, NULL, words, environ);
  posix_spawn_file_actions_destroy(&actions);
}

fv_status fv_explore(fv_model *model, const fv_explore_options *options) {
  fv_explorer *explorer;
  const fv_status status = fv_explorer_start(&explorer, model, options);
  if (status) return status;
  if (!options || !options->no_browser) open_browser(fv_explorer_address(explorer));
  const struct timespec while_ = {.tv_nsec = 200000000};
  while (!options || !options->keep_on || options->keep_on(options->context)) nanosleep(&while_, NULL);
  fv_explorer_stop(explorer);
  return FV_OK;
}
