/* Command lines into options structures, by the option tables. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "command.h"

enum { OPTION_NAME_SIZE = 64 };

/* An option's name as it is typed: "input_shape" becomes "input-shape". Returns `typed`. */
char *option_typed_name(char typed[OPTION_NAME_SIZE], const fv_option *option);

/* Whether an option is a word without a value. */
bool option_is_flag(const fv_option *option);

/* Reads `count` words that follow the command's name. Options may stand anywhere: --name VALUE, --name=VALUE, -k VALUE,
 * -kVALUE; flags --name and --no-name; `--` ends options; `-` is an argument. What is no option is moved to the front
 * of `words`, in order, and counted. `options` is zero at first and complete afterwards. Returns COMMAND_OK or, after a
 * sentence on stderr, COMMAND_USAGE. */
int arguments_parse(const fv_command *command, void *options, int count, char **words, int *argument_count);

/* Sets one option as if it had been typed. COMMAND_OK or, after a sentence on stderr, COMMAND_USAGE. */
int arguments_set(void *options, const fv_option *option, const char *value);

/* Whether --help or -h was among the words; then options are not completed. */
bool arguments_help(void);

/* Takes --quiet that stands before the command. */
void arguments_be_quiet(void);

/* Ends what command_repeated lends. */
void arguments_free(void);

#endif
