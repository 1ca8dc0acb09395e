/* Training a detector: Localizer or SSDLite. */
#include "train_detection.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detection_data.h"
#include "output.h"
#include "train_run.h"

/* ---- data */

static bool is_localizer(const train_options *o) {
  const fv_zoo_entry *entry = o->network ? fv_zoo_find(o->network) : NULL;
  return entry && !strcmp(entry->name, "Localizer");
}

static int open_sets(train_run *run, const char *data) {
  const train_options *o = &run->o;
  train_detection *d = &run->detection;
  fv_detection_set_options how = {.classes = o->only, .single = is_localizer(o)};
  int status = detection_open(&d->set, data, DETECTION_TRAINING, &how);
  if (status || (o->validation && !strcmp(o->validation, "none"))) return status;
  how.names = fv_detection_set_class_names(d->set);
  how.name_count = fv_detection_set_class_count(d->set);
  how.only_named = o->only != NULL;
  snprintf(run->data.how, sizeof run->data.how, "%.190s", o->validation ? o->validation : "the data's own");
  return o->validation ? detection_open(&d->validation, o->validation, DETECTION_TEST, &how)
                       : detection_open(&d->validation, data, DETECTION_VALIDATION, &how);
}

void train_detection_close(train_detection *d) {
  fv_detector_targets_end(&d->targets);
  fv_detector_targets_end(&d->validation_targets);
  fv_detection_set_destroy(d->set);
  fv_detection_set_destroy(d->validation);
  *d = (train_detection){.set = NULL};
}

/* ---- the network */

static int build(train_run *run) {
  const train_options *o = &run->o;
  train_model *m = &run->network;
  const char *network = o->network ? o->network : "SSDLite", *backbone = o->backbone ? o->backbone : "MobileNet";
  const char *weights = o->model.weights                                     ? o->model.weights
                        : train_model_has_official(backbone, o->model.alpha) ? "imagenet"
                                                                             : NULL;
  fv_zoo_options options = {.weights = weights, .alpha = o->model.alpha, .backbone = o->backbone};
  memcpy(options.input_shape, o->model.input_shape, sizeof options.input_shape);
  memcpy(options.anchors, o->anchors, sizeof options.anchors);
  const fv_status failed = fv_detector_build(&m->model, network, &options, run->detection.set, (uint64_t)o->seed);
  if (failed) return command_fail(failed);
  m->kind = weights && strncmp(weights, "random:", 7) != 0 ? TRAIN_TRANSFER : TRAIN_SCRATCH;
  snprintf(m->what, sizeof m->what, "%s on %.30s with weights %.80s", fv_zoo_find(network)->name, backbone,
           weights ? weights : "drawn at random");
  if (!weights) snprintf(m->why, sizeof m->why, "no trained weights are on this machine (`fovea pull` fetches them)");
  return model_set_pictures(m->model, &o->model);
}

/* A model file learns on as it is. */
static int take_file(train_run *run) {
  train_model *m = &run->network;
  const int status = model_open(&m->model, run->o.network, &run->o.model);
  if (status) return status;
  m->kind = TRAIN_ON;
  snprintf(m->what, sizeof m->what, "%.140s as it is", run->o.network);
  if (fv_model_is_detector(m->model)) return COMMAND_OK;
  return command_error(COMMAND_BAD_INPUT, "%s is no detector", run->o.network);
}

/* ---- what nobody said */

static void choose(train_options *o) {
  const bool localizes = is_localizer(o);
  if (!o->loss) o->loss = localizes ? "multi_box:box_loss=ciou,box_weight=2" : "multi_box";
  if (!o->metrics) o->metrics = "";
  if (!o->optimizer) o->optimizer = "adam";
  if (!o->learning_rate && !o->schedule && !o->find_lr) o->schedule = "cosine:0.001";
  if (!o->epochs) o->epochs = 40;
  if (!o->batch_size) o->batch_size = 16;
  if (!o->augment) o->augment = "horizontal_flip random_crop=0.4,1 brightness=0.8,1.2";
}

static fv_status make_targets(train_run *run) {
  train_detection *d = &run->detection;
  fv_status status = fv_detector_targets(&d->targets, run->network.model, d->set);
  if (!status && d->validation) status = fv_detector_targets(&d->validation_targets, run->network.model, d->validation);
  return status;
}

int train_detection_open(train_run *run, const char *data) {
  train_options *o = &run->o;
  run->data.path = data;
  if (o->class_weight || o->head || o->overfit || o->class_names)
    return command_usage("--task detect takes no --head, --class-weight, --class-names and --overfit");
  int status = open_sets(run, data);
  if (status) return status;
  run->data.training = fv_detection_set_pictures(run->detection.set);
  if (run->detection.validation) run->data.validation = fv_detection_set_pictures(run->detection.validation);
  status = o->network && strpbrk(o->network, "/.") ? take_file(run) : build(run);
  if (status == COMMAND_OK) status = train_model_freeze_too(run->network.model, o->freeze);
  if (status) return status;
  choose(o);
  const fv_status failed = make_targets(run);
  return failed ? command_fail(failed) : COMMAND_OK;
}

/* ---- what is told */

void train_detection_print(const train_run *run) {
  char count[32], objects[32];
  const train_detection *d = &run->detection;
  fputs("data         ", stdout);
  output_plain(run->data.path);
  printf(": %s object%s in %s picture%s", output_grouped(objects, fv_detection_set_objects(d->set)),
         fv_detection_set_objects(d->set) == 1 ? "" : "s", output_grouped(count, fv_detection_set_count(d->set)),
         fv_detection_set_count(d->set) == 1 ? "" : "s");
  if (d->validation) {
    printf(", %s more to validate with (", output_grouped(count, fv_detection_set_count(d->validation)));
    output_plain(run->data.how);
    putchar(')');
  }
  fputs("\nclasses      ", stdout);
  detection_print_classes(d->set);
  putchar('\n');
}
