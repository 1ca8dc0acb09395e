/* The command `fovea`: finds the command, reads its options, runs it, and makes sure that the exit status tells the
 * truth, also when the results could not be written. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea/cpu.h>

#include "arguments.h"
#include "help.h"

int command_status(fv_status status) {
  static const int exit_status[] = {[FV_OK] = COMMAND_OK,
                                    [FV_ERROR_INVALID] = COMMAND_USAGE,
                                    [FV_ERROR_SHAPE] = COMMAND_BAD_INPUT,
                                    [FV_ERROR_MEMORY] = COMMAND_RESOURCES,
                                    [FV_ERROR_IO] = COMMAND_BAD_INPUT,
                                    [FV_ERROR_FORMAT] = COMMAND_BAD_INPUT,
                                    [FV_ERROR_UNSUPPORTED] = COMMAND_BAD_INPUT,
                                    [FV_ERROR_NOT_FOUND] = COMMAND_BAD_INPUT,
                                    [FV_ERROR_STATE] = COMMAND_FAILURE,
                                    [FV_ERROR_NUMBERS] = COMMAND_NUMBERS,
                                    [FV_ERROR_STOPPED] = COMMAND_STOPPED};
  return exit_status[status];
}

int command_fail(fv_status status) { return command_error(command_status(status), "%s", fv_error_message()); }

int command_fail_about(const char *name, fv_status status) {
  return command_error(command_status(status), "%s: %s", name, fv_error_message());
}

int command_fail_output(fv_status status) {
  const char *message = fv_error_message();
  bool full =
      strstr(message, strerror(ENOSPC)) || strstr(message, strerror(EDQUOT)) || strstr(message, strerror(EFBIG));
  command_fail(status);
  return status == FV_ERROR_MEMORY || full ? COMMAND_RESOURCES : COMMAND_FAILURE;
}

static int print_version(void) {
  printf("fovea %s\n", fv_version());
  printf("processor: %s in use, %s available\n", fv_cpu_name(fv_cpu()), fv_cpu_name(fv_cpu_best()));
  printf("threads: %d\n", fv_cpu_threads());
  printf("libraries: %s\n", fv_libraries());
  return COMMAND_OK;
}

static int run_command(const fv_command *command, int count, char **words) {
  int argument_count, status;
  void *options = calloc(1, command->options_size ? command->options_size : 1);
  if (!options) {
    return command_error(COMMAND_RESOURCES, "no memory for the options");
  }
  status = arguments_parse(command, options, count, words, &argument_count);
  if (arguments_help() && status == COMMAND_OK)
    help_print_command(command);
  else if (status == COMMAND_OK)
    status = command->run(options, argument_count, words);
  arguments_free();
  free(options);
  return status;
}

static int dispatch(int count, char **words) {
  while (count && (!strcmp(words[0], "--quiet") || !strcmp(words[0], "-q"))) {
    arguments_be_quiet();
    count--;
    words++;
  }
  if (!count) {
    help_print_overview();
    return COMMAND_OK;
  }
  if (!strcmp(words[0], "--version")) return print_version();
  if (!strcmp(words[0], "--help") || !strcmp(words[0], "-h")) return help_run(count - 1, words + 1);
  if (words[0][0] == '-') return command_usage("no option %s here; options follow the command", words[0]);
  if (!strcmp(words[0], "help")) return help_run(count - 1, words + 1);
  const fv_command *command = command_find(words[0]);
  if (!command) return command_unknown(words[0]);
  return run_command(command, count - 1, words + 1);
}

/* Results that did not reach stdout are a failure, whatever the command thought. */
static int close_output(int status) {
  bool failed = ferror(stdout);
  errno = 0;
  if (fflush(stdout)) failed = true;
  if (!failed) return status;
  if (errno)
    fprintf(stderr, "fovea: cannot write the output: %s\n", strerror(errno));
  else
    fputs("fovea: cannot write the output\n", stderr);
  if (status != COMMAND_OK && status != COMMAND_FAILURE) return status;
  return errno == ENOSPC ? COMMAND_RESOURCES : COMMAND_FAILURE;
}

/* A standard stream that is closed would give its number to the next file opened, and messages would land in it. A
 * read-only stand-in makes writing fail instead, which close_output reports. */
static void occupy_standard_streams(void) {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
    while (fcntl(stream, F_GETFD) == -1 && errno == EBADF)
      if (open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
}

int main(int count, char **words) {
  occupy_standard_streams();
  /* A reader that has seen enough (`fovea ... | head`) ends the command quietly, also where a parent ignores it. */
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_IGN); /* beyond ulimit -f writing fails, as on a full disk */
  return close_output(dispatch(count - 1, words + 1));
}
