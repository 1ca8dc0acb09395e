/* DATA of segmentation: pictures and masks. */
#ifndef MASK_DATA_H
#define MASK_DATA_H

#include <fovea/segmenter.h>

/* Opens a set and names what is broken in it on stderr; `model` (NULL: none) says what masks stand for. Returns
 * COMMAND_OK or, after a sentence on stderr, the exit status. */
int mask_data_open(fv_mask_set **set, const char *path, const fv_mask_set_options *options, const fv_model *model);

/* "background 86.1 %, foreground 13.9 %" of all pixels on stdout. */
void mask_data_print_classes(const fv_mask_set *set);

#endif
