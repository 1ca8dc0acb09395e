/* fovea figure: draws one of the figures that explain a part. */
#include <stdio.h>

#include <fovea-tools/figure.h>

#include "command.h"
#include "suggest.h"

typedef struct figure_options {
  const char *output;
  bool list;
} figure_options;

static const fv_option options[] = {
    {"output", FV_OPTION_TEXT, offsetof(figure_options, output), NULL, 0, 0, NULL,
     "FILE: the figure, .svg, .pdf, .png or another"},
    {"list", FV_OPTION_BOOL, offsetof(figure_options, list), "false", 0, 0, NULL, "the names there are"},
    {.name = NULL}};

static int list_figures(void) {
  for (int32_t i = 0; fv_figure_lesson_at(i); i++)
    printf("%-12s  %s\n", fv_figure_lesson_at(i)->name, fv_figure_lesson_at(i)->help);
  return COMMAND_OK;
}

static int unknown(const char *name) {
  suggestion nearest = suggest_begin(name);
  for (int32_t i = 0; fv_figure_lesson_at(i); i++) suggest_offer(&nearest, fv_figure_lesson_at(i)->name);
  if (nearest.name[0]) return command_usage("%s: no such figure; did you mean %s?", name, nearest.name);
  return command_usage("%s: no such figure; `fovea figure --list` shows them", name);
}

static int run(void *pointer, int argument_count, char **arguments) {
  const figure_options *o = pointer;
  if (o->list) return list_figures();
  if (argument_count != 1 || !o->output)
    return command_usage("figure needs a name and --output FILE; `fovea figure --list` shows the names");
  if (fv_figure_check_name(o->output)) return command_usage("--output: %s", fv_error_message());
  const fv_status status = fv_figure_lesson_draw(o->output, arguments[0]);
  if (status == FV_ERROR_NOT_FOUND) return unknown(arguments[0]);
  return status ? command_fail_output(status) : COMMAND_OK;
}

const fv_command command_figure = {
    .name = "figure",
    .arguments = "NAME",
    .help = "draw a figure that explains something: convolution, stride, pooling, dropout, blocks of networks",
    .examples = "fovea figure --list\n"
                "fovea figure sweep -o sweep.svg",
    .options = options,
    .options_size = sizeof(figure_options),
    .shortcuts = "o=output",
    .run = run,
};
