/* Packed weights: rearranged for a way, shared by all plans of a model that need the same.
 *
 * An entry belongs to (way, op problem without its batch, weights, version of the weights). It is made once, under the
 * core's lock, and never changes; plans count their use, and the last one frees it.
 */
#ifndef FOVEA_GRAPH_PACKED_H
#define FOVEA_GRAPH_PACKED_H

#include "graph/graph.h"

typedef struct fv__packed fv__packed;

/* One op's wish: `packed` receives its weights, NULL when the way packs nothing. */
typedef struct fv__packed_wish {
  const fv__op *op;
  const fv__way *way;
  fv__packed *packed;
} fv__packed_wish;

/* Fulfils all wishes, packing what is not there yet on the threads of `pool`. On failure nothing is held. */
fv_status fv__packed_take(fv__core *core, fv__pool *pool, fv__packed_wish *wishes, int32_t count) FV_CHECK;
void fv__packed_release(fv__core *core, fv__packed *packed);

const void *fv__packed_data(const fv__packed *packed); /* NULL for NULL */
size_t fv__packed_bytes(const fv__packed *packed);

/* Bytes of packing that a plan would have to add; 0 when another plan has it already. */
size_t fv__packed_needed(fv__core *core, const fv__op *op, const fv__way *way);

#endif
