/* Help about commands, made from their tables. */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "page.h"
#include "suggest.h"

const fv_command *command_find(const char *name) {
  for (int i = 0; command_table[i]; i++)
    if (!strcmp(command_table[i]->name, name)) return command_table[i];
  return NULL;
}

int command_unknown(const char *name) {
  suggestion nearest = suggest_begin(name);
  for (int i = 0; command_table[i]; i++) suggest_offer(&nearest, command_table[i]->name);
  suggest_offer(&nearest, "help");
  if (nearest.name[0]) return command_usage("no command '%s'; did you mean '%s'?", name, nearest.name);
  return command_usage("no command '%s'; `fovea help` lists them", name);
}

static char shortcut_of(const fv_command *command, const fv_option *option) {
  for (const char *at = command->shortcuts; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    size_t length = strcspn(at + 2, ",");
    if (length == strlen(option->name) && !strncmp(at + 2, option->name, length)) return at[0];
  }
  return '\0';
}

static void print_option(const fv_command *command, const fv_option *option) {
  char left[PAGE_TEXT_SIZE], text[PAGE_TEXT_SIZE], typed[OPTION_NAME_SIZE], value[PAGE_TEXT_SIZE / 2];
  option_typed_name(typed, option);
  page_value_word(value, sizeof value, option);
  char letter = shortcut_of(command, option);
  char short_form[] = {letter ? '-' : ' ', letter ? letter : ' ', letter ? ',' : ' ', '\0'};
  snprintf(left, sizeof left, "%s --%s%s%s%s", short_form, option->kind == FV_OPTION_NOT_BOOL ? "no-" : "", typed,
           *value ? " " : "", value);
  page_option_help(text, sizeof text, option);
  page_entry(left, text, 34);
}

void help_print_command(const fv_command *command) {
  printf("fovea %s: %s\n\n", command->name, command->help);
  page_heading("usage");
  printf("  fovea %s %s%s[options]\n", command->name, command->arguments, *command->arguments ? " " : "");
  if (command->options->name) {
    putchar('\n');
    page_heading("options");
    for (const fv_option *option = command->options; option->name; option++) print_option(command, option);
  }
  if (command->examples) {
    putchar('\n');
    page_heading("examples");
    for (const char *line = command->examples; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] != 0))
      printf("  %.*s\n", (int)strcspn(line, "\n"), line);
  }
}

void help_print_overview(void) {
  puts("fovea: convolutional neural networks, from photo to names\n");
  page_heading("usage");
  puts("  fovea COMMAND [arguments] [options]\n");
  page_heading("commands");
  for (int i = 0; command_table[i]; i++) page_entry(command_table[i]->name, command_table[i]->help, 16);
  page_entry("help", "explain a command (help predict), all layers (help layers), one (help layer Add)", 16);
  putchar('\n');
  page_heading("everywhere");
  page_entry("--help, -h", "explain the command", 16);
  page_entry("--quiet, -q", "no remarks, only results and errors", 16);
  page_entry("--version", "the version, the processor level in use, threads, libraries", 16);
  putchar('\n');
  page_heading("environment");
  page_entry("FOVEA_CPU", "baseline, avx2 or avx512: use no better instructions than these", 16);
  page_entry("FOVEA_CACHE", "folder of fetched weights [~/.cache/fovea]", 16);
  page_entry("NO_COLOR", "no colors on the terminal", 16);
  putchar('\n');
  page_heading("exit status");
  puts("  0 ok, 1 failure, 2 usage, 3 bad input file, 4 out of memory or disk, 5 not a number, 75 interrupted");
}

int help_run(int count, char **words) {
  if (count == 0 || !strcmp(words[0], "help")) {
    help_print_overview();
    return COMMAND_OK;
  }
  if (!strcmp(words[0], "layers")) {
    help_print_layers();
    return COMMAND_OK;
  }
  if (!strcmp(words[0], "layer")) {
    if (count < 2) return command_usage("help layer needs a name; `fovea help layers` lists them");
    return help_print_layer(words[1]);
  }
  const fv_command *command = command_find(words[0]);
  if (!command) return command_unknown(words[0]);
  help_print_command(command);
  return COMMAND_OK;
}
