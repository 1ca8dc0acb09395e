/* The options of `fovea train` before anything is opened. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fovea-tools/figure.h>
#include <fovea/preprocessing.h>

#include "output_path.h"
#include "train_run.h"

static bool ends_with(const char *text, const char *ending) {
  const size_t length = strlen(text), tail = strlen(ending);
  return length >= tail && !strcmp(text + length - tail, ending);
}

static bool is_wanted(const char *text) { return text && strcmp(text, "none") != 0; }

/* ---- numbers */

static int check_numbers(const train_options *o) {
  const struct {
    const char *option;
    double value;
  } counts[] = {{"samples-per-epoch", o->samples_per_epoch},
                {"max-steps", o->max_steps},
                {"validation-samples", o->validation_samples},
                {"backup-steps", o->backup_steps}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (counts[i].value != floor(counts[i].value))
      return command_usage("--%s must be a whole number, not %.10g", counts[i].option, counts[i].value);
  static const fv_option accumulate = {"accumulate", FV_OPTION_INT, 0, "1", 1, INT32_MAX, NULL, "how many"};
  int32_t number;
  if (o->accumulate && fv_option_set(&number, &accumulate, o->accumulate))
    return command_usage("--%s", fv_error_message());
  if (o->memory_limit > 0 && o->memory_limit < 1) return command_usage("--memory-limit is in MB, at least 1");
  return COMMAND_OK;
}

/* ---- what excludes what */

static int check_pairs(const train_options *o) {
  if (o->learning_rate && o->schedule)
    return command_usage("--learning-rate and --schedule exclude each other: the rate is a part of the schedule, as in "
                         "--schedule cosine:0.05");
  if (o->schedule && is_wanted(o->reduce_lr))
    return command_usage("--schedule and --reduce-lr exclude each other: both would set the rate");
  if (o->save_best_only && !o->checkpoint) return command_usage("--save-best-only needs --checkpoint FILE");
  if (o->resume_anyway && !o->resume) return command_usage("--resume-anyway needs --resume FILE");
  if (o->validation && o->validation_split > 0)
    return command_usage("--validation and --validation-split exclude each other");
  return COMMAND_OK;
}

/* ---- files */

static int check_scale(const train_options *o) {
  char word[80];
  fv_preprocessing read;
  if (!o->rescale) return COMMAND_OK;
  snprintf(word, sizeof word, "scale:%.60s", o->rescale);
  return fv_preprocessing_parse(&read, word)
             ? command_usage("--rescale must be a number such as 1/255, and not 0, not '%s'", o->rescale)
             : COMMAND_OK;
}

static int check_names(const train_options *o) {
  const char *output = o->output;
  if (!output && !o->checkpoint && !o->find_lr && !o->overfit)
    return command_usage("nothing would be kept; -o model.keras says where the trained model goes");
  if (output && strlen(output) > TRAIN_PATH - 20) return command_usage("--output is too long");
  if (output && (ends_with(output, ".weights.h5") || (!ends_with(output, ".keras") && !ends_with(output, ".h5"))))
    return command_usage("--output must end in .keras or .h5, not '%s'", output);
  if (o->plot && fv_figure_check_name(o->plot)) return command_usage("--plot: %s", fv_error_message());
  if (is_wanted(o->backup) && !ends_with(o->backup, ".h5"))
    return command_usage("--backup must end in .h5, not '%s'", o->backup);
  return COMMAND_OK;
}

typedef int output_visit(const char *option, const char *path);

static int visit_outputs(const train_options *o, output_visit *visit) {
  const struct {
    const char *option, *path;
  } outputs[] = {{"output", o->output},
                 {"checkpoint", o->checkpoint},
                 {"backup", is_wanted(o->backup) ? o->backup : NULL},
                 {"csv-log", o->csv_log},
                 {"log-file", o->log_file},
                 {"plot", o->plot},
                 {"save-recipe", o->save_recipe}};
  int status = COMMAND_OK;
  for (size_t i = 0; i < sizeof outputs / sizeof *outputs && status == COMMAND_OK; i++)
    status = visit(outputs[i].option, outputs[i].path);
  return status;
}

static int check_tensorboard(const char *path) {
  char inside[TRAIN_PATH];
  if (!path) return COMMAND_OK;
  snprintf(inside, sizeof inside, "%.4000s/events", path);
  return output_path_check("tensorboard", inside);
}

int train_check(const train_options *o) {
  int status = check_numbers(o);
  if (status == COMMAND_OK) status = check_scale(o);
  if (status == COMMAND_OK) status = check_pairs(o);
  if (status == COMMAND_OK) status = check_names(o);
  if (status == COMMAND_OK) status = visit_outputs(o, output_path_check);
  if (status == COMMAND_OK) status = check_tensorboard(o->tensorboard);
  if (status == COMMAND_OK && o->resume && access(o->resume, R_OK))
    status = command_error(COMMAND_BAD_INPUT, "--resume: %s: %s", o->resume, strerror(errno));
  return status;
}

int train_make_folders(const train_options *o) { return visit_outputs(o, output_path_make_folders); }
