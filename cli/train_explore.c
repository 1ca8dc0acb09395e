/* --explore: a server in the training's own process follows the training's log. */
#include "train_explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"

static int make_log(train_explore *watch, train_options *o) {
  const char *folder = getenv("TMPDIR");
  snprintf(watch->log, sizeof watch->log, "%s/fovea-train-XXXXXX", folder && folder[0] ? folder : "/tmp");
  const int file = mkstemp(watch->log);
  if (file < 0) {
    watch->log[0] = '\0';
    return command_error(COMMAND_FAILURE, "--explore needs a log, and cannot make one in %s: give it with --log-file",
                         folder ? folder : "/tmp");
  }
  close(file);
  o->log_file = watch->log;
  return COMMAND_OK;
}

static void say_address(void *context, const char *address) {
  (void)context;
  fprintf(stderr, "the training can be watched at %s\n", address);
}

int train_explore_begin(train_explore *watch, train_options *o) {
  *watch = (train_explore){0};
  if (!o->explore) return COMMAND_OK;
  const int status = o->log_file ? COMMAND_OK : make_log(watch, o);
  if (status != COMMAND_OK) return status;
  fv_explore_options options = {.watch = o->log_file, .started = say_address};
  if (!fv_explorer_start(&watch->explorer, NULL, &options)) {
    fv_explorer_open(watch->explorer);
    return COMMAND_OK;
  }
  options.port = FV_EXPLORE_ANY_PORT; /* the usual port is somebody else's */
  const fv_status failed = fv_explorer_start(&watch->explorer, NULL, &options);
  if (failed) return command_fail(failed);
  fv_explorer_open(watch->explorer);
  return COMMAND_OK;
}

static void stay(train_explore *watch, fv_model *trained) {
  const struct timespec moment = {.tv_nsec = 200000000};
  const fv_status given = fv_explorer_give(watch->explorer, trained, fv_model_name(trained));
  fprintf(stderr, "training has ended; the page stays%s until Ctrl-C\n", given ? "" : ", with the trained network,");
  while (!interrupt_came()) nanosleep(&moment, NULL);
}

void train_explore_end(train_explore *watch, fv_model *trained, bool successful) {
  if (watch->explorer && successful && !command_quiet() && isatty(STDERR_FILENO) && !interrupt_came())
    stay(watch, trained);
  fv_explorer_stop(watch->explorer);
  if (watch->log[0]) unlink(watch->log);
}
