/* .npy in memory (numpy.lib.format in NumPy's documentation). */
#include "serve/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/shown.h"

enum { HEADER = 256 };

/* The head, padded with blanks so that the numbers begin at a multiple of 64. Returns its length. */
static size_t make_header(char text[HEADER], const fv_shape *shape) {
  char extents[160] = "";
  for (int32_t i = 0; i < shape->rank; i++) {
    const size_t used = strlen(extents);
    snprintf(extents + used, sizeof extents - used, "%" PRId64 ",%s", shape->dims[i], i + 1 < shape->rank ? " " : "");
  }
  memset(text, ' ', HEADER);
  memcpy(text, "\x93NUMPY\1\0", 8);
  const int length =
      snprintf(text + 10, HEADER - 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", extents);
  const size_t whole = (10 + (size_t)length + 1 + 63) / 64 * 64;
  text[10 + length] = ' ';
  text[whole - 1] = '\n';
  text[8] = (char)((whole - 10) & 255);
  text[9] = (char)((whole - 10) >> 8);
  return whole;
}

void fv__npy_answer(fv__answer *answer, const float *numbers, const fv_shape *shape) {
  char header[HEADER];
  const size_t head = make_header(header, shape), size = (size_t)fv__elements(shape) * sizeof *numbers;
  char *bytes = malloc(head + size);
  if (!bytes) {
    fv__answer_problem(answer, 503, "busy", NULL, "no memory for %zu bytes", head + size);
    return;
  }
  memcpy(bytes, header, head);
  memcpy(bytes + head, numbers, size);
  fv__answer_bytes(answer, "application/octet-stream", bytes, head + size);
  answer->download = true;
}
