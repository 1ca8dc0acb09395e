/* A tuning inside: for each problem the ways that were measured, and the one to take. */
#ifndef FOVEA_GRAPH_TUNING_H
#define FOVEA_GRAPH_TUNING_H

#include <fovea/cpu.h>
#include <fovea/tuning.h>

#include "base/arena.h"
#include "ops/op.h"

enum { FV__TUNING_WAYS = 16 };

typedef struct fv__tuning_choice {
  const char *problem; /* fv__op_problem */
  int32_t way;         /* the place of the one to take in `names` */
  int32_t way_count;
  const char *names[FV__TUNING_WAYS];
  double seconds[FV__TUNING_WAYS]; /* of all operations of this problem in one run, the least; infinite: not measured */
} fv__tuning_choice;

struct fv_tuning {
  fv__arena arena;
  fv_tuning_info info;
  fv__tuning_choice *choices;
  int32_t room;
};

fv_status fv__tuning_create(fv_tuning **tuning, const fv_tuning_info *about) FV_CHECK;

/* Another choice without ways; `problem` is copied. NULL: no memory. */
fv__tuning_choice *fv__tuning_add(fv_tuning *tuning, const char *problem);

/* NULL when it is not there. */
fv__tuning_choice *fv__tuning_find(const fv_tuning *tuning, const char *problem);

/* The way that the tuning (NULL: none) takes for an op; NULL when it knows none that fits. */
const fv__way *fv__tuning_way(const fv_tuning *tuning, const fv__op *op);

/* Whether a plan of this CPU level may use it. Errors: FV_ERROR_INVALID. */
fv_status fv__tuning_check(const fv_tuning *tuning, fv_cpu_level level) FV_CHECK;

#endif
