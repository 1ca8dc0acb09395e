/* Passes: small functions over a program that merge and drop ops. Each can be left out by name; together they must not
 * change what is computed beyond rounding. In inspect mode, where every node's value stands by itself, none runs.
 */
#ifndef FOVEA_GRAPH_PASSES_H
#define FOVEA_GRAPH_PASSES_H

#include "ops/program.h"

typedef struct fv__pass {
  const char *name;
  void (*run)(fv__program *program);
  bool in_training; /* what it leaves can be trained: see fv__program_op.trained */
} fv__pass;

/* In the order they run, ended by a NULL name. */
extern const fv__pass fv__passes[];

/* Whether `without` ("a,b" or "all") names the pass. */
bool fv__pass_left_out(const char *without, const char *name);

/* Whether nobody but one op reads the value, it is not kept and not part of or home to another: it may disappear. */
bool fv__value_is_passing(const fv__program *program, int32_t value);

#endif
