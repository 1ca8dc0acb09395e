/* A network as boxes and lines (fovea/diagram.h places them).
 *
 *   name, layers, parameters          a box says name, what it does, output shape and parameters; its colour is what
 *   [box]      [box]                  kind it is, explained at the foot; lines that part from each other have a dot,
 *     |          |                    lines that merely cross have none
 *   [box]      [box]
 *   # convolution  # pooling ...
 */
#include <fovea-tools/figure.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figure/canvas.h"

enum { MARGIN = 24, HEADING = 60, INSIDE = 9, LEAST_WIDTH = 104, MOST_WIDTH = 340, LEAST_FIGURE = 340, CORNER = 5 };
enum { NAME_SIZE = 12, TEXT_SIZE = 10, LINE_HEIGHT = 13, LEGEND_LINE = 16 };

typedef struct network {
  const fv_model *model;
  const fv_diagram *diagram;
  fv_fold fold;
  double left, top; /* of the diagram */
  int32_t width, height;
  double kinds[FV_FAMILY_COUNT]; /* width of the names of kinds that there are, else 0 */
} network;

typedef struct colour {
  double red, green, blue;
} colour;

/* Pale enough for black text and for paper; told apart by their gray as well where kinds meet often. */
static const colour fills[FV_FAMILY_COUNT] = {
    [FV_FAMILY_OTHER] = {0.94, 0.94, 0.94},       [FV_FAMILY_INPUT] = {1.00, 1.00, 1.00},
    [FV_FAMILY_CONVOLUTION] = {0.80, 0.88, 0.97}, [FV_FAMILY_DENSE] = {0.86, 0.81, 0.94},
    [FV_FAMILY_POOLING] = {0.99, 0.83, 0.80},     [FV_FAMILY_NORMALIZATION] = {0.99, 0.93, 0.76},
    [FV_FAMILY_ACTIVATION] = {0.86, 0.94, 0.80},  [FV_FAMILY_MERGE] = {0.78, 0.92, 0.89},
    [FV_FAMILY_DROPOUT] = {0.93, 0.90, 0.86},     [FV_FAMILY_SHAPE] = {0.90, 0.91, 0.95},
    [FV_FAMILY_BLOCK] = {0.99, 0.89, 0.78},
};

static void use(cairo_t *cr, colour c, double darker) {
  cairo_set_source_rgb(cr, c.red * darker, c.green * darker, c.blue * darker);
}

/* ---- texts */

/* 1234567 as "1,234,567". */
static void grouped(char text[40], int64_t number) {
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%" PRId64, number), to = 0;
  for (int i = 0; i < length; i++) {
    if (i && (length - i) % 3 == 0) text[to++] = ',';
    text[to++] = digits[i];
  }
  text[to] = '\0';
}

/* "224 x 224 x 64" with a real sign, the batch left out. */
static void shape_words(char *text, size_t size, const fv_shape *shape) {
  size_t used = 0;
  *text = '\0';
  for (int32_t i = 1; i < shape->rank; i++) {
    char word[32] = "?";
    if (shape->dims[i] >= 0) snprintf(word, sizeof word, "%" PRId64, shape->dims[i]);
    int written = snprintf(text + used, size - used, "%s%s", i > 1 ? "\xc3\x97" : "", word);
    if (written < 0 || used + (size_t)written >= size) break;
    used += (size_t)written;
  }
}

/* The texts of a box: name, detail, shape, parameters. */
typedef struct words {
  char call[32], shape[160], parameters[48];
} words;

static void describe(words *w, const fv_diagram_box *box) {
  *w->call = '\0';
  if (box->calls > 1) snprintf(w->call, sizeof w->call, "call %d of %d", (int)box->call, (int)box->calls);
  shape_words(w->shape, sizeof w->shape, &box->output);
  *w->parameters = '\0';
  if (box->parameters) grouped(w->parameters, box->parameters);
}

/* ---- sizes */

static double width_of(cairo_t *cr, const fv_diagram_box *box) {
  words w;
  describe(&w, box);
  fv__canvas_font(cr, NAME_SIZE, true);
  double name = fv__canvas_text_width(cr, box->name);
  fv__canvas_font(cr, TEXT_SIZE, false);
  if (*w.call) name += 12 + fv__canvas_text_width(cr, w.call);
  double detail = fv__canvas_text_width(cr, box->detail), foot = fv__canvas_text_width(cr, w.shape);
  if (*w.parameters) foot += 14 + fv__canvas_text_width(cr, w.parameters);
  double width = fmax(name, fmax(detail, foot)) + 2 * INSIDE + 6;
  return fmin(fmax(8 * ceil(width / 8), LEAST_WIDTH), MOST_WIDTH);
}

/* Where texts are measured and nothing is drawn. */
static cairo_t *measuring(void) {
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);
  cairo_t *cr = cairo_create(surface);
  cairo_surface_destroy(surface);
  return cr;
}

static int compare_widths(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return one < other ? -1 : one > other;
}

/* As wide as nine of ten boxes need, and as those that need little more. */
static double usual_width(const double *sorted, int32_t count) {
  int32_t last = (int32_t)((int64_t)(count - 1) * 9 / 10);
  double most = 1.15 * sorted[last];
  while (last + 1 < count && sorted[last + 1] <= most) last++;
  return sorted[last];
}

/* Boxes as wide as their texts; most are then made equally wide. */
static fv_status size_boxes(fv_diagram *diagram) {
  cairo_t *cr = measuring();
  int32_t count = fv_diagram_box_count(diagram);
  double *widths = calloc(2 * (size_t)count, sizeof *widths);
  bool good = widths && cairo_status(cr) == CAIRO_STATUS_SUCCESS;
  for (int32_t i = 0; good && i < count; i++)
    widths[i] = widths[count + i] = width_of(cr, fv_diagram_box_at(diagram, i));
  if (good) {
    qsort(widths + count, (size_t)count, sizeof *widths, compare_widths);
    double usual = usual_width(widths + count, count);
    for (int32_t i = 0; i < count; i++)
      fv_diagram_set_size(diagram, i, fmax(widths[i], usual), 2 * INSIDE + 2 * LINE_HEIGHT + 6);
  }
  free(widths);
  cairo_destroy(cr);
  return good ? FV_OK : fv_error_set(FV_ERROR_MEMORY, "no memory for a figure");
}

static fv_status measure_kinds(network *n) {
  cairo_t *cr = measuring();
  bool good = cairo_status(cr) == CAIRO_STATUS_SUCCESS;
  fv__canvas_font(cr, TEXT_SIZE, false);
  for (int32_t i = 0; good && i < fv_diagram_box_count(n->diagram); i++) {
    fv_diagram_family family = fv_diagram_box_at(n->diagram, i)->family;
    if (n->kinds[family] > 0) continue;
    n->kinds[family] = ceil(fv__canvas_text_width(cr, fv_diagram_family_name(family)));
  }
  cairo_destroy(cr);
  return good ? FV_OK : fv_error_set(FV_ERROR_MEMORY, "no memory for a figure");
}

/* ---- drawing */

static void round_box(cairo_t *cr, double x, double y, double width, double height, double radius) {
  cairo_new_sub_path(cr);
  cairo_arc(cr, x + width - radius, y + radius, radius, -M_PI / 2, 0);
  cairo_arc(cr, x + width - radius, y + height - radius, radius, 0, M_PI / 2);
  cairo_arc(cr, x + radius, y + height - radius, radius, M_PI / 2, M_PI);
  cairo_arc(cr, x + radius, y + radius, radius, M_PI, 3 * M_PI / 2);
  cairo_close_path(cr);
}

static void draw_box(cairo_t *cr, const fv_diagram_box *box) {
  words w;
  describe(&w, box);
  round_box(cr, box->x + 0.5, box->y + 0.5, box->width - 1, box->height - 1, 4);
  use(cr, fills[box->family], 1);
  cairo_fill_preserve(cr);
  use(cr, fills[box->family], 0.55);
  cairo_set_line_width(cr, 1);
  cairo_stroke(cr);
  double left = box->x + INSIDE, right = box->x + box->width - INSIDE, room = right - left + 3, y = box->y + INSIDE;
  cairo_set_source_rgb(cr, 0.3, 0.3, 0.3);
  fv__canvas_font(cr, TEXT_SIZE, false);
  double call = *w.call ? fv__canvas_text_width(cr, w.call) : 0;
  double parameters = *w.parameters ? fv__canvas_text_width(cr, w.parameters) : 0;
  if (call > 0) fv__canvas_text(cr, w.call, right - call, y + 9, room, false);
  fv__canvas_text(cr, box->detail, left, y + 9 + LINE_HEIGHT, room, false);
  fv__canvas_text(cr, w.shape, left, y + 9 + 2 * LINE_HEIGHT, room - parameters, false);
  if (parameters > 0) fv__canvas_text(cr, w.parameters, right - parameters, y + 9 + 2 * LINE_HEIGHT, room, false);
  cairo_set_source_rgb(cr, 0.05, 0.05, 0.05);
  fv__canvas_font(cr, NAME_SIZE, true);
  fv__canvas_text(cr, box->name, left, y + 9, call > 0 ? room - call - 8 : room, false);
}

static double distance(fv_diagram_point a, fv_diagram_point b) { return fabs(a.x - b.x) + fabs(a.y - b.y); }

/* A point `length` before `b` on the way from `a`. */
static fv_diagram_point before(fv_diagram_point a, fv_diagram_point b, double length) {
  double part = length / distance(a, b);
  return (fv_diagram_point){b.x + (a.x - b.x) * part, b.y + (a.y - b.y) * part};
}

/* The pieces of a line with round corners. */
static void draw_line(cairo_t *cr, const fv_diagram_edge *edge) {
  const fv_diagram_point *p = edge->points;
  int32_t last = edge->point_count - 1;
  cairo_move_to(cr, p[0].x, p[0].y);
  for (int32_t i = 1; i < last; i++) {
    double radius = fmin(CORNER, fmin(distance(p[i - 1], p[i]), distance(p[i], p[i + 1])) / 2);
    fv_diagram_point in = before(p[i - 1], p[i], radius), out = before(p[i + 1], p[i], radius);
    cairo_line_to(cr, in.x, in.y);
    cairo_curve_to(cr, (in.x + 2 * p[i].x) / 3, (in.y + 2 * p[i].y) / 3, (out.x + 2 * p[i].x) / 3,
                   (out.y + 2 * p[i].y) / 3, out.x, out.y);
  }
  cairo_line_to(cr, p[last].x, p[last].y - 3);
  cairo_stroke(cr);
}

static void draw_arrow(cairo_t *cr, fv_diagram_point tip) {
  cairo_move_to(cr, tip.x, tip.y);
  cairo_line_to(cr, tip.x - 3, tip.y - 6);
  cairo_line_to(cr, tip.x + 3, tip.y - 6);
  cairo_close_path(cr);
  cairo_fill(cr);
}

static void draw_lines(cairo_t *cr, const fv_diagram *diagram) {
  cairo_set_source_rgb(cr, 0.35, 0.35, 0.35);
  cairo_set_line_width(cr, 1.1);
  for (int32_t i = 0; i < fv_diagram_edge_count(diagram); i++) draw_line(cr, fv_diagram_edge_at(diagram, i));
  for (int32_t i = 0; i < fv_diagram_edge_count(diagram); i++) {
    const fv_diagram_edge *edge = fv_diagram_edge_at(diagram, i);
    draw_arrow(cr, edge->points[edge->point_count - 1]);
  }
}

static void draw_heading(cairo_t *cr, const network *n) {
  static const char *const folds[] = {"", "every layer shown", "chains folded", "blocks folded"};
  char number[40], text[160];
  double room = n->width - 2 * MARGIN, y = MARGIN + 14;
  int64_t multiply_adds = 0;
  for (int32_t i = 0; i < fv_diagram_box_count(n->diagram); i++) {
    int64_t more = fv_diagram_box_at(n->diagram, i)->multiply_adds;
    multiply_adds = more > INT64_MAX - multiply_adds ? INT64_MAX : multiply_adds + more;
  }
  fv__canvas_font(cr, 18, true);
  cairo_set_source_rgb(cr, 0.05, 0.05, 0.05);
  fv__canvas_text(cr, fv_model_name(n->model), MARGIN, y, room, false);
  fv__canvas_font(cr, 11, false);
  cairo_set_source_rgb(cr, 0.35, 0.35, 0.35);
  int32_t layers = fv_model_layer_count(n->model);
  snprintf(text, sizeof text, "%d layer%s, %s", (int)layers, layers == 1 ? "" : "s", folds[n->fold]);
  fv__canvas_text(cr, text, MARGIN, y + 17, room, false);
  grouped(number, fv_model_parameters(n->model));
  int used = snprintf(text, sizeof text, "%s parameters", number);
  grouped(number, multiply_adds);
  if (multiply_adds > 0 && multiply_adds < INT64_MAX)
    snprintf(text + used, sizeof text - (size_t)used, ", %s multiply-adds", number);
  fv__canvas_text(cr, text, MARGIN, y + 31, room, false);
}

static void draw_kind(cairo_t *cr, fv_diagram_family family, double x, double y) {
  round_box(cr, x + 0.5, y + 0.5, 13, 9, 2);
  use(cr, fills[family], 1);
  cairo_fill_preserve(cr);
  use(cr, fills[family], 0.55);
  cairo_set_line_width(cr, 1);
  cairo_stroke(cr);
  cairo_set_source_rgb(cr, 0.3, 0.3, 0.3);
  fv__canvas_text(cr, fv_diagram_family_name(family), x + 19, y + 9, MOST_WIDTH, false);
}

/* The kinds there are, in rows as wide as the figure, and what numbers mean; answers where it ends. `cr` NULL: it is
 * only measured. */
static double draw_legend(cairo_t *cr, const network *n, double y) {
  double x = MARGIN;
  for (int f = 1; f <= FV_FAMILY_COUNT; f++) { /* what is other comes last */
    fv_diagram_family family = (fv_diagram_family)(f % FV_FAMILY_COUNT);
    if (n->kinds[family] <= 0) continue;
    if (x > MARGIN && x + 19 + n->kinds[family] > n->width - MARGIN) {
      x = MARGIN;
      y += LEGEND_LINE;
    }
    if (cr) draw_kind(cr, family, x, y);
    x += 19 + n->kinds[family] + 18;
  }
  y += LEGEND_LINE;
  if (cr) fv__canvas_text(cr, "below in a box: output shape, parameters", MARGIN, y + 9, n->width - 2 * MARGIN, false);
  return y + LEGEND_LINE;
}

static void draw(cairo_t *cr, const void *figure) {
  const network *n = figure;
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  draw_heading(cr, n);
  fv__canvas_font(cr, TEXT_SIZE, false);
  draw_legend(cr, n, n->top + fv_diagram_height(n->diagram) + 18);
  cairo_translate(cr, n->left, n->top);
  draw_lines(cr, n->diagram);
  for (int32_t i = 0; i < fv_diagram_box_count(n->diagram); i++) draw_box(cr, fv_diagram_box_at(n->diagram, i));
}

/* ---- the whole */

/* A page of A4 without its margins, at the size at which a box's text is as large as a footnote. */
static const double PAGE_WIDTH = 720, PAGE_HEIGHT = 1000;

/* How much a diagram must shrink to fit a page; letters below this are too small to read. */
static const double LEAST_SCALE = 0.55;

static bool is_readable(const fv_diagram *diagram) {
  return fv_diagram_width(diagram) * LEAST_SCALE <= PAGE_WIDTH &&
         fv_diagram_height(diagram) * LEAST_SCALE <= PAGE_HEIGHT;
}

static const double MOST_PIXELS = 48e6, MOST_SIDE = 32000;

static fv_status make_diagram(fv_diagram **diagram, const fv_model *model, fv_fold fold, int32_t columns) {
  fv_status status = fv_diagram_create(diagram, model, fold);
  if (!status) status = size_boxes(*diagram);
  if (!status)
    status = fv_diagram_lay_out(
        *diagram, &(fv_diagram_options){.columns = columns, .page_width = PAGE_WIDTH, .page_height = PAGE_HEIGHT});
  if (!status) return FV_OK;
  fv_diagram_destroy(*diagram);
  return status;
}

/* The least folding that can be read on a page. */
static fv_status choose_fold(fv_diagram **diagram, const fv_model *model, fv_fold *fold, int32_t columns) {
  for (int f = FV_FOLD_NONE;; f++) {
    *fold = (fv_fold)f;
    fv_status status = make_diagram(diagram, model, *fold, columns);
    if (status || f == FV_FOLD_BLOCKS || is_readable(*diagram)) return status;
    fv_diagram_destroy(*diagram);
  }
}

/* Images are for screens and printers of today, two pixels for one, as long as they do not become too large to show. */
static double pixels_for_one(const network *n) {
  double pixels = (double)n->width * n->height, larger = fmax(n->width, n->height);
  return fmin(4 * pixels <= MOST_PIXELS ? 2 : fmin(1, sqrt(MOST_PIXELS / pixels)), MOST_SIDE / larger);
}

static fv_status write_figure(const char *path, const fv_model *model, const fv_diagram *diagram, fv_fold fold) {
  network n = {.model = model, .diagram = diagram, .fold = fold, .left = MARGIN, .top = MARGIN + HEADING};
  double width = fmax(fv_diagram_width(diagram), LEAST_FIGURE);
  fv_status status = measure_kinds(&n);
  if (status) return status;
  n.width = (int32_t)width + 2 * MARGIN;
  n.left += floor((width - fv_diagram_width(diagram)) / 2);
  n.height = (int32_t)draw_legend(NULL, &n, n.top + fv_diagram_height(diagram) + 18) + MARGIN;
  return fv__canvas_write(path, &(fv__canvas){n.width, n.height, draw, &n, pixels_for_one(&n)});
}

fv_status fv_figure_network(const char *path, const fv_model *model, const fv_figure_network_options *given) {
  fv_figure_network_options options = given ? *given : (fv_figure_network_options){0};
  fv_fold fold = options.fold;
  fv_diagram *diagram;
  fv_status status = fold ? make_diagram(&diagram, model, fold, options.columns)
                          : choose_fold(&diagram, model, &fold, options.columns);
  if (status) return status;
  status = write_figure(path, model, diagram, fold);
  fv_diagram_destroy(diagram);
  return status;
}
