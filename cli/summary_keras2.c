/* model.summary() of Keras 2.
 *
 * Columns end at positions; a text that is too long goes on below, broken anywhere, but always behind "),", "},", "],"
 * and "',". Rows of models inside stand between bars, one more for each level.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "summary.h"

enum { COLUMNS_MAX = 5, NARROWEST = 6, TRAINABLE_WIDTH = 11 };

typedef struct page2 {
  const summary_rows *rows;
  const summary_layout *layout;
  int32_t line_length, columns;
  int32_t positions[COLUMNS_MAX];
} page2;

static void repeat(const char *sign, int64_t count) {
  for (; count > 0; count--) fputs(sign, stdout);
}

/* How much of a field goes on a line of `room` signs, in bytes. */
static size_t cut(const char *text, int64_t room) {
  static const char *const breaks[] = {"),", "},", "],", "',"};
  size_t fit = summary_sign_bytes(text, room), best = fit;
  for (int i = 0; i < 4; i++) {
    const char *found = strstr(text, breaks[i]);
    if (found && (size_t)(found - text) + 2 <= best) best = (size_t)(found - text) + 2;
  }
  return best;
}

static void print_part(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    putchar(c < 0x20 || c == 0x7f ? '?' : c);
  }
}

/* Prints the next line of column `column`, whose text begins at *left; `used` signs of the line are there. */
static int64_t print_cell(const page2 *p, int32_t column, int32_t level, const char **left, int64_t used) {
  const bool is_last = column == p->columns - 1;
  int64_t start = column ? p->positions[column - 1] : 0, room = p->positions[column] - start - (is_last ? 0 : 3);
  if (column == 0) {
    room -= level;
    repeat("|", level);
    putchar(' ');
    used += level + 1;
  }
  size_t length = cut(*left, room);
  const char *rest = *left + length;
  print_part(*left, length);
  used += summary_signs(*left) - summary_signs(rest);
  *left = rest;
  if (!is_last) {
    fputs("  ", stdout);
    used += 2;
  }
  int64_t padding = p->positions[column] - used - (is_last ? level : 0);
  repeat(" ", padding);
  return padding > 0 ? used + padding : used;
}

static void print_row(const page2 *p, const char *const fields[COLUMNS_MAX], int32_t level) {
  const char *left[COLUMNS_MAX];
  bool more = true;
  memcpy(left, fields, (size_t)p->columns * sizeof *left);
  while (more) {
    int64_t used = 0;
    more = false;
    for (int32_t i = 0; i < p->columns; i++) {
      used = print_cell(p, i, level, &left[i], used);
      more |= *left[i] != '\0';
    }
    repeat("|", level);
    putchar('\n');
  }
}

/* ---- fields */

static void write_tuple(FILE *file, const fv_shape *shape) {
  fputc('(', file);
  for (int32_t i = 0; i < shape->rank; i++) {
    if (i) fputs(", ", file);
    if (shape->dims[i] < 0)
      fputs("None", file);
    else
      fprintf(file, "%" PRId64, shape->dims[i]);
  }
  fputs(shape->rank == 1 ? ",)" : ")", file);
}

static void write_shape(FILE *file, const summary_rows *rows, const summary_row *row) {
  bool in_list = !strcmp(row->kind, "InputLayer") || row->output_count > 1;
  if (row->varies) {
    fputs("multiple", file);
    return;
  }
  if (in_list) fputc('[', file);
  write_tuple(file, &row->shape);
  for (int32_t i = 1; i < row->output_count; i++) {
    fputs(", ", file);
    write_tuple(file, &rows->rows[row->outputs[i]].shape);
  }
  if (in_list) fputc(']', file);
}

/* All fields one after the other, each ended by a zero. */
static char *write_fields(const page2 *p, const summary_row *row) {
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (!file) return NULL;
  fprintf(file, "%s (%s)%c", row->name, row->kind, 0);
  write_shape(file, p->rows, row);
  fprintf(file, "%c%" PRId64 "%c", 0, row->parameters, 0);
  if (!p->rows->chain) {
    fputc('[', file);
    for (int32_t i = 0; i < row->source_count && row->level == 0; i++)
      fprintf(file, "%s'%s[%" PRId32 "][%" PRId32 "]'", i ? ", " : "", row->sources[i].name, row->sources[i].call,
              row->sources[i].output);
    fprintf(file, "]%c", 0);
  }
  if (p->layout->show_trainable) fprintf(file, "%s%c", row->frozen ? "N" : "Y", 0);
  if (!fclose(file)) return text;
  free(text);
  return NULL;
}

static bool print_layer(const page2 *p, int32_t index, bool is_last) {
  const summary_row *row = &p->rows->rows[index];
  const int32_t level = row->level;
  const char *fields[COLUMNS_MAX];
  char *text = write_fields(p, row);
  if (!text) return false;
  fields[0] = text;
  for (int32_t i = 1; i < p->columns; i++) fields[i] = fields[i - 1] + strlen(fields[i - 1]) + 1;
  print_row(p, fields, level);
  free(text);
  bool done = true;
  if (p->layout->expand_nested && row->end > index + 1) {
    repeat("|", level + 1);
    repeat("\xc2\xaf", p->line_length - 2 * level - 2);
    repeat("|", level + 1);
    putchar('\n');
    for (int32_t i = index + 1; i < row->end && done; i = p->rows->rows[i].end)
      done = print_layer(p, i, p->rows->rows[i].end == row->end);
    repeat("|", level);
    repeat("\xc2\xaf", p->line_length - 2 * level);
    repeat("|", level);
    putchar('\n');
    is_last = true; /* Keras forgets whether this row was the last of its list */
  }
  if (!is_last) {
    repeat("|", level);
    repeat(" ", p->line_length - 2 * level);
    repeat("|", level);
    putchar('\n');
  }
  return done;
}

/* ---- the page */

static int place_columns(page2 *p) {
  static const double three[] = {0.45, 0.85, 1.0}, four[] = {0.3, 0.6, 0.70, 1.0};
  const summary_layout *layout = p->layout;
  const double *positions = layout->positions ? layout->positions : p->rows->chain ? three : four;
  p->columns = p->rows->chain ? 3 : 4;
  p->line_length = layout->line_length ? layout->line_length : p->rows->chain ? 65 : 98;
  if (layout->positions && layout->position_count != p->columns)
    return command_usage("--positions: %" PRId32 " are expected, found %" PRId32, p->columns, layout->position_count);
  const double unit = positions[p->columns - 1] <= 1 ? p->line_length : 1;
  for (int32_t i = 0; i < p->columns; i++) p->positions[i] = (int32_t)(positions[i] * unit);
  if (layout->show_trainable) p->positions[p->columns++] = p->line_length += TRAINABLE_WIDTH;
  int32_t deepest = 0;
  for (int32_t i = 0; i < p->rows->count && layout->expand_nested; i++)
    if (p->rows->rows[i].level > deepest) deepest = p->rows->rows[i].level;
  for (int32_t i = 0; i < p->columns; i++)
    if (p->positions[i] - (i ? p->positions[i - 1] : deepest) < NARROWEST)
      return command_usage("a column of the table is narrower than %d signs", NARROWEST);
  return COMMAND_OK;
}

static void print_totals(const page2 *p) {
  char memory[40];
  int64_t all = p->rows->parameters, trained = p->rows->trainable;
  printf("Total params: %" PRId64 " (%s)\n", all, summary_memory(memory, 4 * all, "Byte"));
  printf("Trainable params: %" PRId64 " (%s)\n", trained, summary_memory(memory, 4 * trained, "Byte"));
  printf("Non-trainable params: %" PRId64 " (%s)\n", all - trained,
         summary_memory(memory, 4 * (all - trained), "Byte"));
}

int summary_keras2(const summary_rows *rows, const summary_layout *layout) {
  page2 p = {.rows = rows, .layout = layout};
  const char *heads[COLUMNS_MAX] = {"Layer (type)", "Output Shape", "Param #", "Connected to", "Trainable"};
  int status = place_columns(&p);
  if (status) return status;
  if (rows->chain) heads[3] = heads[4];
  fputs("Model: \"", stdout);
  output_plain(rows->name);
  puts("\"");
  repeat("_", p.line_length);
  putchar('\n');
  print_row(&p, heads, 0);
  repeat("=", p.line_length);
  putchar('\n');
  for (int32_t i = rows->first; i < rows->end; i = rows->rows[i].end)
    if (!print_layer(&p, i, false)) return command_error(COMMAND_RESOURCES, "no memory for the summary");
  repeat("=", p.line_length);
  putchar('\n');
  print_totals(&p);
  repeat("_", p.line_length);
  putchar('\n');
  return COMMAND_OK;
}
