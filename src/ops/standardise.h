/* What forward and backward of standardisation share: the parts of images that have one statistic each. */
#ifndef FOVEA_OPS_STANDARDISE_H
#define FOVEA_OPS_STANDARDISE_H

#include "ops/way.h"

/* Rows [h, h_end), pixels [w, w_end), channels [c, c_end) of image n. */
typedef struct fv__standardise_part {
  int64_t n, h, h_end, w, w_end, c, c_end;
} fv__standardise_part;

int64_t fv__standardise_parts(const fv__standardise_problem *p, const fv__view *y);
fv__standardise_part fv__standardise_part_at(const fv__standardise_problem *p, const fv__view *y, int64_t index);

/* What a part's numbers are moved by and multiplied with. */
void fv__standardise_statistics(const fv__standardise_problem *p, const fv__view *x, const fv__standardise_part *at,
                                double *shift, double *factor);

#endif
