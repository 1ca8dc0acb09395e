/* --exact and --fast. */
#include "speed.h"

int speed_check(const speed_options *options) {
  return options->exact && options->fast ? command_usage("--exact and --fast exclude each other") : COMMAND_OK;
}

fv_accuracy speed_accuracy(const speed_options *options) {
  return options->exact ? FV_ACCURACY_EXACT : options->fast ? FV_ACCURACY_FAST : FV_ACCURACY_DEFAULT;
}
