/* The clock: a thread that does twice a second what must be done from time to time. */
#ifndef FOVEA_SERVE_CLOCK_H
#define FOVEA_SERVE_CLOCK_H

#include <fovea/error.h>

typedef struct fv__clock fv__clock;

fv_status fv__clock_start(fv__clock **clock, void (*tick)(void *context), void *context) FV_CHECK;
void fv__clock_stop(fv__clock *clock); /* NULL is fine */

#endif
