/* `fovea summary --draw`: the network as a figure. */
#ifndef SUMMARY_DRAW_H
#define SUMMARY_DRAW_H

#include <fovea/model.h>

/* COMMAND_OK when the name ends as a figure can; else it is said. */
int summary_draw_check(const char *path);

/* Writes the figure; `fold` as fv_fold. Answers the exit status. */
int summary_draw(const char *path, const fv_model *model, int32_t fold, int32_t columns);

#endif
