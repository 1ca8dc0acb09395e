/* Names of files with numbers in them: "run/{epoch:02d}-{val_accuracy:.2f}.keras". */
#ifndef FOVEA_TRAIN_LOG_PATH_H
#define FOVEA_TRAIN_LOG_PATH_H

#include <fovea/callback.h>

#include "base/fail.h"

enum { FV__LOG_PATH = 4096 };

/* Whether braces and forms are well written, whatever the names. Errors: FV_ERROR_INVALID. */
fv_status fv__log_path_check(const char *pattern) FV_CHECK;

/* Fills the braces: epoch and batch from 1, and all logs of the event. {{ and }} stand for single ones. Forms are
 * Python's: width, perhaps 0 before it, precision, and d, e, f, g or %. Errors: FV_ERROR_INVALID, also for a
 * name that the event does not have. */
fv_status fv__log_path_fill(char path[FV__LOG_PATH], const char *pattern, const fv_train_event *event) FV_CHECK;

#endif
