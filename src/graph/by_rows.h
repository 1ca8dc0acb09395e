/* Which steps run together row by row, so that large maps between them are never whole (ops/by_rows.h). */
#ifndef FOVEA_GRAPH_BY_ROWS_H
#define FOVEA_GRAPH_BY_ROWS_H

#include "ops/program.h"

/* The pass that chooses them: sets `by_rows` of ops and of the values between them. */
void fv__run_by_rows(fv__program *program);

/* How many ops from op `first` on run together; 1 where it runs by itself. */
int32_t fv__by_rows_count(const fv__program *program, int32_t first);

#endif
