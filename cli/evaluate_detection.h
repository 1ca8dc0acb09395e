/* `fovea evaluate` of a detector. */
#ifndef EVALUATE_DETECTION_H
#define EVALUATE_DETECTION_H

#include <fovea/detector.h>

typedef struct evaluate_detection_options {
  fv_detect_options detect;
  const char *classes; /* objects of these alone, names apart by commas; NULL: of the model's */
  bool training;       /* the pictures it was trained with */
  bool single;         /* pictures with one object alone */
  bool json;
} evaluate_detection_options;

/* Measures and prints. Returns the exit status. */
int evaluate_detection(fv_model *model, const char *data, const evaluate_detection_options *options);

#endif
