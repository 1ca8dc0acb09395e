/* Every layer's output as a .npy file in one folder. */
#ifndef LAYER_FILES_H
#define LAYER_FILES_H

#include <fovea/plan.h>

/* Writes the outputs of all layers of an inspect plan that has run, beneath `folder`, which is made when missing:
 * NAME.npy, with '_' for '/' in names. A name that is already written (a layer called twice, two names that look the
 * same) gets @2, @3. Returns COMMAND_OK or, after a sentence on stderr, the exit status. */
int layer_files_write(const char *folder, const fv_model *model, const fv_plan *plan);

#endif
