/* The head of a .safetensors file: JSON that says where each tensor lies.
 *
 *   8 bytes    the head's length, little-endian, at most 100,000,000
 *   the head   {"__metadata__": {TEXT: TEXT ...}, NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]} ...}
 *   the rest   the elements; offsets count from here
 *
 * Tensors fill the rest from its first byte to its last, each byte belonging to one, in any order; elements times their
 * size are the bytes of their place. What is taken and what is refused is what the reference reader takes and refuses
 * (tests/cases/safetensors), but for names given twice and the few things fovea's tensors cannot be.
 *
 * It has a parser of its own because a head may be a hundred megabytes, which a tree of JSON values multiplies.
 */
#ifndef FOVEA_FORMATS_SAFETENSORS_HEADER_H
#define FOVEA_FORMATS_SAFETENSORS_HEADER_H

#include <stdio.h>

#include "formats/state/state.h"

enum { FV__SAFETENSORS_HEADER_MAX = 100000000 };

/* Lists what `text` (which is changed) describes; `data` is where the elements begin in the file, `end` the file's
 * size. */
fv_status fv__safetensors_read_header(fv_state *state, char *text, size_t size, int64_t data, int64_t end) FV_CHECK;

/* Lists a file's tensors (formats/safetensors.c); `source` outlives *state. */
fv_status fv__safetensors_open(fv_state **state, const fv__source *source) FV_CHECK;

/* Writes a state's tensors, their elements as they are. */
fv_status fv__safetensors_write(FILE *stream, const fv_state *state) FV_CHECK;

/* The format's word for an element ("F32"). */
const char *fv__safetensors_word(fv__element element);

#endif
