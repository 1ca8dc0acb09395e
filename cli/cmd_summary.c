/* fovea summary: what a model is made of. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "model_argument.h"
#include "output.h"
#include "summary.h"
#include "summary_draw.h"

enum { TABLE_FORMAT = 1, JSON_FORMAT };
enum { FOVEA_STYLE = 1, KERAS2_STYLE, KERAS3_STYLE };
enum { POSITIONS_MAX = 8, NARROWEST_TERMINAL = 40 };

typedef struct summary_options {
  model_options model;
  int32_t format, style, width, line_length;
  const char *positions, *layer_range, *freeze;
  bool expand_nested, show_trainable;
  const char *draw;
  int32_t fold, columns;
} summary_options;

static const char *const formats[] = {"table", "json", NULL};
static const char *const styles[] = {"fovea", "keras2", "keras3", NULL};

#define SUMMARY_OPTION(name, kind, usual, names, help)                                                                 \
  { #name, kind, offsetof(summary_options, name), usual, 0, 100000, names, help }

/* In the order of fv_fold. */
static const char *const folds[] = {"auto", "none", "chains", "blocks", NULL};

static const fv_option options[] = {
    {"format", FV_OPTION_NAME, offsetof(summary_options, format), "table", 0, 0, formats, "how to show it"},
    SUMMARY_OPTION(style, FV_OPTION_NAME, "fovea", styles, "whose table: the same text as model.summary() of Keras"),
    SUMMARY_OPTION(width, FV_OPTION_INT, "0", NULL, "columns of the terminal [its own, or 80]; keras3"),
    SUMMARY_OPTION(line_length, FV_OPTION_INT, "0", NULL, "width of the table [Keras's own]; keras2, keras3"),
    SUMMARY_OPTION(positions, FV_OPTION_TEXT, NULL, NULL,
                   "A,B,C: where columns end, as parts of the line; keras2, keras3"),
    SUMMARY_OPTION(expand_nested, FV_OPTION_BOOL, "false", NULL, "look inside models inside; keras2, keras3"),
    SUMMARY_OPTION(show_trainable, FV_OPTION_BOOL, "false", NULL, "say which layers are trained; keras2, keras3"),
    SUMMARY_OPTION(layer_range, FV_OPTION_TEXT, NULL, NULL,
                   "FROM,TO: names, or expressions for how they begin; keras2, keras3"),
    SUMMARY_OPTION(freeze, FV_OPTION_TEXT, NULL, NULL,
                   "N|NAME,...: as if the first N layers or these were frozen; keras2, keras3"),
    {"draw", FV_OPTION_TEXT, offsetof(summary_options, draw), NULL, 0, 0, NULL,
     "FILE: draw the network instead, as .svg, .pdf or .png"},
    {"fold", FV_OPTION_NAME, offsetof(summary_options, fold), "auto", 0, 0, folds,
     "what a box of --draw holds: a layer (none), a convolution with what follows (chains), a module (blocks)"},
    {"columns", FV_OPTION_INT, offsetof(summary_options, columns), "0", 0, 64, NULL,
     "columns of --draw [as many as fit a page best]"},
    MODEL_OPTIONS(summary_options, model),
    {0}};

/* ---- the styles of Keras */

/* At least what the table can be drawn in. */
static int32_t terminal_width(void) {
  const char *columns = getenv("COLUMNS");
  struct winsize size;
  long width = columns ? strtol(columns, NULL, 10) : 0;
  if (width <= 0 || width > 100000)
    width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  return width < NARROWEST_TERMINAL ? NARROWEST_TERMINAL : (int32_t)width;
}

static int read_positions(double positions[POSITIONS_MAX], int32_t *count, const char *text) {
  for (*count = 0; *count < POSITIONS_MAX; text++) {
    char *end;
    positions[*count] = strtod(text, &end);
    if (end == text || !(positions[*count] > 0) || positions[*count] > 100000) break;
    ++*count;
    if (!*end) return COMMAND_OK;
    if (*end != ',') break;
    text = end;
  }
  return command_usage("--positions: numbers like 0.4,0.7,1.0 are expected");
}

static int print_keras(const fv_model *model, const fv_outline *unbuilt, const summary_options *o) {
  double positions[POSITIONS_MAX];
  summary_layout layout = {.width = o->width ? o->width : terminal_width(),
                           .line_length = o->line_length,
                           .positions = o->positions ? positions : NULL,
                           .expand_nested = o->expand_nested,
                           .show_trainable = o->show_trainable};
  summary_rows rows;
  int status = o->positions ? read_positions(positions, &layout.position_count, o->positions) : COMMAND_OK;
  if (!status) status = summary_rows_make(&rows, model, unbuilt, o->style == KERAS2_STYLE);
  if (status) return status;
  if (o->freeze) status = summary_rows_freeze(&rows, o->freeze);
  if (!status && o->layer_range) status = summary_rows_limit(&rows, o->layer_range);
  if (!status) status = o->style == KERAS2_STYLE ? summary_keras2(&rows, &layout) : summary_keras3(&rows, &layout);
  summary_rows_free(&rows);
  return status;
}

/* An option that this style does not look at would be a silent surprise. */
static int check_style(const summary_options *o) {
  const bool keras = o->style != FOVEA_STYLE;
  if (keras && o->format == JSON_FORMAT) return command_usage("--style is of tables, not of --format json");
  if (!keras && (o->width || o->line_length || o->positions || o->expand_nested || o->show_trainable ||
                 o->layer_range || o->freeze))
    return command_usage("--width, --line-length, --positions, --expand-nested, --show-trainable, --layer-range and "
                         "--freeze go with --style keras2 or keras3");
  return COMMAND_OK;
}

/* ---- models that were never built */

static void print_unbuilt_table(const fv_outline *outline) {
  output_plain(outline->name);
  puts("\n");
  for (int32_t i = 0; i < outline->row_count; i++) {
    const fv_outline_row *row = &outline->rows[i];
    printf("%*s", 2 * (int)row->level, "");
    output_plain(row->name);
    fputs("  ", stdout);
    output_plain(row->kind);
    putchar('\n');
  }
  puts("\nThe model was never built: without the shape of its input its layers have neither shapes nor parameters.");
}

/* One of `model` and `unbuilt` is NULL. */
static int print(const fv_model *model, const fv_outline *unbuilt, const summary_options *o) {
  if (o->draw) return summary_draw(o->draw, model, o->fold - 1, o->columns);
  if (o->style != FOVEA_STYLE) return print_keras(model, unbuilt, o);
  if (unbuilt && o->format == JSON_FORMAT)
    summary_json_unbuilt(unbuilt);
  else if (unbuilt)
    print_unbuilt_table(unbuilt);
  else
    return o->format == JSON_FORMAT ? summary_json(model) : summary_table(model);
  return COMMAND_OK;
}

static int run(void *pointer, int argument_count, char **arguments) {
  const summary_options *o = pointer;
  if (argument_count != 1) return command_usage("summary takes one model; `fovea help summary` shows how");
  fv_model *model;
  fv_outline *unbuilt = NULL; /* Keras 2 shows no such model, and there is nothing to draw */
  int status = check_style(o);
  if (!status && !o->draw && (o->fold != 1 || o->columns))
    status = command_usage("--fold and --columns say how --draw FILE draws; there is no --draw");
  if (!status && o->draw && (o->style != FOVEA_STYLE || o->format == JSON_FORMAT))
    status = command_usage("--draw shows no table: --style and --format do not go with it");
  if (!status && o->draw) status = summary_draw_check(o->draw);
  if (!status)
    status = model_open_for_structure(&model, arguments[0], &o->model, o->style == KERAS3_STYLE,
                                      o->style == KERAS2_STYLE || o->draw ? NULL : &unbuilt);
  if (status) return status;
  status = print(model, unbuilt, o);
  fv_model_destroy(model);
  fv_outline_destroy(unbuilt);
  return status;
}

const fv_command command_summary = {
    .name = "summary",
    .arguments = "MODEL",
    .help = "show the layers of a model: outputs, parameters, what they cost and what they see",
    .examples = "fovea summary model.h5\n"
                "fovea summary VGG16 --no-top --input-shape 150,150,3\n"
                "fovea summary MobileNet --format json\n"
                "fovea summary model.keras --style keras3 --expand-nested\n"
                "fovea summary InceptionV3 --draw inception.pdf --fold blocks",
    .options = options,
    .options_size = sizeof(summary_options),
    .shortcuts = "f=format",
    .run = run,
};
