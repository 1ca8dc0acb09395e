/* Learning without a teacher: the S cells of a neocognitron (layers/simple_cells2d.h) find features of their own.
 *
 *   fv_self_organize(model, pictures, &(fv_self_organize_options){.samples = 500, .seed = 1});
 *
 * Layer by layer from the input on, each layer sees `samples` pictures. For every picture each column (the cells of all
 * planes in a small square) proposes its strongest cell, every plane takes the strongest proposal of its own as its
 * representative, and the representative's synapses grow by what it sees: a by q c u, b by q v / 2. A plane that has
 * learnt nothing answers weakly to everything, so that it takes what no other plane answers to. Fukushima, Biological
 * Cybernetics 36, 1980, section 3, equations 7 and 8; there all layers learn at once.
 */
#ifndef FOVEA_SELF_ORGANIZE_H
#define FOVEA_SELF_ORGANIZE_H

#include <fovea/dataset.h>
#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

/* What a layer has become. */
typedef struct fv_self_organized {
  const char *layer;
  int32_t planes, used;        /* used: those that were representatives at least once */
  int64_t samples, reinforced; /* pictures seen; how often a plane learnt */
} fv_self_organized;

typedef struct fv_self_organize_options {
  int64_t samples; /* pictures that each layer sees, in an order drawn from the seed, again and again where the set has
                      fewer; 0: 500 */
  uint64_t seed;
  int32_t threads;                                                /* 0: one per processor */
  void (*on_layer)(void *context, const fv_self_organized *told); /* after each layer; NULL: nobody listens */
  bool (*should_stop)(void *context);                             /* asked before each picture; NULL: go on */
  void *context;
} fv_self_organize_options;

/* Whether the model has S cells that are not frozen. */
FV_API bool fv_model_self_organizes(const fv_model *model);

/* Teaches these S cells, from the weights that they have. The same bits for any number of threads. `options` may be
 * NULL. Errors: FV_ERROR_INVALID for a model without such layers or with more inputs than one; FV_ERROR_STOPPED; those
 * of loaders and plans. */
FV_API FV_CHECK fv_status fv_self_organize(fv_model *model, const fv_dataset *dataset,
                                           const fv_self_organize_options *options);

FV_END_DECLARATIONS

#endif
