/* Models written, read and written again. Files live in a folder of the test's own, in memory where there is such a
 * place; with FOVEA_KEEP=FOLDER they stay there, for tools/check-written to open in h5py and in both Kerases. */
#ifndef FOVEA_TESTS_REWRITING_H
#define FOVEA_TESTS_REWRITING_H

#include <fovea/fovea.h>

/* Setup and teardown of a group of tests. */
int rewriting_begin(void **state);
int rewriting_end(void **state);

/* The folder, without '/' at its end. */
const char *rewriting_folder(void);

/* A whole file. free() it. */
char *rewriting_read(const char *path, size_t *size);

/* Writes the model as NAME.ENDING, reads it and writes it again: both files are equal, and so are names, frozen layers,
 * weights and, bit for bit, the outputs for one input. */
void assert_survives(const fv_model *model, const char *name, const char *ending);

#endif
