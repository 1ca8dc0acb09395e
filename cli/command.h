/* What a command is: one file cli/cmd_NAME.c that ends in one constant `command_NAME`.
 *
 * The build collects the files by name into command_table. A command describes its options in a table over its own
 * options structure (include/fovea/option.h); parsing, `fovea help NAME` and the usage line are made from it. The help
 * of a TEXT or INTS option may begin with what to show for its value: "FILE: where to write", "png|jpg: kind of file".
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <fovea/option.h>

typedef struct fv_command {
  const char *name;         /* "filter" */
  const char *arguments;    /* "IMAGE": shown in the usage line */
  const char *help;         /* one line */
  const char *examples;     /* several lines, or NULL */
  const fv_option *options; /* table over the options structure; names with '_' are typed with '-' */
  size_t options_size;      /* bytes of the options structure; main.c zeroes it and fills it in */
  const char *shortcuts;    /* "k=kernel,o=output": one-letter options, or NULL */
  int (*run)(void *options, int argument_count, char **arguments); /* options completed; returns the exit status */
} fv_command;

/* All commands by name; ended by NULL. Made by the build. */
extern const fv_command *const command_table[];

/* What a script can rely on. */
enum {
  COMMAND_OK = 0,
  COMMAND_FAILURE = 1,
  COMMAND_USAGE = 2,     /* a wrong option or argument */
  COMMAND_BAD_INPUT = 3, /* a file that cannot be read or is damaged */
  COMMAND_RESOURCES = 4, /* memory, disk space */
  COMMAND_NUMBERS = 5,   /* NaN or infinity */
  COMMAND_STOPPED = 75   /* interrupted, can be resumed */
};

/* Prints fv_error_message() on stderr and returns the exit status that fits `status`. */
int command_fail(fv_status status);

/* The same for a result that could not be written: COMMAND_FAILURE, or COMMAND_RESOURCES when the disk is full or there
 * is no memory. */
int command_fail_output(fv_status status);

/* The exit status alone. */
int command_status(fv_status status);

/* The same with the name of what failed before the sentence, where the library could not know it. */
int command_fail_about(const char *name, fv_status status);

/* Prints "fovea: " and the sentence, control characters replaced, on stderr; returns `exit_status`. */
int command_error(int exit_status, const char *format, ...) FV_PRINTF(2, 3);

/* The same for COMMAND_USAGE. */
int command_usage(const char *format, ...) FV_PRINTF(1, 2);

/* Whether --quiet was given: no remarks, only results and errors. */
bool command_quiet(void);

/* Every value of an option that was given several times (--input A --input B), in order; an options structure keeps the
 * last one. A flag's are "true" and "false". `values` is lent until the command ends. Returns how many. */
int command_repeated(const char *option_name, const char *const **values);

#endif
