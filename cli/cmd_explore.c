/* fovea explore: the page that shows what every layer sees. */
#include <stdio.h>
#include <sys/resource.h>

#include <fovea-tools/explore.h>

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
}

static bool keep_on(void *context) {
  (void)context;
  return !interrupt_came();
}

static int run(void *pointer, int argument_count, char **arguments) {
  const explore_options *o = pointer;
  if (argument_count > 2) return command_usage("explore takes a model and a folder, found %d words", argument_count);
  fv_model *model = NULL;
  if (argument_count) {
    const int status = model_open(&model, arguments[0], &o->model);
    if (status != COMMAND_OK) return status;
  }
  raise_descriptors();
  interrupt_listen();
  const fv_status status =
      fv_explore(model, &(fv_explore_options){.input_folder = argument_count > 1 ? arguments[1] : ".",
                                              .port = o->port ? o->port : FV_EXPLORE_ANY_PORT,
                                              .host = o->host,
                                              .token = o->token,
                                              .no_browser = o->no_browser,
                                              .watch = o->watch,
                                              .threads = o->threads,
                                              .started = say_address,
                                              .keep_on = keep_on});
  fv_model_destroy(model);
  return status ? command_fail(status) : COMMAND_OK;
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
