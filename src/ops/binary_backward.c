/* Backward of two values' operations. An operand that was repeated along an axis gets the sum over it.
 *
 *   a + b   dy, dy          a - b   dy, -dy          a * b   dy b, dy a
 *   maximum, minimum        dy to the operand that was taken, the first where both are equal (TensorFlow's choice)
 */
#include "ops/gradients.h"

enum { PIECE = 16384 };

static bool is_sum(const fv__op *op) { return op->binary == FV__BINARY_ADD || op->binary == FV__BINARY_SUBTRACT; }

/* One number of y's gradient as operand `which` of a product or a choice sees it. */
static double share(fv__binary_kind kind, int which, double dy, double a, double b) {
  if (kind == FV__BINARY_MULTIPLY) return dy * (which == 0 ? b : a);
  const bool first = kind == FV__BINARY_MAXIMUM ? a >= b : a <= b;
  return first == (which == 0) ? dy : 0;
}

static const float *operand(const fv__view *view, int64_t n, int64_t i, int64_t j) {
  return fv__view_at(view, view->n == 1 ? 0 : n, view->h == 1 ? 0 : i, view->w == 1 ? 0 : j);
}

/* Positions of y along one axis that meet position `at` of an operand: one, or all where it was repeated. */
typedef struct range {
  int64_t first, end;
} range;

static range met(int64_t extent, int64_t of_y, int64_t at) {
  return extent == 1 ? (range){0, of_y} : (range){at, at + 1};
}

static double number(const fv__backward_call *call, int which, int64_t n, int64_t h, int64_t w, int64_t c) {
  const fv__binary_kind kind = call->op->binary;
  const fv__view *dy = &call->dy, *dx = &call->dx[which], *a = &call->x[0], *b = &call->x[1];
  const range images = met(dx->n, dy->n, n), rows = met(dx->h, dy->h, h), columns = met(dx->w, dy->w, w);
  const range channels = met(dx->c, dy->c, c);
  double sum = 0;
  for (int64_t image = images.first; image < images.end; image++)
    for (int64_t i = rows.first; i < rows.end; i++)
      for (int64_t j = columns.first; j < columns.end; j++)
        for (int64_t k = channels.first; k < channels.end; k++) {
          const double of_y = fv__view_at(dy, image, i, j)[k];
          if (is_sum(call->op))
            sum += kind == FV__BINARY_SUBTRACT && which == 1 ? -of_y : of_y;
          else
            sum += share(kind, which, of_y, operand(a, image, i, j)[a->c == 1 ? 0 : k],
                         operand(b, image, i, j)[b->c == 1 ? 0 : k]);
        }
  return sum;
}

static void pixels_of(const fv__backward_call *call, int which, int64_t first, int64_t end) {
  const fv__view *dx = &call->dx[which];
  for (int64_t pixel = first; pixel < end; pixel++) {
    float *to = fv__view_at_pixel(dx, pixel);
    for (int64_t c = 0; c < dx->c; c++)
      to[c] = (float)((double)to[c] +
                      number(call, which, pixel / (dx->h * dx->w), pixel / dx->w % dx->h, pixel % dx->w, c));
  }
}

static void first_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  pixels_of(call, 0, first, end);
}

static void second_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  pixels_of(call, 1, first, end);
}

/* One operand after the other: they may be the same value. */
static void backward(const fv__backward_call *call) {
  const int64_t numbers = fv__view_pixels(&call->dy) * call->dy.c;
  for (int which = 0; which < 2; which++) {
    if (!call->dx[which].data) continue;
    const int64_t pixels = fv__view_pixels(&call->dx[which]);
    fv__gradient_ranges(call, pixels, fv__range_step(numbers / pixels, PIECE),
                        which == 0 ? first_pixels : second_pixels);
  }
}

static const char *sums_why_not(const fv__op *op) { return is_sum(op) ? NULL : "the operands' values are wanted"; }

/* The same, known to need no values. */
static const fv__gradient_way SUMS = {.name = "sums", .why_not = sums_why_not, .backward = backward};

static const fv__gradient_way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = backward, .reads_x = true};

fv__gradient_list fv__binary_input_gradient = {&SUMS, &REFERENCE, NULL};
