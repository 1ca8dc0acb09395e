/* What `fovea filter` does without a picture: explaining kernels, and convolving signals. */
#ifndef LABORATORY_H
#define LABORATORY_H

#include <fovea/filter.h>

#include "command.h"

/* Prints what a kernel does on stdout. Returns the exit status. */
int laboratory_explain(const fv_filter_kernel *kernel, const char *name);

/* Pictures of the kernel's numbers and of its frequency response, which the caller destroys. */
fv_status laboratory_pictures(fv_image *numbers, fv_image *response, const fv_filter_kernel *kernel) FV_CHECK;

/* Convolves the signal of a file; writes the result to `output` (.npy, or .csv or .txt with a number a line) and draws
 * it into `figure`; either may be NULL. Returns the exit status. */
int laboratory_signal(const char *path, const fv_filter_kernel *kernel, const char *name,
                      const fv_filter_options *options, const char *output, const char *figure);

#endif
