/* Darknet: a network in a text, NAME.cfg, and its weights beside it, NAME.weights.
 *
 * The text is a list of sections, "[net]" and then one per layer in the order they run; each has lines "key=value".
 * Blanks mean nothing, "#" and ";" begin comments, of a key that is there twice the first counts, and keys that nobody
 * asks for are passed over (most are about training). Sections are numbered from 0 behind "[net]"; routes and shortcuts
 * name others by these numbers, or count back from themselves.
 *
 * The weights are a head (three int32: major, minor, revision; then how many pictures were seen, in 4 bytes, in 8 from
 * version 0.2 on) and the float32 numbers of one section after the other, without names or sizes.
 *
 * Source: the program and library of Redmon, "Darknet: Open Source Neural Networks in C", 2013 to 2018, as Debian has
 * it; groups of routes, Mish, Swish and scale_x_y as in Bochkovskiy's continuation, 2020.
 */
#ifndef FOVEA_FORMATS_DARKNET_DARKNET_H
#define FOVEA_FORMATS_DARKNET_DARKNET_H

#include <fovea/graph.h>
#include <fovea/model.h>

#include "base/fail.h"
#include "base/source.h"

enum { FV__DARKNET_TEXT_MAX = 1 << 20 };

typedef struct fv__darknet_pair {
  const char *key, *value;
} fv__darknet_pair;

typedef struct fv__darknet_section {
  const char *type;     /* "convolutional", without brackets */
  int32_t line;         /* of the file, from 1 */
  int32_t first, count; /* its pairs */
} fv__darknet_section;

typedef struct fv__darknet_text {
  char *bytes; /* what all pointers point into; owned */
  fv__darknet_section *sections;
  fv__darknet_pair *pairs;
  int32_t section_count, pair_count;
} fv__darknet_text;

/* Reads a .cfg. Errors: FV_ERROR_FORMAT for a line that is none, FV_ERROR_MEMORY. End it with fv__darknet_text_free. */
fv_status fv__darknet_read_text(fv__darknet_text *text, const fv__source *source) FV_CHECK;
void fv__darknet_text_free(fv__darknet_text *text);

/* The value of a section's key, or NULL. */
const char *fv__darknet_value(const fv__darknet_text *text, const fv__darknet_section *section, const char *key);

/* Fills an options structure: keys that the table names, defaults for the rest. Errors: FV_ERROR_INVALID. */
fv_status fv__darknet_options(void *options, const fv_option *table, const fv__darknet_text *text,
                              const fv__darknet_section *section) FV_CHECK;

/* "1, 2.5, -3" into at most `most` numbers; how many, or -1 for anything else. */
int32_t fv__darknet_numbers(double *numbers, int32_t most, const char *text);

/* Builds the network. What its [yolo] sections say becomes the model's task (detector.h); its layers are called
 * "convolutional_3", after their section. *model is NULL on failure. */
fv_status fv__darknet_build(fv_model **model, const fv__darknet_text *text) FV_CHECK;

/* Fills a model that fv__darknet_build has made, or one that has its layers. Errors: FV_ERROR_FORMAT, FV_ERROR_SHAPE
 * when the file is longer or shorter than this network's, FV_ERROR_NUMBERS, FV_ERROR_MEMORY. */
fv_status fv__darknet_read_weights(fv_model *model, const fv__source *source) FV_CHECK;

/* Whether bytes begin as the head of a .weights does. */
bool fv__darknet_probe_weights(const uint8_t *bytes, size_t size);

#endif
