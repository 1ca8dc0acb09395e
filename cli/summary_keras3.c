/* model.summary() of Keras 3.
 *
 * Keras 3 has the library rich draw the table. What that library does to texts and widths is done here again:
 *   widths   a column's share of the line, and two more for its margins; what is then too much is taken from all in
 *            even parts, each rounded to the nearest with halves to the even number
 *   lines    words, each with the blanks behind it, go on a line while they fit without these; a word wider than the
 *            column is cut in a table, with an ellipsis, and broken anywhere else
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/training.h>

#include "summary.h"

enum { COLUMNS_MAX = 5, SHARE_MIN = 4, MARGINS = 2, TRAINABLE_WIDTH = 12, TERMINAL_MARGIN = 4 };

typedef enum side { LEFT, RIGHT, MIDDLE } side;

typedef struct page3 {
  const summary_rows *rows;
  const summary_layout *layout;
  int32_t line_length, columns;
  int32_t widths[COLUMNS_MAX]; /* of texts, without margins */
  side sides[COLUMNS_MAX];
  const char *heads[COLUMNS_MAX];
} page3;

static void repeat(const char *sign, int64_t count) {
  for (; count > 0; count--) fputs(sign, stdout);
}

/* ---- lines of text */

/* The next line of a text: from `start`, `length` bytes of it, the next at `next`. In bytes. */
typedef struct line {
  size_t start, length, next;
} line;

static int64_t signs_between(const char *text, size_t from, size_t to) {
  int64_t count = 0;
  for (size_t i = from; i < to; i++) count += ((unsigned char)text[i] & 0xc0) != 0x80;
  return count;
}

/* A word that stands at `at`: where its letters end, and where the blanks behind them do. */
static size_t word_end(const char *text, size_t at, size_t *letters) {
  at += strspn(text + at, " ");
  at += strcspn(text + at, " ");
  *letters = at;
  return text[at] ? at + strspn(text + at, " ") : at;
}

/* Where a line that begins at `start` ends. */
static size_t line_end(const char *text, size_t start, int64_t width, bool folds) {
  size_t at = start, letters, end;
  int64_t used = 0;
  while (text[at]) {
    end = word_end(text, at, &letters);
    int64_t word = signs_between(text, at, letters);
    if (word > width - used) {
      if (at > start) return at;
      if (folds) return at + summary_sign_bytes(text + at, width); /* else it is cut */
    }
    used += signs_between(text, at, end);
    at = end;
  }
  return at;
}

/* The part of [start, end) that is shown on a line: blanks at its end only as far as they fit. */
static line trimmed(const char *text, size_t start, size_t end, int64_t width) {
  size_t length = end - start;
  while (length > 0 && text[start + length - 1] == ' ' && signs_between(text, start, start + length) > width) length--;
  return (line){start, length, end};
}

static void put_signs(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    putchar(c < 0x20 || c == 0x7f ? '?' : c);
  }
}

/* One line of a cell and its padding. */
static void put_cell(const char *text, line l, int64_t width, side where) {
  if (where != LEFT)
    while (l.length > 0 && text[l.start + l.length - 1] == ' ') l.length--;
  int64_t signs = signs_between(text, l.start, l.start + l.length);
  int64_t room = signs > width ? 0 : width - signs;
  int64_t before = where == RIGHT ? room : where == MIDDLE ? room / 2 : 0;
  repeat(" ", before);
  if (signs > width) {
    put_signs(text + l.start, summary_sign_bytes(text + l.start, width - 1));
    fputs("\xe2\x80\xa6", stdout);
  } else {
    put_signs(text + l.start, l.length);
  }
  repeat(" ", room - before);
}

/* A paragraph outside the table. */
static void put_paragraph(const page3 *p, const char *text) {
  size_t at = 0;
  do {
    line l = trimmed(text, at, line_end(text, at, p->layout->width, true), p->layout->width);
    put_signs(text + l.start, l.length);
    putchar('\n');
    at = l.next;
  } while (text[at]);
}

/* ---- the table */

static void put_rule(const page3 *p, const char *first, const char *line_sign, const char *between, const char *last) {
  for (int32_t i = 0; i < p->columns; i++) {
    fputs(i ? between : first, stdout);
    repeat(line_sign, p->widths[i] + MARGINS);
  }
  fputs(last, stdout);
  putchar('\n');
}

static void put_row(const page3 *p, const char *const fields[COLUMNS_MAX], const char *bar) {
  size_t at[COLUMNS_MAX] = {0};
  bool more = true;
  while (more) {
    more = false;
    for (int32_t i = 0; i < p->columns; i++) {
      line l = trimmed(fields[i], at[i], line_end(fields[i], at[i], p->widths[i], false), p->widths[i]);
      printf("%s ", bar);
      put_cell(fields[i], l, p->widths[i], p->sides[i]);
      putchar(' ');
      at[i] = l.next;
      more |= fields[i][at[i]] != '\0';
    }
    puts(bar);
  }
}

static void write_tuple(FILE *file, const fv_shape *shape) {
  fputc('(', file);
  for (int32_t i = 0; i < shape->rank; i++) {
    if (i) fputs(", ", file);
    if (shape->dims[i] < 0)
      fputs("None", file);
    else
      fprintf(file, "%" PRId64, shape->dims[i]);
  }
  fputc(')', file);
}

static void write_shapes(FILE *file, const summary_rows *rows, const summary_row *row) {
  if (row->shape.rank == 0) {
    fputc('?', file);
    return;
  }
  if (row->output_count < 2) {
    write_tuple(file, &row->shape);
    return;
  }
  for (int32_t i = 0; i < row->output_count; i++) {
    fputs(i ? ", " : "[", file);
    write_tuple(file, &rows->rows[row->outputs[i]].shape);
  }
  fputc(']', file);
}

/* Layers that Keras 3 regards as built as soon as they are made, though nothing is known of them. */
static bool is_built_when_made(const char *kind) {
  static const char *const kinds[] = {"Activation",
                                      "ActivityRegularization",
                                      "AlphaDropout",
                                      "AveragePooling1D",
                                      "AveragePooling2D",
                                      "Dropout",
                                      "ELU",
                                      "GaussianDropout",
                                      "GaussianNoise",
                                      "GlobalAveragePooling1D",
                                      "GlobalAveragePooling2D",
                                      "GlobalMaxPooling1D",
                                      "GlobalMaxPooling2D",
                                      "LeakyReLU",
                                      "MaxPooling1D",
                                      "MaxPooling2D",
                                      "ReLU",
                                      "Reshape",
                                      "Softmax",
                                      "SpatialDropout1D",
                                      "SpatialDropout2D",
                                      "UnitNormalization"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (!strcmp(kind, kinds[i])) return true;
  return false;
}

static void write_grouped(FILE *file, int64_t number) {
  char digits[32];
  int length = snprintf(digits, sizeof digits, "%" PRId64, number);
  for (int i = 0; i < length; i++) {
    if (i && (length - i) % 3 == 0) fputc(',', file);
    fputc(digits[i], file);
  }
}

static void write_sources(FILE *file, const summary_row *row) {
  if (!row->source_count || row->level) fputc('-', file);
  for (int32_t i = 0; i < row->source_count && !row->level; i++)
    fprintf(file, "%s%s[%" PRId32 "][%" PRId32 "]", i ? ", " : "", row->sources[i].name, row->sources[i].call,
            row->sources[i].output);
}

/* All fields one after the other, each ended by a zero. */
static char *write_fields(const page3 *p, const summary_row *row) {
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (!file) return NULL;
  if (row->level) fprintf(file, "%*s\xe2\x94\x94 ", 3 * (int)row->level, "");
  fprintf(file, "%s (%s)%c", row->name, row->kind, 0);
  write_shapes(file, p->rows, row);
  fputc(0, file);
  write_grouped(file, row->parameters);
  if (row->unbuilt && !is_built_when_made(row->kind)) fputs(" (unbuilt)", file);
  fputc(0, file);
  if (!p->rows->chain) {
    write_sources(file, row);
    fputc(0, file);
  }
  if (p->layout->show_trainable) fprintf(file, "%s%c", !row->parameters ? "-" : row->frozen ? "N" : "Y", 0);
  if (!fclose(file)) return text;
  free(text);
  return NULL;
}

static bool put_layer(const page3 *p, const summary_row *row) {
  const char *fields[COLUMNS_MAX];
  char *text = write_fields(p, row);
  if (!text) return false;
  fields[0] = text;
  for (int32_t i = 1; i < p->columns; i++) fields[i] = fields[i - 1] + strlen(fields[i - 1]) + 1;
  put_row(p, fields, "\xe2\x94\x82");
  free(text);
  return true;
}

static bool put_table(const page3 *p) {
  put_rule(p, "\xe2\x94\x8f", "\xe2\x94\x81", "\xe2\x94\xb3", "\xe2\x94\x93");
  put_row(p, p->heads, "\xe2\x94\x83");
  put_rule(p, "\xe2\x94\xa1", "\xe2\x94\x81", "\xe2\x95\x87", "\xe2\x94\xa9");
  const summary_rows *r = p->rows;
  for (int32_t i = r->first; i < r->end; i = summary_next(r, i, p->layout->expand_nested)) {
    if (i > r->first) put_rule(p, "\xe2\x94\x9c", "\xe2\x94\x80", "\xe2\x94\xbc", "\xe2\x94\xa4");
    if (!put_layer(p, &r->rows[i])) return false;
  }
  put_rule(p, "\xe2\x94\x94", "\xe2\x94\x80", "\xe2\x94\xb4", "\xe2\x94\x98");
  return true;
}

/* ---- widths */

static void set_heads(page3 *p) {
  static const char *const heads[] = {"Layer (type)", "Output Shape", "Param #", "Connected to"};
  static const side sides[] = {LEFT, LEFT, RIGHT, LEFT};
  p->columns = p->rows->chain ? 3 : 4;
  for (int32_t i = 0; i < p->columns; i++) {
    p->heads[i] = heads[i];
    p->sides[i] = sides[i];
  }
  if (!p->layout->show_trainable) return;
  p->heads[p->columns] = "Trainable";
  p->sides[p->columns++] = MIDDLE;
}

static int set_shares(page3 *p) {
  static const double three[] = {0.45, 0.80, 1.0}, four[] = {0.3, 0.56, 0.74, 1.0};
  const bool chain = p->rows->chain, shown = p->layout->show_trainable;
  const double *positions = p->layout->positions ? p->layout->positions : chain ? three : four;
  int32_t given = chain ? 3 : 4, usual = (chain ? 88 : 108) + (shown ? TRAINABLE_WIDTH : 0), current = 0;
  if (p->layout->positions && p->layout->position_count != given)
    return command_usage("--positions: %" PRId32 " are expected, found %" PRId32, given, p->layout->position_count);
  if (usual > p->layout->width - TERMINAL_MARGIN) usual = p->layout->width - TERMINAL_MARGIN;
  p->line_length = p->layout->line_length ? p->layout->line_length : usual;
  for (int32_t i = 0; i < p->columns; i++) {
    double position = i == given ? 1.0 : shown ? positions[i] * 0.90 : positions[i];
    if (position > 1) return command_usage("--positions: Keras 3 has parts of the line, 0 to 1");
    p->widths[i] = (int32_t)(position * p->line_length) - current;
    if (p->widths[i] < SHARE_MIN) return command_usage("a column of the table is narrower than %d signs", SHARE_MIN);
    current += p->widths[i];
  }
  return COMMAND_OK;
}

/* Shares become widths that fill the line with the bars between them. */
static int set_widths(page3 *p) {
  const int32_t room = p->line_length - p->columns - 1;
  int32_t total = 0, left = p->columns;
  for (int32_t i = 0; i < p->columns; i++) total += p->widths[i] += MARGINS;
  int32_t excess = total - room, missing = room - total;
  for (int32_t i = 0; i < p->columns; i++) {
    if (excess > 0) {
      int32_t part = (int32_t)nearbyint((double)excess / left--);
      if (part > p->widths[i]) part = p->widths[i];
      p->widths[i] -= part;
      excess -= part;
    } else if (missing > 0) {
      int32_t part = (int32_t)ceil((double)p->widths[i] * missing / total);
      total -= p->widths[i];
      p->widths[i] += part;
      missing -= part;
    }
    p->widths[i] -= MARGINS;
    if (p->widths[i] < 1) return command_usage("the table does not fit in %" PRId32 " signs", p->line_length);
  }
  return COMMAND_OK;
}

/* ---- the page */

static void put_total(const page3 *p, const char *what, int64_t count, int64_t bytes) {
  char text[200], number[32], memory[40];
  int length = snprintf(number, sizeof number, "%" PRId64, count);
  size_t used = (size_t)snprintf(text, sizeof text, " %s params: ", what);
  for (int i = 0; i < length; i++) {
    if (i && (length - i) % 3 == 0) text[used++] = ',';
    text[used++] = number[i];
  }
  snprintf(text + used, sizeof text - used, " (%s)", summary_memory(memory, bytes, "B"));
  put_paragraph(p, text);
}

/* The optimizer's variables: float32, and int64 where it counts steps. */
static void count_optimizer(const fv_model *model, int64_t *count, int64_t *bytes) {
  const fv_training *training = model ? fv_model_training(model) : NULL;
  *count = *bytes = 0;
  for (int32_t i = 0; training && i < training->array_count; i++) {
    int64_t elements = 1;
    for (int32_t k = 0; k < training->arrays[i].shape.rank; k++) elements *= training->arrays[i].shape.dims[k];
    *count += elements;
    *bytes += elements * (training->arrays[i].integers ? 8 : 4);
  }
}

static int put_name(const page3 *p) {
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (file) {
    fprintf(file, "Model: \"%s\"", p->rows->name);
    if (!fclose(file)) {
      put_paragraph(p, text);
      free(text);
      return COMMAND_OK;
    }
  }
  free(text);
  return command_error(COMMAND_RESOURCES, "no memory for the summary");
}

int summary_keras3(const summary_rows *rows, const summary_layout *layout) {
  page3 p = {.rows = rows, .layout = layout};
  int64_t all = rows->parameters, other = all - rows->trainable, optimizer, bytes;
  set_heads(&p);
  int status = set_shares(&p);
  if (!status) status = set_widths(&p);
  if (!status) status = put_name(&p);
  if (status) return status;
  if (!put_table(&p)) return command_error(COMMAND_RESOURCES, "no memory for the summary");
  count_optimizer(rows->model, &optimizer, &bytes);
  put_total(&p, "Total", all + optimizer, 4 * all + bytes);
  put_total(&p, "Trainable", rows->trainable, 4 * rows->trainable);
  put_total(&p, "Non-trainable", other, 4 * other);
  if (optimizer) put_total(&p, "Optimizer", optimizer, bytes);
  return COMMAND_OK;
}
