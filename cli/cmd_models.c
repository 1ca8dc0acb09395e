/* fovea models: the networks of the zoo. */
#include <inttypes.h>
#include <stdio.h>

#include <fovea/zoo.h>

#include "command.h"
#include "output.h"

enum { TABLE_FORMAT = 1, JSON_FORMAT };

typedef struct models_options {
  int32_t format;
} models_options;

static const char *const formats[] = {"table", "json", NULL};

static const fv_option options[] = {
    {"format", FV_OPTION_NAME, offsetof(models_options, format), "table", 0, 0, formats, "how to show them"}, {0}};

static void print_table(void) {
  char parameters[32];
  printf("%-20s %-13s %7s %12s  %s\n", "network", "input", "classes", "parameters", "about");
  for (int32_t i = 0; fv_zoo_at(i); i++) {
    const fv_zoo_entry *entry = fv_zoo_at(i);
    char input[48];
    snprintf(input, sizeof input, "%" PRId32 " x %" PRId32 " x %" PRId32, entry->height, entry->width, entry->channels);
    printf("%-20s %-13s %7" PRId32 " %12s  %s\n", entry->name, input, entry->classes,
           output_grouped(parameters, entry->parameters), entry->help);
  }
}

static void print_json(void) {
  putchar('[');
  for (int32_t i = 0; fv_zoo_at(i); i++) {
    const fv_zoo_entry *entry = fv_zoo_at(i);
    printf("%s\n  {\"name\": \"%s\", \"input_shape\": [%" PRId32 ", %" PRId32 ", %" PRId32 "], \"classes\": %" PRId32
           ", \"parameters\": %" PRId64 ", \"about\": ",
           i ? "," : "", entry->name, entry->height, entry->width, entry->channels, entry->classes, entry->parameters);
    output_json(entry->help);
    putchar('}');
  }
  puts("\n]");
}

static int run(void *pointer, int argument_count, char **arguments) {
  const models_options *o = pointer;
  if (argument_count) return command_usage("models takes no argument, found '%s'", arguments[0]);
  if (o->format == JSON_FORMAT)
    print_json();
  else
    print_table();
  return COMMAND_OK;
}

const fv_command command_models = {
    .name = "models",
    .arguments = "",
    .help = "list the networks of the zoo",
    .examples = "fovea models\nfovea summary MobileNet",
    .options = options,
    .options_size = sizeof(models_options),
    .shortcuts = "f=format",
    .run = run,
};
