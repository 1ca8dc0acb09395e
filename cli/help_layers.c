/* Help about layers, made from their tables: `fovea help layers`, `fovea help layer Conv2D`. */
#include <stdio.h>
#include <string.h>

#include <fovea/model.h>

#include "arguments.h"
#include "help.h"
#include "page.h"
#include "suggest.h"

void help_print_layers(void) {
  page_heading("layers");
  for (int i = 0; fv_layer_kind_at(i); i++) {
    const fv_layer_kind *kind = fv_layer_kind_at(i);
    if (kind->name) page_entry(kind->name, kind->help, 28);
  }
  putchar('\n');
  page_heading("activation functions");
  for (int i = 0; fv_layer_kind_at(i); i++) {
    const fv_layer_kind *kind = fv_layer_kind_at(i);
    if (kind->function) page_entry(kind->function, kind->help, 28);
  }
}

/* In C and JSON an option is written with its own name, and a boolean by its value. */
static void print_layer_option(const fv_option *option) {
  char text[PAGE_TEXT_SIZE], left[PAGE_TEXT_SIZE], value[PAGE_TEXT_SIZE / 2];
  page_value_word(value, sizeof value, option);
  if (option_is_flag(option)) snprintf(value, sizeof value, "true|false");
  snprintf(left, sizeof left, "%s = %s", option->name, value);
  page_option_help(text, sizeof text, option);
  if (option->kind == FV_OPTION_BOOL) {
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, " [false]");
  }
  page_entry(left, text, 40);
}

int help_print_layer(const char *name) {
  const fv_layer_kind *kind = fv_layer_kind_find(name);
  if (!kind) {
    suggestion nearest = suggest_begin(name);
    for (int i = 0; fv_layer_kind_at(i); i++) {
      kind = fv_layer_kind_at(i);
      suggest_offer(&nearest, kind->name ? kind->name : kind->function);
    }
    if (nearest.name[0]) return command_usage("no layer '%s'; did you mean %s?", name, nearest.name);
    return command_usage("no layer '%s'; `fovea help layers` lists them", name);
  }
  printf("%s: %s\n", kind->name ? kind->name : kind->function, kind->help);
  if (!kind->table || !kind->table->name) return COMMAND_OK;
  putchar('\n');
  page_heading("options");
  for (const fv_option *option = kind->table; option->name; option++) print_layer_option(option);
  return COMMAND_OK;
}
