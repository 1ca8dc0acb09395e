/* Signals: a line of numbers from a file, as a picture of one row. */
#include <fovea/filter.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/text.h"

static const int64_t LONGEST_FILE = INT64_C(64) << 20;

/* ---- text: one column or one row of numbers, a name above it if there is one */

typedef struct parser {
  float *numbers;
  int64_t count;
  int64_t line, here;   /* line of the file, from 1; numbers in it */
  int64_t rows, widest; /* lines with numbers, and the most of one */
} parser;

static void end_line(parser *p) {
  if (p->here) p->rows++;
  if (p->here > p->widest) p->widest = p->here;
  p->here = 0;
  p->line++;
}

static fv_status take(parser *p, const char *text, size_t length) {
  char word[64];
  if (length >= sizeof word) return fail(FV_ERROR_FORMAT, "line %" PRId64 ": a number of %zu signs", p->line, length);
  memcpy(word, text, length);
  word[length] = '\0';
  double value;
  if (!fv__text_to_double(word, &value))
    return fail(FV_ERROR_FORMAT, "line %" PRId64 ": expected a number, found '%s'", p->line, word);
  if (p->count == FV_SIGNAL_MAX) return fail(FV_ERROR_MEMORY, "a signal has at most %d numbers", FV_SIGNAL_MAX);
  p->numbers[p->count++] = (float)value;
  p->here++;
  return FV_OK;
}

/* Whether the first line is a name and not a number. */
static bool is_heading(const char *text) {
  text += strspn(text, " \t\"");
  return *text && !strchr("0123456789+-.\r\n,;#", *text);
}

static fv_status parse(parser *p, const char *text, size_t size) {
  const char *end = text + size;
  if (memchr(text, '\0', size)) return fail(FV_ERROR_FORMAT, "is neither text nor a .npy");
  if (is_heading(text)) {
    text += strcspn(text, "\n");
    text += *text == '\n';
    p->line++;
  }
  while (text < end) {
    size_t length = strcspn(text, " ,;\t\r\n#");
    if (length) TRY(take(p, text, length));
    text += length;
    if (*text == '#') text += strcspn(text, "\n");
    if (*text == '\n') end_line(p);
    text += text < end;
  }
  end_line(p);
  if (!p->count) return fail(FV_ERROR_FORMAT, "has no numbers");
  if (p->rows > 1 && p->widest > 1)
    return fail(FV_ERROR_FORMAT, "has %" PRId64 " rows of up to %" PRId64 " numbers; a signal is one row or one column",
                p->rows, p->widest);
  return FV_OK;
}

static fv_status read_text(fv_tensor *signal, const char *path) {
  uint8_t *bytes;
  size_t size;
  TRY(fv__file_read(&bytes, &size, path, LONGEST_FILE));
  parser p = {.line = 1, .numbers = malloc(sizeof(float) * (size_t)FV_SIGNAL_MAX)};
  fv_status status = p.numbers ? parse(&p, (const char *)bytes, size) : fail(FV_ERROR_MEMORY, "no memory for a signal");
  free(bytes);
  if (status) status = note(status, "%s", path);
  if (!status) status = fv_tensor_create(signal, &(fv_shape){2, {1, p.count}});
  if (!status) memcpy(signal->data, p.numbers, (size_t)p.count * sizeof *p.numbers);
  free(p.numbers);
  return status;
}

/* ---- .npy: (n), (1, n) or (n, 1) */

static fv_status read_numbers(fv_tensor *signal, const char *path) {
  TRY(fv_npy_read(signal, path));
  const fv_shape *shape = &signal->shape;
  char text[128];
  int64_t count = 0;
  fv_status status = fv_shape_elements(&count, shape);
  if (!status && count > FV_SIGNAL_MAX)
    status = fail(FV_ERROR_MEMORY, "has %" PRId64 " numbers; a signal has at most %d", count, FV_SIGNAL_MAX);
  bool line = shape->rank == 1 || (shape->rank == 2 && (shape->dims[0] == 1 || shape->dims[1] == 1));
  if (!status && (!line || count < 1))
    status = fail(FV_ERROR_FORMAT, "has shape %s; a signal is one row or one column of numbers",
                  fv_shape_text(text, sizeof text, shape));
  for (int64_t i = 0; !status && i < count; i++)
    if (!(signal->data[i] - signal->data[i] == 0))
      status = fail(FV_ERROR_NUMBERS, "number %" PRId64 " is not finite", i);
  if (status) {
    fv_tensor_destroy(signal);
    return note(status, "%s", path);
  }
  signal->shape = (fv_shape){2, {1, count}};
  return FV_OK;
}

fv_status fv_signal_read(fv_tensor *signal, const char *path) {
  *signal = (fv_tensor){0};
  return fv__text_ends_with_ignoring_case(path, ".npy") ? read_numbers(signal, path) : read_text(signal, path);
}

fv_status fv_signal_kernel(fv_filter_kernel *line, const fv_filter_kernel *kernel) {
  *line = (fv_filter_kernel){0};
  double *sums = calloc((size_t)kernel->width, sizeof *sums), magnitude = 0, largest = 0;
  if (!sums) return fail(FV_ERROR_MEMORY, "no memory for a kernel");
  for (int32_t i = 0; i < kernel->height * kernel->width; i++) {
    sums[i % kernel->width] += kernel->weights[i];
    magnitude += kernel->weights[i] < 0 ? -kernel->weights[i] : kernel->weights[i];
  }
  for (int32_t i = 0; i < kernel->width; i++) {
    double size = sums[i] < 0 ? -sums[i] : sums[i];
    if (size > largest) largest = size;
  }
  if (largest <= 1e-12 * magnitude) {
    free(sums);
    return fail(FV_ERROR_INVALID, "the kernel answers nothing to a line: each of its columns sums to 0");
  }
  *line = (fv_filter_kernel){kernel->name, kernel->help, 1, kernel->width, sums};
  return FV_OK;
}
