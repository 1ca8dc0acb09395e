/* `fovea summary --draw`: the network as a figure. */
#ifndef SUMMARY_DRAW_H
#define SUMMARY_DRAW_H

#include <fovea/model.h>

/* Writes the figure; `fold` as fv_fold. Answers the exit status. */
int summary_draw(const char *path, const fv_model *model, int32_t fold, int32_t columns);

#endif
