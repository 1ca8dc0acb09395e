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

#include "serve/album.h"
#include "serve/clock.h"
#include "serve/follow.h"
#include "serve/hands.h"
#include "serve/hash.h"
#include "serve/http.h"
#include "serve/hub.h"
#include "serve/queue.h"
#include "serve/runs.h"
#include "serve/server.h"
#include "serve/shelf.h"
#include "serve/shown.h"
#include "serve/watch.h"

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
  fv__hub_tick(server->hub);
  fv__follow_tick(server->follow);
}

static fv_status start(fv__server *server, const fv_explore_options *options) {
  fv_status status = take_options(server, options);
  if (!status)
    status = fv__album_create(&server->album, options->input_folder ? options->input_folder : ".", options->upright);
  if (!status) status = fv__gallery_create(&server->gallery);
  if (!status) status = fv__hub_create(&server->hub, server->boot);
  if (!status) status = fv__follow_create(&server->follow, server->hub);
  if (!status) status = fv__shelf_create(&server->shelf);
  if (!status) status = fv__queue_create(&server->queue, server->hub);
  if (!status)
    status = fv__runs_create(&server->runs, &(fv__runs_options){.album = server->album,
                                                                .queue = server->queue,
                                                                .hub = server->hub,
                                                                .limit = options->activation_limit,
                                                                .threads = options->threads});
  if (!status && options->watch) status = fv__watch_start(&server->watch, options->watch, server->hub);
  if (!status && options->loading) fv__gallery_announce(server->gallery, options->loading, NULL);
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
  fv__watch_stop(server->watch);
  fv__hub_close(server->hub);
  fv__queue_destroy(server->queue); /* hands may wait for it */
  fv__hands_destroy(server->hands);
  fv__http_stop(server->http);
  fv__runs_destroy(server->runs);
  fv__shelf_destroy(server->shelf);
  fv__gallery_destroy(server->gallery);
  fv__album_destroy(server->album);
  fv__follow_destroy(server->follow);
  fv__hub_destroy(server->hub);
  free(server->host);
  free(server->access_token);
  free(explorer);
}

const char *fv_explorer_address(const fv_explorer *explorer) { return explorer->server.address; }

/* The first picture's run begins at once: it will be there, or nearly, when the page asks for it. */
static void run_first(fv__server *server, fv__shown *shown) {
  char images[FV__RUN_INPUTS][FV__ID_SIZE];
  const int32_t inputs = fv_model_input_count(shown->model);
  fv__run *run;
  bool is_new;
  if (inputs > FV__RUN_INPUTS) return;
  for (int32_t i = 0; i < inputs; i++) fv__album_default(server->album, images[i]);
  if (!fv__runs_ask(&run, server->runs, shown, images, inputs, NULL, &is_new)) fv__run_leave(run);
}

fv_status fv_explorer_give(fv_explorer *explorer, fv_model *model, const char *name) {
  fv__server *server = &explorer->server;
  char sentence[512];
  if (!model) {
    snprintf(sentence, sizeof sentence, "%s", fv_error_message());
    fv__gallery_announce(server->gallery, name, sentence);
  } else {
    fv__shown *shown;
    const fv_status status = fv__gallery_add(server->gallery, model, false, name, NULL, &shown);
    if (status) return status;
    run_first(server, shown);
    fv__shown_leave(shown);
    fv__gallery_announce(server->gallery, NULL, NULL);
  }
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_end(&json);
  fv__hub_publish(server->hub, "models", "models", &json, false);
  return FV_OK;
}

/* ---- the browser */

extern char **environ;

void fv_explorer_open(const fv_explorer *explorer) {
  if (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY")) return;
  char *words[] = {"setsid", "xdg-open", (char *)explorer->server.address, NULL};
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
  if (!options || !options->no_browser) fv_explorer_open(explorer);
  const struct timespec while_ = {.tv_nsec = 200000000};
  while (!options || !options->keep_on || options->keep_on(options->context)) nanosleep(&while_, NULL);
  fv_explorer_stop(explorer);
  return FV_OK;
}
