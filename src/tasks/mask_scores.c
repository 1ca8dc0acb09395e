/* Scores of masks: a table of pixels, and of each class how many pixels of its edges lie near the other's.
 *
 *   edge pixel of class c   class c here, another class at a neighbour above, below, left or right, inside the picture
 *   near                    another edge pixel of c no further away than 0.0075 sqrt(height^2 + width^2)
 *
 * Distances are looked up row by row: the nearest edge pixel of a row is found in two sweeps, and of rows within the
 * distance the nearest counts.
 */
#include <fovea/mask_scores.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/mask_set.h>

#include "base/fail.h"
#include "base/size.h"

static const double near_part = 0.0075; /* of the diagonal */

/* Edge pixels, and those of them that are near. */
typedef struct edges {
  int64_t found, found_near, known, known_near;
} edges;

struct fv_mask_scores {
  int32_t classes;
  int64_t pictures;
  int64_t *confusion;
  edges *edges;
  fv_mask_numbers *numbers;
};

fv_status fv_mask_scores_create(fv_mask_scores **scores, int32_t classes) {
  *scores = NULL;
  if (classes < 2 || classes > FV_MASK_CLASSES)
    return fail(FV_ERROR_INVALID, "%" PRId32 " classes; expected 2 to %d", classes, FV_MASK_CLASSES);
  fv_mask_scores *s = calloc(1, sizeof *s);
  if (s) {
    s->classes = classes;
    s->confusion = calloc((size_t)classes * (size_t)classes, sizeof *s->confusion);
    s->edges = calloc((size_t)classes, sizeof *s->edges);
    s->numbers = calloc((size_t)classes, sizeof *s->numbers);
  }
  if (!s || !s->confusion || !s->edges || !s->numbers) {
    fv_mask_scores_destroy(s);
    return fail(FV_ERROR_MEMORY, "no memory for scores of %" PRId32 " classes", classes);
  }
  *scores = s;
  return FV_OK;
}

void fv_mask_scores_destroy(fv_mask_scores *scores) {
  if (!scores) return;
  free(scores->confusion);
  free(scores->edges);
  free(scores->numbers);
  free(scores);
}

/* ---- edges ---- */

typedef struct field {
  int32_t height, width, reach;
  double limit; /* squared distance */
  uint16_t
      *near[2]; /* per pixel: columns to the nearest edge pixel of its row, found and known; more than reach: none */
  const uint8_t *found, *known;
} field;

static bool is_edge(const uint8_t *classes, const field *f, int64_t y, int64_t x, int32_t class) {
  const uint8_t *at = classes + y * f->width + x;
  if (*at != class) return false;
  return (x > 0 && at[-1] != class) || (x + 1 < f->width && at[1] != class) || (y > 0 && at[-f->width] != class) ||
         (y + 1 < f->height && at[f->width] != class);
}

/* Columns to the nearest edge pixel of the row, by a sweep to each side. */
static void measure_row(uint16_t *near, const uint8_t *classes, const field *f, int64_t y, int32_t class) {
  const int32_t far = f->reach + 1;
  int32_t since = far;
  for (int64_t x = 0; x < f->width; x++) {
    since = is_edge(classes, f, y, x, class) ? 0 : since < far ? since + 1 : far;
    near[x] = (uint16_t)since;
  }
  since = far;
  for (int64_t x = f->width - 1; x >= 0; x--) {
    since = near[x] == 0 ? 0 : since < far ? since + 1 : far;
    if (since < near[x]) near[x] = (uint16_t)since;
  }
}

/* Whether an edge pixel of the other side is near (y, x). */
static bool is_near(const field *f, int other, int64_t y, int64_t x) {
  for (int32_t d = 0; d <= f->reach; d++)
    for (int sign = -1; sign <= 1; sign += 2) {
      const int64_t row = y + sign * d;
      if (row < 0 || row >= f->height) continue;
      const double across = f->near[other][row * f->width + x];
      if (across <= f->reach && across * across + (double)d * d <= f->limit) return true;
    }
  return false;
}

/* Nothing counts where it is not known what is there: such pixels are on no edge of their own, and near all. */
static void count_edges(edges *e, const field *f, int32_t class) {
  for (int64_t y = 0; y < f->height; y++) {
    measure_row(f->near[0] + y * f->width, f->found, f, y, class);
    measure_row(f->near[1] + y * f->width, f->known, f, y, class);
  }
  for (int64_t y = 0; y < f->height; y++)
    for (int64_t x = 0; x < f->width; x++) {
      const int64_t at = y * f->width + x;
      if (f->known[at] == FV_MASK_IGNORED) continue;
      if (f->near[0][at] == 0) e->found++, e->found_near += is_near(f, 1, y, x);
      if (f->near[1][at] == 0) e->known++, e->known_near += is_near(f, 0, y, x);
    }
}

static fv_status add_edges(fv_mask_scores *s, const fv_image *found, const fv_image *known, const bool *is_there) {
  const double reach = near_part * hypot(found->height, found->width);
  field f = {.height = found->height,
             .width = found->width,
             .reach = (int32_t)reach,
             .limit = reach * reach,
             .found = found->pixels,
             .known = known->pixels};
  const int64_t pixels = (int64_t)f.height * f.width;
  size_t bytes;
  for (int i = 0; i < 2; i++) f.near[i] = fv__size_bytes(&bytes, pixels, sizeof(uint16_t)) ? malloc(bytes) : NULL;
  for (int32_t c = 0; c < s->classes && f.near[0] && f.near[1]; c++)
    if (is_there[c]) count_edges(&s->edges[c], &f, c);
  const bool has_memory = f.near[0] && f.near[1];
  free(f.near[0]);
  free(f.near[1]);
  return has_memory ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for the edges of a mask");
}

/* ---- pictures ---- */

fv_status fv_mask_scores_add(fv_mask_scores *s, const fv_image *found, const fv_image *known) {
  bool is_there[256] = {false};
  if (found->channels != 1 || known->channels != 1 || found->height != known->height || found->width != known->width)
    return fail(FV_ERROR_SHAPE,
                "a mask of %" PRId32 " x %" PRId32 " pixels is known for a picture of %" PRId32 " x %" PRId32,
                known->width, known->height, found->width, found->height);
  const int64_t pixels = (int64_t)found->height * found->width;
  for (int64_t i = 0; i < pixels; i++) {
    const int32_t is = known->pixels[i], was = found->pixels[i];
    if (was >= s->classes || (is >= s->classes && is != FV_MASK_IGNORED))
      return fail(FV_ERROR_INVALID, "class %" PRId32 " of %" PRId32, was >= s->classes ? was : is, s->classes);
    is_there[is] = is_there[was] = true;
  }
  TRY(add_edges(s, found, known, is_there));
  for (int64_t i = 0; i < pixels; i++)
    if (known->pixels[i] != FV_MASK_IGNORED) s->confusion[known->pixels[i] * s->classes + found->pixels[i]]++;
  s->pictures++;
  return FV_OK;
}

/* ---- numbers ---- */

static double quotient(double a, double b) { return b > 0 ? a / b : (double)NAN; }

static double boundary(const edges *e) {
  if (!e->found && !e->known) return (double)NAN;
  if (!e->found || !e->known) return 0;
  const double p = (double)e->found_near / (double)e->found, r = (double)e->known_near / (double)e->known;
  return p + r > 0 ? 2 * p * r / (p + r) : 0;
}

static fv_mask_numbers numbers_of(const fv_mask_scores *s, int32_t c) {
  const double both = (double)s->confusion[c * s->classes + c];
  fv_mask_numbers n = {.boundary_f1 = boundary(&s->edges[c])};
  for (int32_t i = 0; i < s->classes; i++) {
    n.known += s->confusion[c * s->classes + i];
    n.found += s->confusion[i * s->classes + c];
  }
  n.iou = quotient(both, (double)(n.known + n.found) - both);
  n.dice = quotient(2 * both, (double)(n.known + n.found));
  n.precision = quotient(both, (double)n.found);
  n.recall = quotient(both, (double)n.known);
  return n;
}

static void add_to_mean(double *sum, double *count, double number) {
  if (isnan(number)) return;
  *sum += number;
  *count += 1;
}

void fv_mask_scores_measure(fv_mask_report *report, fv_mask_scores *s) {
  double counts[5] = {0};
  int64_t right = 0;
  fv_mask_numbers *mean = &report->mean;
  *report = (fv_mask_report){
      .pictures = s->pictures, .class_count = s->classes, .classes = s->numbers, .confusion = s->confusion};
  for (int32_t c = 0; c < s->classes; c++) {
    const fv_mask_numbers n = s->numbers[c] = numbers_of(s, c);
    right += s->confusion[c * s->classes + c];
    mean->known += n.known;
    mean->found += n.found;
    add_to_mean(&mean->iou, &counts[0], n.iou);
    add_to_mean(&mean->dice, &counts[1], n.dice);
    add_to_mean(&mean->boundary_f1, &counts[2], n.boundary_f1);
    add_to_mean(&mean->precision, &counts[3], n.precision);
    add_to_mean(&mean->recall, &counts[4], n.recall);
  }
  mean->iou = quotient(mean->iou, counts[0]);
  mean->dice = quotient(mean->dice, counts[1]);
  mean->boundary_f1 = quotient(mean->boundary_f1, counts[2]);
  mean->precision = quotient(mean->precision, counts[3]);
  mean->recall = quotient(mean->recall, counts[4]);
  report->pixels = mean->known;
  report->accuracy = quotient((double)right, (double)report->pixels);
}
