/* Diagrams from outside: made, laid out, read. */
#include <math.h>
#include <stdlib.h>

#include "base/fail.h"
#include "diagram/layout.h"

enum { MOST_COLUMNS = 64, MOST_LENGTH = 1 << 20 };

/* ---- making */

static fv_status fold_calls(fv_diagram *diagram, fv_fold fold, fv__arena *arena) {
  fv__calls calls;
  TRY(fv__calls_list(&calls, arena, diagram->model));
  int32_t *alone = FV__TAKE(arena, calls.count, int32_t), *chain = FV__TAKE(arena, calls.count, int32_t);
  int32_t *block = FV__TAKE(arena, calls.count, int32_t);
  const char **names = FV__TAKE(arena, calls.count, const char *);
  if (!alone || !chain || !block || !names) return fv__diagram_no_memory();
  for (int32_t c = 0; c < calls.count; c++) alone[c] = c;
  fv__fold_chains(chain, &calls);
  TRY(fv__fold_blocks(block, names, chain, &calls, &diagram->arena));
  const int32_t *group = fold == FV_FOLD_NONE ? alone : fold == FV_FOLD_CHAINS ? chain : block;
  return fv__diagram_boxes(diagram, &calls, group, names, fold == FV_FOLD_BLOCKS);
}

fv_status fv_diagram_create(fv_diagram **diagram, const fv_model *model, fv_fold fold) {
  *diagram = NULL;
  if (fold > FV_FOLD_BLOCKS) return fail(FV_ERROR_INVALID, "a diagram is not folded, or by chains, or by blocks");
  fv_diagram *made = calloc(1, sizeof *made);
  if (!made) return fv__diagram_no_memory();
  made->model = model;
  fv__arena scratch = {0};
  fv_status status = fold_calls(made, fold ? fold : FV_FOLD_CHAINS, &scratch);
  fv__arena_clear(&scratch);
  if (status)
    fv_diagram_destroy(made);
  else
    *diagram = made;
  return status;
}

void fv_diagram_destroy(fv_diagram *diagram) {
  if (!diagram) return;
  fv__arena_clear(&diagram->arena);
  fv__arena_clear(&diagram->places);
  free(diagram);
}

void fv_diagram_set_size(fv_diagram *diagram, int32_t box, double width, double height) {
  /* even widths have their middle on a whole number */
  diagram->boxes[box].width = 2 * ceil(fmin(fmax(width, 2), MOST_LENGTH) / 2);
  diagram->boxes[box].height = ceil(fmin(fmax(height, 2), MOST_LENGTH));
}

/* ---- laying out */

static fv_status complete(fv_diagram_options *options) {
  double *lengths[] = {&options->page_width, &options->page_height, &options->box_gap, &options->row_gap,
                       &options->column_gap};
  const double usual[] = {720, 1000, 16, 18, 36};
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
    if (!(*lengths[i] >= 0 && *lengths[i] <= MOST_LENGTH))
      return fail(FV_ERROR_INVALID, "expected lengths of a diagram from 0 to %d, found %g", MOST_LENGTH, *lengths[i]);
    *lengths[i] = *lengths[i] > 0 ? ceil(*lengths[i]) : usual[i];
  }
  if (options->columns < 0 || options->columns > MOST_COLUMNS)
    return fail(FV_ERROR_INVALID, "expected 0 to %d columns, found %d", MOST_COLUMNS, (int)options->columns);
  return FV_OK;
}

static fv_status lay_out_in(fv__rows *rows, int32_t columns, const fv_diagram_options *options) {
  int32_t start[MOST_COLUMNS + 1];
  fv__arena scratch = {0};
  fv_status status = fv__cut_columns(start, columns, rows, options->row_gap, &scratch);
  if (!status) status = fv__route(rows, start, columns, options, &scratch);
  fv__arena_clear(&scratch);
  return status;
}

/* How large the diagram may be drawn on a page; 1: as it is. */
static double scale_of(const fv_diagram *d, const fv_diagram_options *o) {
  return fmin(1, fmin(o->page_width / d->width, o->page_height / d->height));
}

/* As one column the diagram is width by height; in n columns about n * width by height / n. */
static int32_t guess_columns(const fv_diagram *d, const fv_diagram_options *o) {
  int32_t best = 1;
  double largest = 0;
  for (int32_t n = 1; n <= MOST_COLUMNS; n++) {
    double width = n * d->width + (n - 1) * o->column_gap;
    double scale = fmin(1, fmin(o->page_width / width, o->page_height * n / d->height));
    if (scale <= largest * 1.02) continue;
    largest = scale;
    best = n;
  }
  return best;
}

static fv_status choose_columns(fv__rows *rows, const fv_diagram_options *options) {
  fv_diagram *d = rows->diagram;
  TRY(lay_out_in(rows, 1, options));
  double largest = scale_of(d, options);
  int32_t guess = guess_columns(d, options), best = 1;
  for (int32_t n = guess > 2 ? guess - 1 : 2; n <= guess + 1 && n <= rows->count && n <= MOST_COLUMNS; n++) {
    if (largest == 1) break;
    TRY(lay_out_in(rows, n, options));
    double scale = scale_of(d, options);
    if (scale <= largest * 1.02) continue;
    largest = scale;
    best = n;
  }
  return d->columns == best ? FV_OK : lay_out_in(rows, best, options);
}

static fv_status lay_out(fv_diagram *diagram, const fv_diagram_options *options, fv__arena *arena) {
  fv__rows rows;
  TRY(fv__rows_make(&rows, diagram, arena));
  TRY(fv__rows_order(&rows, arena));
  if (!options->columns) return choose_columns(&rows, options);
  return lay_out_in(&rows, options->columns < rows.count ? options->columns : rows.count, options);
}

fv_status fv_diagram_lay_out(fv_diagram *diagram, const fv_diagram_options *given) {
  fv_diagram_options options = given ? *given : (fv_diagram_options){0};
  TRY(complete(&options));
  fv__arena scratch = {0};
  fv_status status = lay_out(diagram, &options, &scratch);
  fv__arena_clear(&scratch);
  return status;
}

/* ---- reading */

int32_t fv_diagram_box_count(const fv_diagram *diagram) { return diagram->box_count; }
const fv_diagram_box *fv_diagram_box_at(const fv_diagram *diagram, int32_t index) { return &diagram->boxes[index]; }
int32_t fv_diagram_edge_count(const fv_diagram *diagram) { return diagram->edge_count; }
const fv_diagram_edge *fv_diagram_edge_at(const fv_diagram *diagram, int32_t index) { return &diagram->edges[index]; }
double fv_diagram_width(const fv_diagram *diagram) { return diagram->width; }
double fv_diagram_height(const fv_diagram *diagram) { return diagram->height; }
int32_t fv_diagram_columns(const fv_diagram *diagram) { return diagram->columns; }
