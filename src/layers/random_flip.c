/* RandomFlip: nothing happens at inference. */
#include <fovea/layers/random_flip.h>

#include "layers/support/identity.h"

static const char *const modes[] = {"horizontal_and_vertical", "horizontal", "vertical", NULL};

static const fv_option table[] = {{"mode", FV_OPTION_NAME, offsetof(fv_random_flip_options, mode),
                                   "horizontal_and_vertical", 0, 0, modes, "which ways"},
                                  FV__SEED_OPTION(random_flip),
                                  {.name = NULL}};

FV__IDENTITY_LAYER(random_flip, "RandomFlip", "mirrors images at random while training", fv__shape_same);
