/* Kernels: the named ones, and those that a user writes down. Those that are computed: filter_family.c. */
#include <fovea/filter.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/text.h"

/* Source of the shapes: binomial blur and Sobel, I. Sobel and G. Feldman (1968); laplacian: the second differences
 * along two axes, or along two axes and both diagonals; sharpen: the picture minus its laplacian; J. Prewitt (1970);
 * L. Roberts (1963); H. Scharr (2000). */
#define NINTH (1.0 / 9)
static const double identity[] = {0, 0, 0, 0, 1, 0, 0, 0, 0};
static const double blur[] = {1. / 16, 2. / 16, 1. / 16, 2. / 16, 4. / 16, 2. / 16, 1. / 16, 2. / 16, 1. / 16};
static const double box3[] = {NINTH, NINTH, NINTH, NINTH, NINTH, NINTH, NINTH, NINTH, NINTH};
static const double laplacian[] = {0, 1, 0, 1, -4, 1, 0, 1, 0};
static const double laplacian8[] = {1, 1, 1, 1, -8, 1, 1, 1, 1};
static const double sobel_left[] = {1, 0, -1, 2, 0, -2, 1, 0, -1};
static const double sobel_right[] = {-1, 0, 1, -2, 0, 2, -1, 0, 1};
static const double sobel_upper[] = {1, 2, 1, 0, 0, 0, -1, -2, -1};
static const double sobel_lower[] = {-1, -2, -1, 0, 0, 0, 1, 2, 1};
static const double scharr_left[] = {3, 0, -3, 10, 0, -10, 3, 0, -3};
static const double scharr_right[] = {-3, 0, 3, -10, 0, 10, -3, 0, 3};
static const double scharr_upper[] = {3, 10, 3, 0, 0, 0, -3, -10, -3};
static const double scharr_lower[] = {-3, -10, -3, 0, 0, 0, 3, 10, 3};
static const double prewitt_left[] = {1, 0, -1, 1, 0, -1, 1, 0, -1};
static const double prewitt_right[] = {-1, 0, 1, -1, 0, 1, -1, 0, 1};
static const double prewitt_upper[] = {1, 1, 1, 0, 0, 0, -1, -1, -1};
static const double prewitt_lower[] = {-1, -1, -1, 0, 0, 0, 1, 1, 1};
static const double roberts_x[] = {1, 0, 0, -1};
static const double roberts_y[] = {0, 1, -1, 0};
static const double edge_ridge[] = {-1, -1, -1, -1, 8, -1, -1, -1, -1};
static const double sharpen[] = {0, -1, 0, -1, 5, -1, 0, -1, 0};
static const double emboss[] = {-2, -1, 0, -1, 1, 1, 0, 1, 2};

static const fv_filter_kernel kernels[] = {
    {"identity", "the picture itself", 3, 3, identity},
    {"blur", "smooths: binomial weights, sum 1", 3, 3, blur},
    {"box-3", "smooths: the mean of nine pixels", 3, 3, box3},
    {"laplacian", "edges in all directions: second differences along rows and columns", 3, 3, laplacian},
    {"laplacian-8", "edges in all directions, diagonals too", 3, 3, laplacian8},
    {"sobel-left", "vertical edges, positive where it is brighter on the left", 3, 3, sobel_left},
    {"sobel-right", "vertical edges, positive where it is brighter on the right", 3, 3, sobel_right},
    {"sobel-upper", "horizontal edges, positive where it is brighter above", 3, 3, sobel_upper},
    {"sobel-lower", "horizontal edges, positive where it is brighter below", 3, 3, sobel_lower},
    {"scharr-left", "as sobel-left, with less error of direction", 3, 3, scharr_left},
    {"scharr-right", "as sobel-right, with less error of direction", 3, 3, scharr_right},
    {"scharr-upper", "as sobel-upper, with less error of direction", 3, 3, scharr_upper},
    {"scharr-lower", "as sobel-lower, with less error of direction", 3, 3, scharr_lower},
    {"prewitt-left", "as sobel-left, all rows alike", 3, 3, prewitt_left},
    {"prewitt-right", "as sobel-right, all rows alike", 3, 3, prewitt_right},
    {"prewitt-upper", "as sobel-upper, all columns alike", 3, 3, prewitt_upper},
    {"prewitt-lower", "as sobel-lower, all columns alike", 3, 3, prewitt_lower},
    {"roberts-x", "the difference along one diagonal; positive where it is brighter up and left", 2, 2, roberts_x},
    {"roberts-y", "the difference along the other diagonal; positive where it is brighter up and right", 2, 2,
     roberts_y},
    {"edge-ridge", "lines and points: positive where a pixel is brighter than its neighbours", 3, 3, edge_ridge},
    {"sharpen", "the picture minus its laplacian", 3, 3, sharpen},
    {"emboss", "a relief, lit from the upper left", 3, 3, emboss},
};
enum { KERNELS = sizeof kernels / sizeof *kernels };

/* Names that other programs use for the same numbers. */
static const struct {
  const char *name, *same_as;
} aliases[] = {{"laplacian-4", "laplacian"},   {"sobel-x", "sobel-right"},   {"sobel-y", "sobel-lower"},
               {"scharr-x", "scharr-right"},   {"scharr-y", "scharr-lower"}, {"prewitt-x", "prewitt-right"},
               {"prewitt-y", "prewitt-lower"}, {"binomial-3", "blur"}};

const fv_filter_kernel *fv_filter_kernel_at(int32_t index) {
  return index >= 0 && index < KERNELS ? &kernels[index] : NULL;
}

const fv_filter_kernel *fv_filter_kernel_find(const char *name) {
  for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
    if (!strcmp(aliases[i].name, name)) name = aliases[i].same_as;
  for (int32_t i = 0; i < KERNELS; i++)
    if (!strcmp(kernels[i].name, name)) return &kernels[i];
  return NULL;
}

void fv_filter_kernel_destroy(fv_filter_kernel *kernel) {
  if (!kernel) return;
  free((void *)kernel->weights);
  *kernel = (fv_filter_kernel){0};
}

/* ---- text */

typedef struct parser {
  double *numbers;             /* as many as the largest kernel has */
  int32_t rows, columns, here; /* rows that are complete, columns of each, numbers in this row */
} parser;

static fv_status end_row(parser *p) {
  if (p->here == 0) return FV_OK; /* an empty row: a blank line, a ';' at the end */
  if (p->rows == 0) p->columns = p->here;
  if (p->here != p->columns)
    return fail(FV_ERROR_INVALID, "row %" PRId32 " of the kernel has %" PRId32 " numbers, the first has %" PRId32,
                p->rows + 1, p->here, p->columns);
  p->rows++;
  p->here = 0;
  return FV_OK;
}

static fv_status take_number(parser *p, const char *text, size_t length) {
  char word[64];
  if (length >= sizeof word)
    return fail(FV_ERROR_INVALID, "a number of the kernel is longer than %zu signs", sizeof word);
  memcpy(word, text, length);
  word[length] = '\0';
  if (p->rows == FV_FILTER_MAX_SIDE || p->here == FV_FILTER_MAX_SIDE)
    return fail(FV_ERROR_INVALID, "a filter kernel has at most %d rows and columns", FV_FILTER_MAX_SIDE);
  double value;
  if (!fv__text_to_double(word, &value))
    return fail(FV_ERROR_INVALID, "row %" PRId32 " of the kernel: expected a number, found '%s'", p->rows + 1, word);
  if (!(fabs(value) <= (double)FLT_MAX))
    return fail(FV_ERROR_INVALID, "row %" PRId32 " of the kernel: %s is larger than any float32 number", p->rows + 1,
                word);
  p->numbers[(size_t)p->rows * FV_FILTER_MAX_SIDE + (size_t)p->here++] = value;
  return FV_OK;
}

static fv_status parse_rows(parser *p, const char *text) {
  while (*text) {
    if (*text == '#') {
      text += strcspn(text, "\n");
    } else if (*text == ';' || *text == '\n') {
      TRY(end_row(p));
      text++;
    } else if (strchr(" ,\t\r", *text)) {
      text++;
    } else {
      size_t length = strcspn(text, " ,\t\r\n;#");
      TRY(take_number(p, text, length));
      text += length;
    }
  }
  TRY(end_row(p));
  return p->rows ? FV_OK : fail(FV_ERROR_INVALID, "the kernel has no numbers");
}

/* Takes `numbers` over. */
static void close_ranks(fv_filter_kernel *kernel, parser *p) {
  for (int32_t y = 1; y < p->rows; y++)
    memmove(p->numbers + (size_t)y * (size_t)p->columns, p->numbers + (size_t)y * FV_FILTER_MAX_SIDE,
            (size_t)p->columns * sizeof *p->numbers);
  *kernel = (fv_filter_kernel){NULL, NULL, p->rows, p->columns, p->numbers};
}

fv_status fv_filter_kernel_parse(fv_filter_kernel *kernel, const char *text) {
  *kernel = (fv_filter_kernel){0};
  parser p = {.numbers = malloc(sizeof(double) * FV_FILTER_MAX_SIDE * FV_FILTER_MAX_SIDE)};
  if (!p.numbers) return fail(FV_ERROR_MEMORY, "no memory for a kernel");
  fv_status status = parse_rows(&p, text);
  if (status)
    free(p.numbers);
  else
    close_ranks(kernel, &p);
  return status;
}

/* ---- files */

static fv_status from_tensor(fv_filter_kernel *kernel, const fv_tensor *tensor) {
  const fv_shape *shape = &tensor->shape;
  int64_t height = shape->dims[0], width = shape->dims[1];
  char text[128];
  if (shape->rank != 2 || height < 1 || width < 1 || height > FV_FILTER_MAX_SIDE || width > FV_FILTER_MAX_SIDE)
    return fail(FV_ERROR_FORMAT, "a filter kernel has shape (rows, columns), 1 to %d each, not %s", FV_FILTER_MAX_SIDE,
                fv_shape_text(text, sizeof text, shape));
  for (int64_t i = 0; i < height * width; i++)
    if (!isfinite(tensor->data[i])) return fail(FV_ERROR_FORMAT, "element %" PRId64 " of the kernel is not finite", i);
  double *weights = calloc((size_t)height, (size_t)width * sizeof *weights);
  if (!weights) return fail(FV_ERROR_MEMORY, "no memory for a kernel");
  for (int64_t i = 0; i < height * width; i++) weights[i] = (double)tensor->data[i];
  *kernel = (fv_filter_kernel){NULL, NULL, (int32_t)height, (int32_t)width, weights};
  return FV_OK;
}

/* Whether a file is UTF-8 without control characters other than spaces and line ends. */
static bool is_text(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (bytes[i] == 127 || (bytes[i] < 32 && !(bytes[i] >= '\t' && bytes[i] <= '\r'))) return false;
  return fv__text_is_utf8((const char *)bytes, size);
}

fv_status fv_filter_kernel_read(fv_filter_kernel *kernel, const char *path) {
  *kernel = (fv_filter_kernel){0};
  fv_status status;
  if (fv__text_ends_with_ignoring_case(path, ".npy")) {
    fv_tensor tensor;
    TRY(fv_npy_read(&tensor, path));
    status = from_tensor(kernel, &tensor);
    fv_tensor_destroy(&tensor);
  } else {
    uint8_t *text;
    size_t size;
    TRY(fv__file_read(&text, &size, path, 8 << 20));
    status = is_text(text, size) ? fv_filter_kernel_parse(kernel, (const char *)text)
                                 : fail(FV_ERROR_FORMAT, "expected numbers as text or a .npy, found other bytes");
    if (status == FV_ERROR_INVALID) status = FV_ERROR_FORMAT;
    free(text);
  }
  return status ? note(status, "%s", path) : FV_OK;
}
