/* Command lines into options structures. Everything is driven by the command's option table; the two words that every
 * command takes, --help and --quiet, are handled here too. */
#include "arguments.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"

enum { SENTENCE_SIZE = 8192 }; /* two paths of the longest kind fit */

typedef struct given {
  const fv_option *option;
  const char *value;
} given;

/* What was given on this command line. Static, for there is one command line in a process. */
static given *given_list;
static const char **repeated_values;
static int given_count;
static bool help_wanted, quiet;

/* One command line being read. */
typedef struct reader_state {
  const fv_command *command;
  void *options;
  char **words;
  int count, at;
  bool argument_seen; /* one that is no option */
} reader_state;

bool arguments_help(void) { return help_wanted; }
void arguments_be_quiet(void) { quiet = true; }
bool command_quiet(void) { return quiet; }

void arguments_free(void) {
  free(given_list);
  free(repeated_values);
  given_list = NULL;
  repeated_values = NULL;
}

/* Brings the values of each option together, in the order they were given. */
static void group_values(void) {
  for (int i = 1; i < given_count; i++) {
    given moved = given_list[i];
    int place = i;
    for (; place > 0 && given_list[place - 1].option > moved.option; place--) given_list[place] = given_list[place - 1];
    given_list[place] = moved;
  }
  for (int i = 0; i < given_count; i++) repeated_values[i] = given_list[i].value;
}

int command_repeated(const char *option_name, const char *const **values) {
  int found = 0;
  *values = repeated_values;
  for (int i = 0; i < given_count; i++)
    if (!strcmp(given_list[i].option->name, option_name) && found++ == 0) *values = &repeated_values[i];
  return found;
}

/* One write for the whole line, so that lines of several commands do not mix. */
static void print_error(const char *format, va_list list) {
  char sentence[SENTENCE_SIZE];
  vsnprintf(sentence, sizeof sentence, format, list);
  for (unsigned char *c = (unsigned char *)sentence; *c; c++)
    if (*c < 0x20 || *c == 0x7f) *c = '?';
  fflush(stdout);
  fprintf(stderr, "fovea: %s\n", sentence);
}

int command_error(int exit_status, const char *format, ...) {
  va_list list;
  va_start(list, format);
  print_error(format, list);
  va_end(list);
  return exit_status;
}

int command_usage(const char *format, ...) {
  va_list list;
  va_start(list, format);
  print_error(format, list);
  va_end(list);
  return COMMAND_USAGE;
}

char *option_typed_name(char typed[OPTION_NAME_SIZE], const fv_option *option) {
  snprintf(typed, OPTION_NAME_SIZE, "%s", option->name);
  for (char *c = typed; *c; c++)
    if (*c == '_') *c = '-';
  return typed;
}

bool option_is_flag(const fv_option *option) {
  return option->kind == FV_OPTION_BOOL || option->kind == FV_OPTION_NOT_BOOL;
}

static int unknown_option(const fv_command *command, const char *name) {
  char typed[OPTION_NAME_SIZE];
  suggestion nearest = suggest_begin(name);
  for (const fv_option *option = command->options; option->name; option++)
    suggest_offer(&nearest, option_typed_name(typed, option));
  if (nearest.name[0])
    return command_usage("%s has no option --%s; did you mean --%s?", command->name, name, nearest.name);
  return command_usage("%s has no option --%s; `fovea help %s` lists them", command->name, name, command->name);
}

/* In an options structure 0 means "default"; a 0 that the user typed is meant. */
static void mean_zero(void *options, const fv_option *option) {
  void *at = (char *)options + option->offset;
  int sides = option->kind == FV_OPTION_QUAD ? 4 : option->kind == FV_OPTION_PAIR ? 2 : 1;
  if (option->kind == FV_OPTION_FLOAT) {
    if (*(double *)at == 0) *(double *)at = FV_ZERO;
  } else if (option->kind == FV_OPTION_INT || sides > 1) {
    for (int i = 0; i < sides; i++)
      if (((int32_t *)at)[i] == 0) ((int32_t *)at)[i] = FV_ZERO;
  }
}

int arguments_set(void *options, const fv_option *option, const char *value) {
  char typed[OPTION_NAME_SIZE];
  if (option->kind == FV_OPTION_TEXT && !*value)
    return command_usage("--%s is empty", option_typed_name(typed, option));
  if (fv_option_set(options, option, value)) {
    const char *message = fv_error_message();
    size_t length = strlen(option->name);
    bool named = !strncmp(message, option->name, length); /* then by its name in C; a user typed it with dashes */
    return command_usage("--%s%s%s", option_typed_name(typed, option), named ? "" : ": ",
                         message + (named ? length : 0));
  }
  mean_zero(options, option);
  return COMMAND_OK;
}

static int set_option(reader_state *reader, const fv_option *option, const char *value) {
  const int status = arguments_set(reader->options, option, value);
  if (status == COMMAND_OK) given_list[given_count++] = (given){option, value};
  return status;
}

static int next_value(reader_state *reader, const char **value, const char *what) {
  if (reader->at + 1 >= reader->count) return command_usage("%s needs a value", what);
  *value = reader->words[++reader->at];
  return COMMAND_OK;
}

static int set_flag(reader_state *reader, const fv_option *option, const char *name, const char *value, bool on) {
  if (value) return command_usage("--%s takes no value", name);
  return set_option(reader, option, on ? "true" : "false");
}

/* Whether an option takes several values: its help begins with "FILE...:". */
static bool takes_several(const fv_option *option) {
  const char *end = strstr(option->help, "...:");
  return option->kind == FV_OPTION_TEXT && end && strcspn(option->help, " ") > (size_t)(end - option->help);
}

/* Behind the command's first argument, the words that follow an option of several values are values too:
 * `run MODEL --input a.npy b.npy`. Before it they cannot be told from the argument. */
static int set_with_followers(reader_state *reader, const fv_option *option, const char *value) {
  int status = set_option(reader, option, value);
  if (!takes_several(option) || !reader->argument_seen) return status;
  while (status == COMMAND_OK && reader->at + 1 < reader->count) {
    const char *next = reader->words[reader->at + 1];
    if (next[0] == '-' && next[1]) break;
    reader->at++;
    status = set_option(reader, option, next);
  }
  return status;
}

/* The long option at hand: "--name", "--name=value", "--no-name". */
static int read_long(reader_state *reader) {
  const fv_command *command = reader->command;
  char name[OPTION_NAME_SIZE];
  const char *word = reader->words[reader->at], *value = strchr(word, '=');
  size_t length = strcspn(word + 2, "=");
  if (length >= sizeof name) return command_usage("%s has no option %s", command->name, word);
  memcpy(name, word + 2, length);
  name[length] = '\0';
  if (value) value++;
  const fv_option *option = fv_option_find(command->options, name);
  if (option && option_is_flag(option)) return set_flag(reader, option, name, value, true);
  if (option) {
    int status = value ? COMMAND_OK : next_value(reader, &value, word);
    return status ? status : set_with_followers(reader, option, value);
  }
  if (!strcmp(name, "help") || !strcmp(name, "quiet")) {
    *(name[0] == 'h' ? &help_wanted : &quiet) = true;
    return value ? command_usage("--%s takes no value", name) : COMMAND_OK;
  }
  option = strncmp(name, "no-", 3) ? NULL : fv_option_find(command->options, name + 3);
  if (option && option_is_flag(option)) return set_flag(reader, option, name, value, false);
  return unknown_option(command, name);
}

/* The option that a letter stands for, "k=kernel,o=output"; NULL when there is none. */
static const fv_option *find_shortcut(const fv_command *command, char letter) {
  for (const char *at = command->shortcuts; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    if (at[0] != letter || at[1] != '=') continue;
    char name[OPTION_NAME_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 2, ","), at + 2);
    return fv_option_find(command->options, name);
  }
  return NULL;
}

/* A word of letters: flags one after the other, the last may take a value: "-q", "-kblur", "-k=blur", "-k blur". */
static int read_short(reader_state *reader) {
  for (const char *letter = reader->words[reader->at] + 1; *letter; letter++) {
    const fv_option *option = find_shortcut(reader->command, *letter);
    if (option && !option_is_flag(option)) {
      const char dashed[] = {'-', *letter, '\0'}, *value = letter + 1;
      if (*value) return set_with_followers(reader, option, *value == '=' ? value + 1 : value);
      int status = next_value(reader, &value, dashed);
      return status ? status : set_with_followers(reader, option, value);
    }
    if (option) {
      int status = set_option(reader, option, "true");
      if (status) return status;
    } else if (*letter == 'h' || *letter == 'q') {
      *(*letter == 'h' ? &help_wanted : &quiet) = true;
    } else {
      const char *name = reader->command->name;
      return command_usage("%s has no option -%c; `fovea help %s` lists them", name, *letter, name);
    }
  }
  return COMMAND_OK;
}

int arguments_parse(const fv_command *command, void *options, int count, char **words, int *argument_count) {
  reader_state reader = {.command = command, .options = options, .words = words, .count = count};
  given_list = calloc((size_t)count + 1, sizeof *given_list);
  repeated_values = calloc((size_t)count + 1, sizeof *repeated_values);
  if (!given_list || !repeated_values) {
    return command_error(COMMAND_RESOURCES, "no memory for the command line");
  }
  bool options_end = false;
  *argument_count = 0;
  for (; reader.at < count; reader.at++) {
    char *word = words[reader.at];
    int status = COMMAND_OK;
    if (!word[0]) return command_usage("%s: argument %d is empty", command->name, *argument_count + 1);
    if (options_end || word[0] != '-' || !word[1]) {
      words[(*argument_count)++] = word;
      reader.argument_seen = true;
    } else if (!strcmp(word, "--"))
      options_end = true;
    else
      status = word[1] == '-' ? read_long(&reader) : read_short(&reader);
    if (status) return status;
  }
  group_values();
  if (!help_wanted && fv_options_complete(options, command->options))
    return command_usage("%s: --%s", command->name, fv_error_message());
  return COMMAND_OK;
}
