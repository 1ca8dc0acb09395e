/* Whole trainings against Keras's: losses of 20 steps one by one, the first gradients, the weights after them, what the
 * trained network answers. The networks, optimizers and data are those of the reference runs; skipped without them. */
#include "formats/keras/keras.h"
#include "graph/train.h"
#include "train/learner.h"
#include "train/optimizer.h"

#undef fail

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "support/golden.h"
#include "support/train.h"

#define SHARED FOVEA_SOURCE_DIR "/../shared/"

enum { STEPS = 20 };

/* What a run learns from: `samples` pictures with one-hot classes, or masks. */
typedef struct material {
  float *inputs, *targets;
  int64_t samples, input_numbers, target_numbers;
} material;

static float *numbers(int64_t count) {
  float *made = calloc((size_t)count + 1, sizeof *made);
  assert_non_null(made);
  return made;
}

static void read_mnist(material *m) {
  fv_dataset *set;
  if (fv_dataset_open(&set, SHARED "data/mnist", NULL)) fail_msg("%s", fv_error_message());
  *m = (material){numbers(640 * 784), numbers(640 * 10), 640, 784, 10};
  for (int64_t i = 0; i < m->samples; i++) {
    fv_sample sample = {0};
    assert_int_equal(fv_dataset_read(&sample, set, i), FV_OK);
    for (int64_t k = 0; k < 784; k++) m->inputs[i * 784 + k] = (float)sample.image.pixels[k] / 255.0f;
    m->targets[i * 10 + fv_dataset_label(set, i)] = 1;
    fv_sample_destroy(&sample);
  }
  fv_dataset_destroy(set);
}

/* A row of the picture is an image of 32 x 32 pixels. */
static void read_cifar(material *m, bool mask) {
  fv_image rows = {0};
  if (fv_image_read(&rows, SHARED "data/cifar10/convnetjs_batch_0.png")) fail_msg("%s", fv_error_message());
  FILE *labels = fopen(SHARED "data/cifar10/convnetjs_labels.txt", "re");
  assert_non_null(labels);
  *m = (material){numbers(320 * 3072), numbers(320 * 1024), 320, 3072, mask ? 1024 : 10};
  for (int64_t i = 0; i < m->samples; i++) {
    int label;
    double sum = 0;
    assert_int_equal(fscanf(labels, "%d", &label), 1);
    const uint8_t *row = rows.pixels + i * rows.width * rows.channels;
    for (int64_t k = 0; k < 3072; k++) m->inputs[i * 3072 + k] = (float)row[k] / 255.0f;
    for (int64_t k = 0; k < 3072; k++) sum += (double)m->inputs[i * 3072 + k];
    for (int64_t k = 0; mask && k < 1024; k++) {
      const float *pixel = m->inputs + i * 3072 + k * 3;
      m->targets[i * 1024 + k] = ((double)pixel[0] + pixel[1] + pixel[2]) / 3 > sum / 3072;
    }
    if (!mask) m->targets[i * 10 + label] = 1;
  }
  fclose(labels);
  fv_image_destroy(&rows);
}

/* The runs of bn_gap but one have another momentum than their network's file. */
static void set_momentum(json_t *config, double momentum) {
  size_t i;
  json_t *layer;
  json_array_foreach(json_object_get(json_object_get(config, "config"), "layers"), i, layer) {
    json_t *options = json_object_get(layer, "config");
    if (json_object_get(options, "momentum")) json_object_set_new(options, "momentum", json_real(momentum));
  }
}

static fv_model *build(const char *net, const char *run) {
  char name[200];
  snprintf(name, sizeof name, "train/nets/%s.json", net);
  json_t *config = golden_json(name);
  assert_non_null(config);
  if (!strcmp(net, "bn_gap") && strcmp(run, "bn_gap_m99")) set_momentum(config, 0.9);
  char *text = json_dumps(config, JSON_COMPACT);
  fv_model *model;
  fv__keras_network network = {.json = NULL};
  if (fv__keras_build(&model, &network, &(fv__keras_text){text, strlen(text), 3, false}))
    fail_msg("%s: %s", net, fv_error_message());
  fv__keras_network_free(&network);
  free(text);
  json_decref(config);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  return model;
}

/* How far 8 samples are off, over the rms of all numbers. */
static double deviation(const json_t *reference, const float *found) {
  double most = 0;
  size_t i;
  json_t *sample;
  json_array_foreach(json_object_get(reference, "samples"), i, sample) {
    const double expected = json_number_value(json_array_get(sample, 1));
    most = fmax(most, fabs(expected - found[json_integer_value(json_array_get(sample, 0))]));
  }
  return most / (json_number_value(json_object_get(reference, "rms")) + 1e-30);
}

static int32_t weight_called(const fv_model *model, const char *path) {
  for (int32_t w = 0; w < fv_model_weight_count(model); w++)
    if (!strcmp(fv_model_weight(model, w).path, path)) return w;
  fail_msg("no weight is called %s", path);
  return -1;
}

typedef struct tolerance {
  double loss, weights;
} tolerance;

static tolerance tolerance_of(const char *run) {
  if (!strcmp(run, "residual")) return (tolerance){2e-4, 3e-3};
  if (!strcmp(run, "residual_fast")) return (tolerance){5e-3, 5e-2};
  if (!strcmp(run, "lenet5_lion")) return (tolerance){1e-5, 5e-5};
  if (!strncmp(run, "lenet5", 6)) return (tolerance){1e-6, 5e-5};
  if (!strncmp(run, "bn_gap", 6)) return (tolerance){1e-5, 1e-4};
  /* A number that rounding puts on the other side of a ReLU or of a maximum changes a gradient: two right programs part
   * there. First gradients agree as well with Keras's float64 as its own float32 does; in `segment` one unit of up1
   * lies 8e-9 from 0 in the first batch. */
  if (!strcmp(run, "vgg_small") || !strcmp(run, "mobile") || !strcmp(run, "segment")) return (tolerance){2e-5, 5e-4};
  return (tolerance){3e-6, 2e-4};
}

/* Optimizer of the reference; its schedule, if any, is *schedule. */
static const char *optimizer_of(const json_t *reference, fv_optimizer_options *options, fv_schedule **schedule,
                                char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE]) {
  json_t *config = json_deep_copy(json_object_get(reference, "optimizer"));
  const char *name = json_string_value(json_object_get(json_object_get(reference, "optimizer"), "class"));
  json_t *rate = json_incref(json_object_get(config, "learning_rate"));
  json_object_del(config, "class");
  if (json_is_object(rate)) {
    static char schedule_texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE];
    fv_schedule_options how = {0};
    const char *word = json_string_value(json_object_get(rate, "schedule"));
    json_t *words = json_copy(rate);
    json_object_del(words, "schedule");
    assert_null(train_options(&how, fv_schedule_table(word), words, schedule_texts));
    if (fv_schedule_create(schedule, word, &how)) fail_msg("%s", fv_error_message());
    options->schedule = *schedule;
    json_object_del(config, "learning_rate");
    json_decref(words);
  }
  const char *unknown = train_options(options, fv_optimizer_table(name), config, texts);
  if (unknown) fail_msg("%s", unknown);
  json_decref(rate);
  json_decref(config);
  return name;
}

static fv_learner_batch batch_of(const material *m, int32_t step, int32_t size, const float **input,
                                 const float **target) {
  const int64_t first = (int64_t)step * size % m->samples;
  *input = m->inputs + first * m->input_numbers;
  *target = m->targets + first * m->target_numbers;
  return (fv_learner_batch){.count = size, .inputs = input, .targets = target};
}

/* A bias before batch normalisation has a gradient of rounding alone, which Adam makes whole steps of; the mean after
 * it follows. */
static bool is_noise(const char *run, const char *path) {
  if (!strcmp(run, "bn_gap_adam") && strstr(path, "moving_mean")) return true;
  return !strncmp(run, "bn_gap", 6) && strstr(path, "conv") && strstr(path, "bias");
}

static void check_weights(const char *run, fv_model *model, const json_t *list, double allowed) {
  size_t i;
  json_t *variable;
  json_array_foreach(list, i, variable) {
    const char *path = json_string_value(json_object_get(variable, "path"));
    if (is_noise(run, path)) continue;
    const double off = deviation(variable, fv_model_weight_data(model, weight_called(model, path)));
    const bool beta = !strncmp(run, "bn_gap", 6) && strstr(path, "beta");
    if (!(off <= (beta ? 5e-4 : allowed))) fail_msg("%s: %s is off by %.3g of its rms", run, path, off);
  }
}

static fv_learner *make_learner(const char *run, fv_model *model, const json_t *reference, int32_t batch,
                                int32_t threads, int64_t memory_limit, fv_schedule **schedule) {
  char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE];
  const char *loss = json_string_value(json_object_get(reference, "loss"));
  fv_optimizer_options how = {0};
  *schedule = NULL;
  const char *optimizer = optimizer_of(reference, &how, schedule, texts);
  const bool binary = !strcmp(loss, "binary");
  const fv_learner_options options = {.loss = binary ? "binary_crossentropy" : "categorical_crossentropy",
                                      .loss_options =
                                          &(fv_loss_options){.label_smoothing = strcmp(loss, "smooth") ? 0 : 0.1},
                                      .optimizer = optimizer,
                                      .optimizer_options = &how,
                                      .kernel_regularizer = {.l2 = strcmp(run, "lenet5_l2") ? 0 : 0.001},
                                      .batch_size = batch,
                                      .threads = threads,
                                      .memory_limit = memory_limit,
                                      .accuracy = FV_ACCURACY_EXACT};
  fv_learner *learner;
  if (fv_learner_create(&learner, model, &options)) fail_msg("%s: %s", run, fv_error_message());
  return learner;
}

static void check_answers(const char *run, fv_model *model, const json_t *reference, const material *m, int32_t batch,
                          double allowed) {
  fv_plan *plan;
  const fv_plan_options options = {.batch = batch, .threads = 1, .accuracy = FV_ACCURACY_EXACT};
  assert_int_equal(fv_plan_create(&plan, model, &options), FV_OK);
  memcpy(fv_plan_input(plan, 0), m->inputs, (size_t)(batch * m->input_numbers) * sizeof(float));
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  const json_t *output = json_object_get(json_object_get(json_object_get(reference, "float32"), "eval"), "output");
  const double off = deviation(output, fv_plan_output(plan, 0));
  if (!(off <= allowed)) fail_msg("%s: answers are off by %.3g", run, off);
  fv_plan_destroy(plan);
}

static void check_run(const char *run, const json_t *reference, const char *net, const material *m) {
  const json_t *expected = json_object_get(reference, "float32");
  const int32_t batch = (int32_t)json_integer_value(json_object_get(reference, "batch"));
  const tolerance allowed = tolerance_of(run);
  fv_model *model = build(net, run);
  fv_schedule *schedule;
  fv_learner *learner = make_learner(run, model, reference, batch, 2, 0, &schedule);
  fv_learner_measure_gradients(learner, true);
  for (int32_t step = 0; step < STEPS; step++) {
    const float *input, *target;
    const fv_learner_batch data = batch_of(m, step, batch, &input, &target);
    fv_learner_result result;
    if (fv_train_on_batch(learner, &data, &result)) fail_msg("%s: %s", run, fv_error_message());
    const double loss = json_number_value(json_array_get(json_object_get(expected, "loss"), (size_t)step));
    if (!(fabs(result.loss - loss) <= allowed.loss * fabs(loss)))
      fail_msg("%s: the loss of step %d is %.9g, not %.9g", run, (int)step, result.loss, loss);
    if (step > 0) continue;
    const double norm = json_number_value(json_object_get(expected, "global_norm"));
    if (!(fabs(result.gradient_norm - norm) <= (strcmp(run, "segment") ? 1e-5 : 3e-5) * norm))
      fail_msg("%s: the gradient's length is %.9g, not %.9g", run, result.gradient_norm, norm);
  }
  check_weights(run, model, json_object_get(expected, "variables"), allowed.weights);
  /* Before a batch normalisation a bias has no gradient but rounding noise, of which Adam makes whole steps. Moving
   * means follow late, so answers show some of it. */
  check_answers(run, model, reference, m, batch, strcmp(run, "bn_gap_adam") ? 10 * allowed.weights : 5e-3);
  fv_learner_use_averages(learner);
  check_weights(run, model, json_object_get(expected, "ema"), allowed.weights);
  fv_learner_destroy(learner);
  fv_schedule_destroy(schedule);
  fv_model_destroy(model);
}

static const char *const nets[] = {"lenet5",  "bn_gap",   "inception_small", "mobile", "residual",
                                   "segment", "transfer", "vgg_small",       NULL};

static const char *net_of(const char *run) {
  for (const char *const *net = nets; *net; net++)
    if (!strncmp(run, *net, strlen(*net))) return *net;
  return NULL;
}

static void runs(void **state) {
  (void)state;
  DIR *folder = opendir(SHARED "golden/train");
  if (!folder) skip();
  const char *only = getenv("FOVEA_RUN");
  material mnist, cifar, mask;
  read_mnist(&mnist);
  read_cifar(&cifar, false);
  read_cifar(&mask, true);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    char run[300], path[600];
    snprintf(run, sizeof run, "%s", entry->d_name);
    char *dot = strstr(run, ".json");
    const char *net = net_of(run);
    if (!dot || !net || (only && strncmp(run, only, strlen(only)))) continue;
    *dot = 0;
    snprintf(path, sizeof path, "train/%s", entry->d_name);
    json_t *reference = golden_json(path);
    assert_non_null(reference);
    const char *data = json_string_value(json_object_get(reference, "data"));
    check_run(run, reference, net, !strcmp(data, "mnist") ? &mnist : !strcmp(data, "cifar") ? &cifar : &mask);
    json_decref(reference);
    count++;
  }
  closedir(folder);
  assert_true(only || count >= 30);
  material *all[] = {&mnist, &cifar, &mask};
  for (int i = 0; i < 3; i++) free(all[i]->inputs), free(all[i]->targets);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(runs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
