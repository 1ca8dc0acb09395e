/* Help, made from the tables of commands and layers. */
#ifndef HELP_H
#define HELP_H

#include "command.h"

/* `fovea help [COMMAND | layer NAME | layers]`; prints on stdout. */
int help_run(int count, char **words);

void help_print_command(const fv_command *command);
void help_print_overview(void);

/* All layers; one of them, or COMMAND_USAGE after a sentence on stderr. */
void help_print_layers(void);
int help_print_layer(const char *name);

/* The command called `name`, or NULL. */
const fv_command *command_find(const char *name);

/* A sentence on stderr about a command that does not exist, with the nearest that does; returns COMMAND_USAGE. */
int command_unknown(const char *name);

#endif
