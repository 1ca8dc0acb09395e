/* The part of a model behind some of its nodes, set up from what a run left: what all explanations run. */
#ifndef FOVEA_EXPLAIN_PART_H
#define FOVEA_EXPLAIN_PART_H

#include <fovea/explain.h>

#include "explain/overlay.h"
#include "graph/train.h"
#include "model/model.h"

typedef struct fv__part {
  fv_plan *plan;
  int32_t *given; /* nodes whose values are given: the first ones of those asked for, and what else is read */
  int32_t given_count;
  fv__change *changes;   /* of the overlay, in the part */
  struct fv__undo *undo; /* of each, for the way back */
  int32_t change_count;
  const fv_explain_options *options;
  const char *name; /* of the first layer asked for */
  int64_t done, of; /* steps */
} fv__part;

/* Checks the score of the options against the model. */
fv_status fv__part_check(const fv_activations *activations, const fv_explain_options *options) FV_CHECK;

/* A part behind `nodes` that can go back, with all values given and not yet run; its gradients by `nodes` will be kept.
 * Ends with fv__part_end, also after a failure. */
fv_status fv__part_back(fv__part *part, const fv_activations *activations, const int32_t *nodes, int32_t count,
                        const fv_explain_options *options) FV_CHECK;

/* A part behind one node for a batch of variants: what else it reads is given for each image, the node is not. */
fv_status fv__part_variants(fv__part *part, const fv_activations *activations, int32_t node, int32_t batch,
                            const fv_explain_options *options) FV_CHECK;

fv_status fv__part_run(fv__part *part) FV_CHECK;     /* forward */
fv_status fv__part_go_back(fv__part *part) FV_CHECK; /* from the score to the nodes */
void fv__part_end(fv__part *part);

/* The score of one image of the last run, from `numbers` of the output or of what it is made of. */
double fv__part_score(const fv__part *part, const float *numbers, int64_t image);

#endif
