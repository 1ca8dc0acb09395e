/* --exact, --fast and --tuning. */
#include "speed.h"

#include <string.h>

#include <fovea/cpu.h>

int speed_check(const speed_options *options) {
  return options->exact && options->fast ? command_usage("--exact and --fast exclude each other") : COMMAND_OK;
}

fv_accuracy speed_accuracy(const speed_options *options) {
  return options->exact ? FV_ACCURACY_EXACT : options->fast ? FV_ACCURACY_FAST : FV_ACCURACY_DEFAULT;
}

static void remark(const char *path, const fv_tuning *tuning, const fv_model *model) {
  char processor[128];
  const fv_tuning_info about = fv_tuning_about(tuning);
  fv_cpu_processor(processor, sizeof processor);
  if (command_quiet()) return;
  if (strcmp(about.processor, processor) != 0)
    command_error(COMMAND_OK, "%s: made on %s, and this is %s: other ways may be faster here", path, about.processor,
                  processor);
  if (strcmp(about.model, fv_model_name(model)) != 0)
    command_error(COMMAND_OK, "%s: made for %s, not %s: layers that it does not know run as without it", path,
                  about.model, fv_model_name(model));
}

int speed_tuning(fv_tuning **tuning, const speed_options *options, const fv_model *model) {
  *tuning = NULL;
  if (!options->tuning) return COMMAND_OK;
  const fv_status status = fv_tuning_load(tuning, options->tuning);
  if (status) return command_fail(status);
  remark(options->tuning, *tuning, model);
  return COMMAND_OK;
}
