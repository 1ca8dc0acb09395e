/* Training a segmenter: UNet, FCN8s, SegNet or DeepLabV3Lite. */
#include "train_segmentation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask_data.h"
#include "output.h"
#include "train_run.h"

static const double width_from_scratch = 0.25;

/* ---- data */

static int split(train_run *run) {
  const train_options *o = &run->o;
  train_segmentation *s = &run->segmentation;
  const fv_dataset_split_options how = {
      .validation = o->validation_split, .seed = (uint64_t)o->seed, .first = o->split == SPLIT_FIRST};
  s->whole = s->set;
  s->set = NULL;
  const fv_status failed = fv_mask_set_split(&s->set, &s->validation, s->whole, &how);
  if (failed) return command_fail(failed);
  snprintf(run->data.how, sizeof run->data.how, "%.3g %%, %s",
           100 * (o->validation_split > 0 ? o->validation_split : 0.2),
           o->split == SPLIT_FIRST ? "the first ones" : "drawn by the seed");
  return COMMAND_OK;
}

/* The validation's masks stand for the same classes. */
static int open_validation(train_run *run) {
  const train_options *o = &run->o;
  train_segmentation *s = &run->segmentation;
  const fv_mask_set_options how = {.key = fv_mask_set_key(s->set), .names = fv_mask_set_class_names(s->set)};
  if (!o->validation) return split(run);
  if (!strcmp(o->validation, "none")) return COMMAND_OK;
  snprintf(run->data.how, sizeof run->data.how, "%.190s", o->validation);
  return mask_data_open(&s->validation, o->validation, &how, NULL);
}

static int open_sets(train_run *run, const char *data, const fv_model *model) {
  const train_options *o = &run->o;
  const fv_mask_set_options how = {.masks = o->masks, .class_names = o->class_names, .ignore = o->ignore};
  int status = mask_data_open(&run->segmentation.set, data, &how, model);
  return status ? status : open_validation(run);
}

void train_segmentation_close(train_segmentation *s) {
  fv_segmenter_targets_end(&s->targets);
  fv_segmenter_targets_end(&s->validation_targets);
  fv_mask_set_destroy(s->set);
  fv_mask_set_destroy(s->validation);
  fv_mask_set_destroy(s->whole);
  s->set = s->validation = s->whole = NULL;
}

/* ---- the network */

static int build(train_run *run) {
  const train_options *o = &run->o;
  train_model *m = &run->network;
  const char *network = o->network ? o->network : "UNet";
  const fv_zoo_entry *entry = fv_zoo_find(network);
  const bool is_on_backbone = entry && entry->is_on_backbone;
  const char *backbone = o->backbone ? o->backbone : "MobileNet", *weights = o->model.weights;
  if (!weights && is_on_backbone && train_model_has_official(backbone, o->model.alpha)) weights = "imagenet";
  fv_zoo_options options = {.weights = weights, .alpha = o->model.alpha, .backbone = o->backbone};
  if (options.alpha == 0 && !is_on_backbone) options.alpha = width_from_scratch;
  memcpy(options.input_shape, o->model.input_shape, sizeof options.input_shape);
  const fv_status failed = fv_segmenter_build(&m->model, network, &options, run->segmentation.set, (uint64_t)o->seed);
  if (failed) return command_fail(failed);
  m->kind = weights && strncmp(weights, "random:", 7) != 0 ? TRAIN_TRANSFER : TRAIN_SCRATCH;
  if (is_on_backbone)
    snprintf(m->what, sizeof m->what, "%s on %.30s with weights %.80s", entry->name, backbone,
             weights ? weights : "drawn at random");
  else
    snprintf(m->what, sizeof m->what, "%s of width %.3g", fv_zoo_find(network)->name, options.alpha);
  if (!weights && is_on_backbone)
    snprintf(m->why, sizeof m->why, "no trained weights are on this machine (`fovea pull` fetches them)");
  return model_set_pictures(m->model, &o->model);
}

/* A model file learns on as it is. */
static int take_file(train_run *run) {
  train_model *m = &run->network;
  const int status = model_open(&m->model, run->o.network, &run->o.model);
  if (status) return status;
  m->kind = TRAIN_ON;
  snprintf(m->what, sizeof m->what, "%.140s as it is", run->o.network);
  if (fv_model_is_segmenter(m->model)) return COMMAND_OK;
  return command_error(COMMAND_BAD_INPUT, "%s is no segmenter", run->o.network);
}

static int open_both(train_run *run, const char *data) {
  const bool is_file = run->o.network && strpbrk(run->o.network, "/.");
  int status = is_file ? take_file(run) : COMMAND_OK;
  if (status == COMMAND_OK) status = open_sets(run, data, run->network.model);
  if (status == COMMAND_OK && !is_file) status = build(run);
  return status;
}

/* ---- what nobody said */

static int32_t find_class(const fv_mask_set *set, const char *name, size_t length) {
  const char *const *names = fv_mask_set_class_names(set);
  for (int32_t i = 0; i < fv_mask_set_key(set)->count; i++)
    if (strlen(names[i]) == length && !memcmp(names[i], name, length)) return i;
  return -1;
}

/* NAME=X,...: numbers as they were typed. */
static int read_weights(float *weights, const fv_mask_set *set, const char *text) {
  static const fv_option number = {"class_weight", FV_OPTION_FLOAT, 0, "1", 0, 1e9, NULL, "how much it counts"};
  for (int32_t i = 0; i < fv_mask_set_key(set)->count; i++) weights[i] = 1;
  for (const char *at = text; *at;) {
    char value[64];
    double weight = 0;
    const size_t length = strcspn(at, ",");
    const char *equals = memchr(at, '=', length);
    if (!equals) return command_usage("--class-weight: '%.*s' is no NAME=X", (int)length, at);
    const int32_t found = find_class(set, at, (size_t)(equals - at));
    if (found < 0) return command_usage("--class-weight: there is no class '%.*s'", (int)(equals - at), at);
    snprintf(value, sizeof value, "%.*s", (int)(at + length - equals - 1), equals + 1);
    if (fv_option_set(&weight, &number, value)) return command_usage("--%s", fv_error_message());
    weights[found] = (float)weight;
    at += length + (at[length] != 0);
  }
  return COMMAND_OK;
}

/* Class weights are words of the loss. */
static int choose_loss(train_run *run) {
  train_options *o = &run->o;
  train_segmentation *s = &run->segmentation;
  float weights[FV_MASK_CLASSES];
  size_t used = (size_t)snprintf(s->loss, sizeof s->loss, "%.2000s", o->loss ? o->loss : "pixel:dice=1");
  o->loss = s->loss;
  if (!o->class_weight) return COMMAND_OK;
  if (!strcmp(o->class_weight, "balanced")) {
    fv_mask_set_weights(weights, s->whole ? s->whole : s->set);
  } else {
    const int status = read_weights(weights, s->set, o->class_weight);
    if (status) return status;
  }
  o->class_weight = NULL;
  used += (size_t)snprintf(s->loss + used, sizeof s->loss - used, "%sclass_weights=", strchr(s->loss, ':') ? "," : ":");
  for (int32_t i = 0; i < fv_mask_set_key(s->set)->count && used < sizeof s->loss; i++)
    used += (size_t)snprintf(s->loss + used, sizeof s->loss - used, i ? ",%.4g" : "%.4g", (double)weights[i]);
  return used < sizeof s->loss ? COMMAND_OK : command_usage("--class-weight: there are too many classes for weights");
}

static int choose(train_run *run) {
  train_options *o = &run->o;
  train_segmentation *s = &run->segmentation;
  if (!o->metrics) {
    snprintf(s->metrics, sizeof s->metrics, "mean_iou:num_classes=%" PRId32 ",sparse_y_pred=false,ignore_class=%d",
             fv_mask_set_key(s->set)->count, FV_MASK_IGNORED);
    o->metrics = s->metrics;
  }
  if (!o->optimizer) o->optimizer = "adam";
  if (!o->learning_rate && !o->schedule && !o->find_lr) o->schedule = "cosine:0.002";
  if (!o->epochs) o->epochs = 30;
  if (!o->batch_size) o->batch_size = 8;
  if (!o->augment) o->augment = "horizontal_flip random_crop=0.5,1 brightness=0.8,1.2";
  return choose_loss(run);
}

static fv_status make_targets(train_run *run) {
  train_segmentation *s = &run->segmentation;
  fv_status status = fv_segmenter_targets(&s->targets, run->network.model, s->set);
  if (!status && s->validation)
    status = fv_segmenter_targets(&s->validation_targets, run->network.model, s->validation);
  return status;
}

int train_segmentation_open(train_run *run, const char *data) {
  const train_options *o = &run->o;
  train_segmentation *s = &run->segmentation;
  run->data.path = data;
  if (o->head || o->overfit || o->only) return command_usage("--task segment takes no --head, --only and --overfit");
  int status = open_both(run, data);
  if (status) return status;
  run->data.training = fv_mask_set_pictures(s->set);
  if (s->validation) run->data.validation = fv_mask_set_pictures(s->validation);
  status = train_model_freeze_too(run->network.model, o->freeze);
  if (status == COMMAND_OK) status = choose(run);
  if (status) return status;
  const fv_status failed = make_targets(run);
  return failed ? command_fail(failed) : COMMAND_OK;
}

/* ---- what is told */

void train_segmentation_print(const train_run *run) {
  char count[32];
  const train_segmentation *s = &run->segmentation;
  fputs("data         ", stdout);
  output_plain(run->data.path);
  printf(": %s pictures with masks", output_grouped(count, fv_mask_set_count(s->set)));
  if (s->validation)
    printf(", %s more to validate with (%s)", output_grouped(count, fv_mask_set_count(s->validation)), run->data.how);
  fputs("\nclasses      ", stdout);
  mask_data_print_classes(s->whole ? s->whole : s->set);
  putchar('\n');
}
