/* What `fovea summary` shows, whatever the style: rows of layers, models inside and the rows inside them. */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <fovea/outline.h>
#include <fovea/receptive_field.h>

#include "command.h"

typedef struct summary_row {
  const char *name, *kind;
  int32_t level, layer, end; /* as in fv_outline_row */
  bool frozen, unbuilt;
  int64_t parameters, trainable; /* trainable: of a layer; 0 for models inside */
  int32_t call_count, source_count;
  const fv_outline_source *sources;
  int32_t output_count;
  const int32_t *outputs;
  fv_shape shape; /* of the first output, in the last call */
  bool varies;    /* its calls have different shapes */
} summary_row;

typedef struct summary_rows {
  const fv_model *model; /* NULL: of a model that was never built */
  const char *name;
  summary_row *rows;
  int32_t count;
  bool chain;         /* every layer reads the one above it: nothing to say of connections */
  int64_t parameters; /* numbers in weights */
  int64_t trainable;  /* and in those that are not frozen */
  int32_t first, end; /* what is shown: rows first to end - 1 */
  fv_outline_source *made;
} summary_rows;

/* How the styles of Keras are laid out: its arguments. Zero, NULL: its defaults. */
typedef struct summary_layout {
  int32_t width;       /* columns of the terminal */
  int32_t line_length; /* of the table */
  const double *positions;
  int32_t position_count;
  bool expand_nested, show_trainable;
} summary_layout;

/* The rows of a model, or of an outline alone. `older_names`: as Keras 2 calls the input layer of a network that it
 * builds itself. Returns the exit status. */
int summary_rows_make(summary_rows *rows, const fv_model *model, const fv_outline *outline, bool older_names);
void summary_rows_free(summary_rows *rows);

/* Freezes the first N layers ("5") or those that are named ("conv1,encoder"), with what is inside them. */
int summary_rows_freeze(summary_rows *rows, const char *which);

/* Shows layers from the first whose name begins with regular expression FROM to the last with TO, "FROM,TO". */
int summary_rows_limit(summary_rows *rows, const char *range);

/* Whether row `index` is shown in a style that does or does not look inside models: the next one to show. */
int32_t summary_next(const summary_rows *rows, int32_t index, bool expand_nested);

/* "241.04 KB". `bytes_word` is the unit of less than 1024. Returns `text`. */
char *summary_memory(char text[40], int64_t bytes, const char *bytes_word);

/* The first `count` signs of a UTF-8 text in bytes, and how many signs it has. */
size_t summary_sign_bytes(const char *text, int64_t count);
int64_t summary_signs(const char *text);

/* What a layer costs and sees: the sums over its calls, and the largest field of them. */
typedef struct summary_cost {
  int64_t multiply_adds, activation_bytes, largest_bytes;
  fv_receptive_field field;
} summary_cost;

/* One for each layer, and their totals (without field); free(). NULL: no memory. */
summary_cost *summary_costs(const fv_model *model, summary_cost *total);

/* The layer that makes input `input` of a node. */
const char *summary_source(const fv_model *model, const fv_node_info *node, int32_t input);

/* fovea's own. Return the exit status. */
int summary_table(const fv_model *model);
int summary_json(const fv_model *model);
void summary_json_unbuilt(const fv_outline *outline);

/* What model.summary() prints, to the byte. Return the exit status. */
int summary_keras2(const summary_rows *rows, const summary_layout *layout);
int summary_keras3(const summary_rows *rows, const summary_layout *layout);

#endif
