/* ActivityRegularization: nothing happens at inference. */
#include <fovea/layers/activity_regularization.h>

#include "layers/support/identity.h"

static const fv_option table[] = {{"l1", FV_OPTION_FLOAT, offsetof(fv_activity_regularization_options, l1), "0", 0,
                                   1e30, NULL, "times the sum of absolute values"},
                                  {"l2", FV_OPTION_FLOAT, offsetof(fv_activity_regularization_options, l2), "0", 0,
                                   1e30, NULL, "times the sum of squares"},
                                  {.name = NULL}};

FV__IDENTITY_LAYER(activity_regularization, "ActivityRegularization", "makes large activations cost while training",
                   fv__shape_same);
