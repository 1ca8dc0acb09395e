/* The zoo's table, as building (zoo.c) and weights (weights.c) read it. */
#ifndef FOVEA_ZOO_SUPPORT_ZOO_H
#define FOVEA_ZOO_SUPPORT_ZOO_H

#include "zoo/network.h"

/* NULL when there is none of this name. */
const fv__network *fv__zoo_find(const char *name);

/* The network called `name` and complete options for it. Errors have the network's name in front. */
fv_status fv__zoo_resolve(const fv__network **network, fv_zoo_options *complete_options, const char *name,
                          const fv_zoo_options *options) FV_CHECK;

/* Path of the official weights in the first folder that has them; `options` are complete. */
fv_status fv__zoo_find_weights(char *path, size_t size, const fv__network *network,
                               const fv_zoo_options *options) FV_CHECK;

#endif
