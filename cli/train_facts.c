/* What is about to happen, before the first step: data, network, what is frozen, how it is fed, memory, files. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <fovea/preprocessing.h>

#include "output.h"
#include "train_run.h"

enum { LISTED_CLASSES = 20 };

static void head(const char *word) { printf("%-12s ", word); }

static void print_data(const train_run *run) {
  if (run->detection.set) {
    train_detection_print(run);
    return;
  }
  if (run->segmentation.set) {
    train_segmentation_print(run);
    return;
  }
  const fv_dataset *training = run->data.training, *validation = run->data.validation;
  char count[32];
  head("data");
  output_plain(run->data.path);
  printf(": %s picture%s", output_grouped(count, fv_dataset_count(training)),
         fv_dataset_count(training) == 1 ? "" : "s");
  if (validation)
    printf(", %s more to validate with (%s)", output_grouped(count, fv_dataset_count(validation)), run->data.how);
  const int32_t classes = fv_dataset_class_count(training);
  printf("; %" PRId32 " classes\n", classes);
  head("classes");
  for (int32_t i = 0; i < classes && i < LISTED_CLASSES; i++) {
    if (i) fputs(", ", stdout);
    output_plain(fv_dataset_class_name(training, i));
    printf(" %" PRId64, fv_dataset_class_samples(training, i));
    if (validation) printf("+%" PRId64, fv_dataset_class_samples(validation, i));
  }
  puts(classes > LISTED_CLASSES ? ", ..." : "");
}

static void print_network(const train_run *run) {
  char frozen[400], a[32], b[32];
  int32_t layers;
  int64_t parameters;
  const fv_model *model = run->network.model;
  head("network");
  output_plain(run->network.what);
  if (run->network.why[0]) printf("; %s", run->network.why);
  putchar('\n');
  train_model_frozen(frozen, sizeof frozen, model, &layers, &parameters);
  head("frozen");
  if (layers) {
    output_plain(frozen);
    printf(": %" PRId32 " layer%s, %s of %s parameters\n", layers, layers == 1 ? "" : "s",
           output_grouped(a, parameters), output_grouped(b, fv_model_parameters(model)));
  } else {
    printf("nothing; %s parameters learn\n", output_grouped(a, fv_model_trainable_parameters(model)));
  }
}

/* Means and deviations where there are some: (x s - m) / d. */
static void print_scaling(const fv_preprocessing *p) {
  printf("numbers times %.6g", p->scale);
  if (p->mean[0] != 0 || p->mean[1] != 0 || p->mean[2] != 0)
    printf(", less %.4g %.4g %.4g", p->mean[0], p->mean[1], p->mean[2]);
  if (p->std[0] != 1 || p->std[1] != 1 || p->std[2] != 1)
    printf(", by %.4g %.4g %.4g", p->std[0], p->std[1], p->std[2]);
}

static void print_feeding(const train_run *run) {
  const fv_preprocessing p = fv_model_preprocessing(run->network.model);
  head("pictures");
  if (p.size.height) printf("%" PRId32 " x %" PRId32 ", ", p.size.height, p.size.width);
  printf("%s", p.channels == FV_CHANNELS_BGR ? "BGR, " : p.channels == FV_CHANNELS_GRAY ? "gray, " : "RGB, ");
  if (p.mode == FV_PREPROCESSING_OWN)
    print_scaling(&p);
  else
    printf("scaled as %s", fv_preprocessing_mode_name(p.mode));
  if (p.crop > 0)
    printf(", the central %.4g of the shorter side%s", p.crop, run->o.train_whole ? ", to learn from whole" : "");
  puts("; kept in the model's file");
}

static void print_augment(const train_run *run) {
  if (!run->is_augmented) return;
  head("augmented");
  output_plain(run->o.augment);
  puts(" (training pictures alone)");
}

static bool learns_normalisation(const fv_model *model) {
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    const fv_layer_info layer = fv_model_layer(model, i);
    if (!strcmp(layer.kind, "BatchNormalization") && !layer.frozen) return true;
  }
  return false;
}

static void print_learning(const train_run *run, const fv_fit_facts *facts) {
  fv_optimizer_options complete = run->learning.optimizer_options;
  const bool is_known = !fv_options_complete(&complete, fv_optimizer_table(run->learning.optimizer));
  head("learning");
  output_plain(run->learning.optimizer);
  if (run->learning.schedule)
    printf(", rate %.4g, then %s", fv_schedule_rate(run->learning.schedule, 0), run->learning.schedule_text);
  else if (is_known)
    printf(", rate %.4g", complete.learning_rate);
  if (run->o.moving_momentum > 0 && learns_normalisation(run->network.model))
    printf(", moving statistics keep %.3g a step", run->o.moving_momentum);
  const int32_t first = run->part ? run->epochs[0] : 0, epochs = run->epochs[run->part] - first;
  printf("; %" PRId32 " epoch%s of %" PRId64 " step%s of %" PRId32 " picture%s", epochs, epochs == 1 ? "" : "s",
         facts->steps, facts->steps == 1 ? "" : "s", run->o.batch_size, run->o.batch_size == 1 ? "" : "s");
  if (facts->first_epoch > first || facts->first_step)
    printf("; goes on in epoch %" PRId32 " after %" PRId64 " steps", facts->first_epoch + 1, facts->first_step);
  putchar('\n');
}

static double megabytes(int64_t bytes) { return (double)bytes / 1e6; }

static void print_memory(const train_run *run, const fv_fit_facts *facts) {
  const fv_plan_memory *plan = &facts->memory.plan;
  const int64_t weights = plan->weights + plan->packed, total = weights + plan->activations + plan->gradients +
                                                                plan->scratch + facts->memory.optimizer +
                                                                facts->kept_bytes + facts->validation_bytes;
  head("memory");
  printf("%.0f MB: weights %.0f, pictures under way %.0f, gradients and optimizer %.0f", megabytes(total),
         megabytes(weights), megabytes(plan->activations + plan->scratch),
         megabytes(plan->gradients + facts->memory.optimizer));
  if (facts->validation_bytes) printf(", validation %.0f", megabytes(facts->validation_bytes));
  if (facts->kept_bytes) printf(", best weights %.0f", megabytes(facts->kept_bytes));
  if (facts->memory.slice < run->o.batch_size) printf("; batches are cut into slices of %" PRId32, facts->memory.slice);
  putchar('\n');
}

static void print_file(const char *path, const char *what) {
  if (!path || !*path) return;
  head("writes");
  output_plain(path);
  printf(" (%s)\n", what);
}

static void print_files(const train_run *run, const fv_fit_facts *facts) {
  char text[120];
  const train_options *o = &run->o;
  print_file(o->output, "the model, at the end");
  snprintf(text, sizeof text, o->save_best_only ? "the best epoch by %.60s" : "after each epoch",
           learning_monitor(o, run->data.validation != NULL));
  print_file(o->checkpoint, text);
  snprintf(text, sizeof text, "backup, about %.0f MB%s", megabytes(facts->backup_bytes),
           run->backup_is_ours ? ", removed when all is done" : "");
  print_file(run->backup, text);
  print_file(o->csv_log, "numbers of each epoch");
  print_file(o->log_file, "numbers of each step and epoch");
  print_file(o->tensorboard, "for TensorBoard");
  print_file(o->plot, "learning curves");
}

static void print_json(const train_run *run, const fv_fit_facts *facts) {
  const fv_dataset *set = run->data.training;
  int32_t layers;
  int64_t parameters;
  char frozen[400];
  train_model_frozen(frozen, sizeof frozen, run->network.model, &layers, &parameters);
  printf("{\"event\":\"train.begin\",\"samples\":%" PRId64 ",\"validation_samples\":%" PRId64 ",\"steps\":%" PRId64
         ",\"epochs\":%" PRId32 ",\"first_epoch\":%" PRId32 ",\"parameters\":%" PRId64 ",\"frozen_parameters\":%" PRId64
         ",\"frozen_layers\":%" PRId32 ",\"network\":",
         fv_dataset_count(set), facts->validation_samples, facts->steps, run->epochs[run->part], facts->first_epoch + 1,
         fv_model_parameters(run->network.model), parameters, layers);
  output_json(run->network.what);
  fputs(",\"classes\":[", stdout);
  for (int32_t i = 0; i < fv_dataset_class_count(set); i++) {
    fputs(i ? ",{\"name\":" : "{\"name\":", stdout);
    output_json(fv_dataset_class_name(set, i));
    printf(",\"samples\":%" PRId64 "}", fv_dataset_class_samples(set, i));
  }
  puts("]}");
  fflush(stdout);
}

void train_facts_print(const train_run *run, const fv_fit_facts *facts) {
  if (run->progress.is_json) {
    print_json(run, facts);
    return;
  }
  if (command_quiet()) return;
  if (run->part == 0) print_data(run);
  print_network(run);
  if (run->part == 0) print_feeding(run);
  print_augment(run);
  print_learning(run, facts);
  print_memory(run, facts);
  if (run->part == 0) print_files(run, facts);
  putchar('\n');
  fflush(stdout);
}
