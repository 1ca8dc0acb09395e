/* `fovea evaluate` of a segmenter. */
#ifndef EVALUATE_SEGMENTATION_H
#define EVALUATE_SEGMENTATION_H

#include <fovea/segmenter.h>

typedef struct evaluate_segmentation_options {
  fv_segment_options segment;
  const char *masks;  /* their folder; NULL: found */
  const char *figure; /* the table of pixels as a picture; NULL: none */
  bool json;
} evaluate_segmentation_options;

/* Measures and prints. Returns the exit status. */
int evaluate_segmentation(fv_model *model, const char *data, const evaluate_segmentation_options *options);

#endif
