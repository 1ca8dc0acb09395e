/* fovea explore: the page that shows what every layer sees. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include <fovea-tools/explore.h>
#include <fovea/zoo.h>

#include "command.h"
#include "interrupt.h"
#include "model_argument.h"

typedef struct explore_options {
  model_options model;
  int32_t port, threads;
  const char *host, *token, *watch;
  bool no_browser;
} explore_options;

static const fv_option options[] = {
    {"port", FV_OPTION_INT, offsetof(explore_options, port), "5000", 0, 65535, NULL,
     "where to listen; 0: a port that is free"},
    {"host", FV_OPTION_TEXT, offsetof(explore_options, host), NULL, 0, 0, NULL,
     "ADDRESS: let other machines in, 0.0.0.0 for all of them; needs --token [this machine alone]"},
    {"token", FV_OPTION_TEXT, offsetof(explore_options, token), NULL, 0, 0, NULL,
     "WORD: who does not know it sees nothing, also other users of this machine"},
    {"browser", FV_OPTION_NOT_BOOL, offsetof(explore_options, no_browser), "true", 0, 0, NULL,
     "open the page; --no-browser leaves that to you"},
    {"watch", FV_OPTION_TEXT, offsetof(explore_options, watch), NULL, 0, 0, NULL,
     "FILE.jsonl: a training's log (fovea train --log-file) to watch, also while it grows"},
    {"threads", FV_OPTION_INT, offsetof(explore_options, threads), "0", 0, 256, NULL,
     "threads that compute, 0: one per processor"},
    MODEL_OPTIONS(explore_options, model),
    MODEL_PICTURE_OPTIONS(explore_options, model),
    {0}};

/* Many clients take many descriptors; the limit that shells set is meant for programs that use select(). */
static void raise_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > 16384 ? 16384 : limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void say_address(void *context, const char *address) {
  (void)context;
  printf("%s\n", address);
  fflush(stdout);
  if (!command_quiet()) fputs("Ctrl-C ends the explorer.\n", stderr);
}

/* What the demo has fetched: a network that knows ImageNet's classes, and photos. */
#define DEMO_NETWORK "EfficientNetLite0"

static int find_demo(char folder[4200], const char **model) {
  char weights[4096], cache[4096];
  struct stat about;
  if (fv_zoo_find_weights(weights, sizeof weights, DEMO_NETWORK, NULL))
    return command_usage("explore needs a model; `make demo` fetches one, and photos, for `fovea explore` alone");
  *model = DEMO_NETWORK;
  fv_zoo_weights_folder(cache, sizeof cache, 0);
  snprintf(folder, 4200, "%s/photos", cache);
  if (stat(folder, &about) || !S_ISDIR(about.st_mode)) snprintf(folder, 4200, ".");
  return COMMAND_OK;
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

/* The page is there before the model is: large files take their time. */
static int load_model(fv_explorer *explorer, fv_model **model, const char *word, const explore_options *o) {
  int status = model_open_as_it_is(model, word, &o->model);
  if (status == COMMAND_OK) status = model_set_pictures(*model, &o->model);
  const fv_status given = status == COMMAND_OK ? fv_explorer_give(explorer, *model, last_part(word)) : FV_OK;
  return given ? command_fail(given) : status;
}

static int serve(const char *word, const char *folder, const explore_options *o) {
  fv_explorer *explorer;
  fv_model *model = NULL;
  const fv_status started = fv_explorer_start(&explorer, NULL,
                                              &(fv_explore_options){.input_folder = folder,
                                                                    .port = o->port ? o->port : FV_EXPLORE_ANY_PORT,
                                                                    .host = o->host,
                                                                    .token = o->token,
                                                                    .upright = o->model.upright,
                                                                    .watch = o->watch,
                                                                    .threads = o->threads,
                                                                    .loading = word ? last_part(word) : NULL,
                                                                    .started = say_address});
  if (started) return started == FV_ERROR_IO ? command_fail_output(started) : command_fail(started);
  if (!o->no_browser) fv_explorer_open(explorer);
  const int status = word ? load_model(explorer, &model, word, o) : COMMAND_OK;
  const struct timespec moment = {.tv_nsec = 200000000};
  while (status == COMMAND_OK && !interrupt_came()) nanosleep(&moment, NULL);
  fv_explorer_stop(explorer);
  fv_model_destroy(model);
  return status;
}

static int run(void *pointer, int argument_count, char **arguments) {
  const explore_options *o = pointer;
  if (argument_count > 2) return command_usage("explore takes a model and a folder, found %d words", argument_count);
  char demo[4200];
  const char *word = argument_count ? arguments[0] : NULL, *folder = argument_count > 1 ? arguments[1] : ".";
  if (!word && !o->watch) {
    const int status = find_demo(demo, &word);
    if (status != COMMAND_OK) return status;
    folder = demo;
  }
  raise_descriptors();
  interrupt_listen();
  return serve(word, folder, o);
}

const fv_command command_explore = {
    .name = "explore",
    .arguments = "[MODEL] [FOLDER]",
    .help = "show in the browser what every layer of a model sees",
    .examples = "fovea explore model.keras pictures\n"
                "fovea explore VGG16 --weights random:1 --port 0 --no-browser\n"
                "fovea explore --watch training.jsonl",
    .options = options,
    .options_size = sizeof(explore_options),
    .shortcuts = "p=port,j=threads",
    .run = run,
};
