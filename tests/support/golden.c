/* Reading reference numbers and comparing with them. */
#include "support/golden.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

json_t *golden_json(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/tests/golden/%s", FOVEA_SOURCE_DIR, name);
  json_t *found = json_load_file(path, 0, NULL);
  if (found) return found;
  snprintf(path, sizeof path, "%s/../shared/golden/%s", FOVEA_SOURCE_DIR, name);
  return json_load_file(path, 0, NULL);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

char **golden_layer_cases(void) {
  DIR *folder = opendir(FOVEA_SOURCE_DIR "/tests/golden/layers");
  size_t count = 0, room = 1024;
  char **names = calloc(room, sizeof *names);
  if (!names) abort();
  for (struct dirent *entry; folder && (entry = readdir(folder)) && count + 1 < room;)
    if (entry->d_name[0] != '.' && !strchr(entry->d_name, '.')) names[count++] = strdup(entry->d_name);
  if (folder) closedir(folder);
  qsort(names, count, sizeof *names, by_name);
  return names;
}

void golden_names_free(char **names) {
  for (char **name = names; *name; name++) free(*name);
  free(names);
}

double golden_relative_rms(const float *found, const float *expected, int64_t count) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < count; i++) {
    double d = (double)found[i] - expected[i];
    difference += d * d;
    size += (double)expected[i] * expected[i];
  }
  if (isnan(difference)) return INFINITY;
  return difference == 0 ? 0 : sqrt(difference / size);
}

static fv_shape shape_of(const json_t *list) {
  fv_shape shape = {.rank = (int32_t)json_array_size(list)};
  for (int32_t i = 0; i < shape.rank && i < FV_MAX_RANK; i++)
    shape.dims[i] = json_integer_value(json_array_get(list, (size_t)i));
  return shape;
}

/* A configuration's value as fv_option_set reads it: lists, nested too, become numbers with commas. */
static void write_value(char *text, size_t size, const json_t *value) {
  size_t used = strlen(text);
  char *end = text + used;
  size -= used;
  if (json_is_array(value)) {
    for (size_t i = 0; i < json_array_size(value); i++) {
      if (i) snprintf(text + strlen(text), size - strlen(text), ",");
      write_value(text, size + used, json_array_get(value, i));
    }
  } else if (json_is_string(value)) {
    snprintf(end, size, "%s", json_string_value(value));
  } else if (json_is_boolean(value)) {
    snprintf(end, size, "%s", json_is_true(value) ? "true" : "false");
  } else if (json_is_integer(value)) {
    snprintf(end, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
  } else {
    snprintf(end, size, "%.17g", json_real_value(value));
  }
}

enum { TEXT_BYTES = 128, OPTIONS = 16 };

static fv_status set_options(void *options, const fv_layer_kind *kind, json_t *config, char texts[][TEXT_BYTES]) {
  const char *key;
  json_t *value;
  int used = 0;
  json_object_foreach(config, key, value) {
    const fv_option *option = fv_option_find(kind->table, key);
    if (!option || used == OPTIONS) return fail(FV_ERROR_INVALID, "%s has no option %s", kind->name, key);
    texts[used][0] = '\0';
    write_value(texts[used], TEXT_BYTES, value);
    TRY(fv_option_set(options, option, texts[used++]));
  }
  return FV_OK;
}

fv_status golden_layer_model(fv_model **model, json_t *info) {
  const char *class_name = json_string_value(json_object_get(info, "layer"));
  const fv_layer_kind *kind = fv_layer_kind_find(class_name);
  if (!kind) return fail(FV_ERROR_NOT_FOUND, "there is no layer %s", class_name);
  char texts[OPTIONS][TEXT_BYTES];
  void *options = calloc(1, kind->options_size);
  if (!options) return fail(FV_ERROR_MEMORY, "no memory");
  fv_status status = set_options(options, kind, json_object_get(info, "config"), texts);
  fv_graph *graph = fv_graph_create();
  fv_value inputs[FV_MERGE_INPUTS], output = {0};
  int32_t count = 0;
  const char *key;
  json_t *value;
  json_object_foreach(json_object_get(info, "inputs"), key, value) {
    fv_shape shape = shape_of(value);
    fv_input_layer_options input = {.name = key, .batch_size = (int32_t)shape.dims[0]};
    for (int32_t i = 1; i < shape.rank; i++) input.shape[i - 1] = (int32_t)shape.dims[i];
    inputs[count++] = fv_input_layer_with(graph, &input);
  }
  if (!status) output = fv_graph_call(graph, fv_graph_add(graph, class_name, options), inputs, count);
  free(options);
  if (!status) return fv_model_create_with(model, graph, inputs, count, &output, 1);
  fv_graph_destroy(graph);
  return status;
}

void golden_fill_weights(fv_model *model, json_t *info) {
  const uint64_t seed = (uint64_t)json_integer_value(json_object_get(info, "seed"));
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    fv_weight_info weight = fv_model_weight(model, i);
    json_t *rule = json_object_get(json_object_get(info, "weights"), weight.name);
    const char *rule_name = json_string_value(json_object_get(rule, "rule_name"));
    if (rule_name)
      fv_fill_by_name(fv_model_weight_data(model, i), rule_name, &weight.shape, seed,
                      json_string_value(json_object_get(rule, "kind")));
  }
  fv_model_weights_changed(model);
}

void golden_fill_inputs(fv_plan *plan, const fv_model *model, json_t *info) {
  const uint64_t seed = (uint64_t)json_integer_value(json_object_get(info, "seed"));
  double scale = json_number_value(json_object_get(info, "input_scale"));
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    fv_shape shape = fv_plan_input_shape(plan, i);
    float *x = fv_plan_input(plan, i);
    int64_t elements = 1;
    for (int32_t d = 0; d < shape.rank; d++) elements *= shape.dims[d];
    fv_fill_by_name(x, fv_model_input_name(model, i), &shape, seed, "input");
    for (int64_t k = 0; k < elements; k++) x[k] = (float)(x[k] * scale);
  }
}

static fv_status copy_output(fv_tensor *output, const fv_plan *plan) {
  fv_shape shape = fv_plan_output_shape(plan, 0);
  TRY(fv_tensor_create(output, &shape));
  int64_t elements;
  TRY(fv_shape_elements(&elements, &shape));
  memcpy(output->data, fv_plan_output(plan, 0), (size_t)elements * sizeof(float));
  return FV_OK;
}

static fv_status compare_output(const char *name, const fv_tensor *output, double *error) {
  char path[1024], found[128], wanted[128];
  snprintf(path, sizeof path, "%s/tests/golden/layers/%s/output.npy", FOVEA_SOURCE_DIR, name);
  fv_tensor expected;
  TRY(fv_npy_read(&expected, path));
  fv_status status = FV_OK;
  int64_t elements = 0;
  if (!fv_shape_equal(&expected.shape, &output->shape))
    status =
        fail(FV_ERROR_SHAPE, "%s: expected %s, found %s", name, fv_shape_text(wanted, sizeof wanted, &expected.shape),
             fv_shape_text(found, sizeof found, &output->shape));
  if (!status) status = fv_shape_elements(&elements, &expected.shape);
  *error = status ? INFINITY : golden_relative_rms(output->data, expected.data, elements);
  fv_tensor_destroy(&expected);
  return status;
}

fv_status golden_layer_case(const char *name, int32_t threads, double *error, fv_tensor *output) {
  char path[512];
  snprintf(path, sizeof path, "layers/%s/case.json", name);
  json_t *info = golden_json(path);
  if (!info) return fail(FV_ERROR_NOT_FOUND, "no layer case %s", name);
  fv_shape first = shape_of(json_object_iter_value(json_object_iter(json_object_get(info, "inputs"))));
  fv_model *model = NULL;
  fv_plan *plan = NULL;
  fv_tensor found = {.data = NULL};
  fv_status status = golden_layer_model(&model, info);
  if (!status) {
    golden_fill_weights(model, info);
    status = fv_plan_create(&plan, model, &(fv_plan_options){.batch = (int32_t)first.dims[0], .threads = threads});
  }
  if (!status) {
    golden_fill_inputs(plan, model, info);
    status = fv_run(plan, NULL);
  }
  if (!status) status = copy_output(&found, plan);
  if (!status) status = compare_output(name, &found, error);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
  json_decref(info);
  if (output && !status)
    *output = found;
  else
    fv_tensor_destroy(&found);
  return status;
}

static double number(const json_t *object, const char *key) { return json_number_value(json_object_get(object, key)); }

/* What the layer's samples, mean and rms differ by, over what is allowed: 50 x max(err, 2e-7) x rms. */
static double layer_ratio(const json_t *layer, const float *values, int64_t count) {
  double error = fmax(number(layer, "err"), 2e-7), rms = number(layer, "rms"), allowed = 50 * error * rms;
  double sum = 0, squares = 0, worst = 0;
  for (int64_t i = 0; i < count; i++) {
    sum += values[i];
    squares += (double)values[i] * values[i];
  }
  worst = fmax(fabs(sum / (double)count - number(layer, "mean")), fabs(sqrt(squares / (double)count) - rms));
  if (isnan(squares)) return INFINITY;
  json_t *samples = json_object_get(layer, "samples");
  for (size_t i = 0; i < json_array_size(samples); i++) {
    json_t *sample = json_array_get(samples, i);
    int64_t at = json_integer_value(json_array_get(sample, 0));
    worst = fmax(worst, fabs(values[at] - json_number_value(json_array_get(sample, 1))));
  }
  return worst / allowed;
}

static fv_status compare_layer(const fv_model *model, const fv_plan *plan, const json_t *layer, golden_report *report) {
  const char *name = json_string_value(json_object_get(layer, "name"));
  const char *class_name = json_string_value(json_object_get(layer, "class"));
  if (class_name && !strcmp(class_name, "weighted sum")) return FV_OK; /* before the activation: no layer's output */
  int32_t index = fv_model_find_layer(model, name);
  if (index < 0) return fail(FV_ERROR_NOT_FOUND, "no layer %s", name);
  fv_value value = {fv_model_layer(model, index).nodes[0], 0};
  fv_shape shape = fv_plan_shape(plan, value), wanted = shape_of(json_object_get(layer, "shape"));
  int64_t count, expected;
  TRY(fv_shape_elements(&count, &shape));
  TRY(fv_shape_elements(&expected, &wanted));
  if (count != expected)
    return fail(FV_ERROR_SHAPE, "%s: expected %lld numbers, found %lld", name, (long long)expected, (long long)count);
  float *values = malloc((size_t)count * sizeof *values);
  if (!values) return fail(FV_ERROR_MEMORY, "no memory");
  fv_status status = fv_plan_read(plan, value, values);
  double ratio = status ? 0 : layer_ratio(layer, values, count);
  free(values);
  if (ratio > report->layers) {
    report->layers = ratio;
    snprintf(report->worst, sizeof report->worst, "%s", name);
  }
  return status;
}

/* The reference's numbers for an output: the first has several names, another one is "logits_NAME". */
static const json_t *logits_of(const json_t *reference, const fv_model *model, int32_t output) {
  static const char *const keys[] = {"logits_f64", "logits", "output"};
  char key[128];
  for (size_t i = 0; output == 0 && i < sizeof keys / sizeof *keys; i++)
    if (json_object_get(reference, keys[i])) return json_object_get(reference, keys[i]);
  snprintf(key, sizeof key, "logits_%s", fv_model_output_name(model, output));
  return json_object_get(reference, key);
}

/* The worst of the outputs. */
static void compare_logits(const fv_model *model, const fv_plan *plan, const json_t *reference, golden_report *report) {
  report->logits = 0;
  for (int32_t output = 0; output < fv_model_output_count(model); output++) {
    const json_t *logits = logits_of(reference, model, output);
    const float *found = fv_plan_output(plan, output);
    double difference = 0, size = 0;
    for (size_t i = 0; i < json_array_size(logits); i++) {
      double expected = json_number_value(json_array_get(logits, i)), d = found[i] - expected;
      difference += d * d;
      size += expected * expected;
    }
    report->logits = isnan(difference) || size == 0 ? INFINITY : fmax(report->logits, sqrt(difference / size));
  }
  report->logits_allowed = fmax(20 * number(reference, "f32_error"), 1e-5);
}

static fv_status run_golden(fv_plan **plan, fv_model *model, const json_t *reference, fv_plan_options options) {
  fv_shape first = shape_of(json_object_get(json_array_get(json_object_get(reference, "layers"), 0), "shape"));
  options.batch = (int32_t)first.dims[0];
  TRY(fv_plan_create(plan, model, &options));
  fv_shape shape = fv_plan_input_shape(*plan, 0);
  uint64_t seed = json_object_get(reference, "seed") ? (uint64_t)number(reference, "seed") : 1;
  fv_fill_by_name(fv_plan_input(*plan, 0), "input", &shape, seed, "input");
  return fv_run(*plan, NULL);
}

fv_status golden_inspect(fv_model *model, const json_t *reference, int32_t threads, golden_report *report) {
  fv_plan *plan = NULL;
  *report = (golden_report){.logits = INFINITY};
  fv_status status =
      run_golden(&plan, model, reference, (fv_plan_options){.mode = FV_PLAN_INSPECT, .threads = threads});
  if (!status) compare_logits(model, plan, reference, report);
  const json_t *layers = json_object_get(reference, "layers");
  for (size_t i = 0; !status && i < json_array_size(layers); i++)
    status = compare_layer(model, plan, json_array_get(layers, i), report);
  fv_plan_destroy(plan);
  return status;
}

fv_status golden_accuracy(fv_model *model, const json_t *reference, fv_accuracy accuracy, double *error,
                          double *allowed) {
  fv_plan *plan = NULL;
  golden_report report = {.logits = INFINITY};
  const double own = number(reference, "f32_error");
  *allowed = accuracy == FV_ACCURACY_EXACT ? fmax(4 * own, 2e-6) : fmax(10 * own, 1e-5);
  const fv_status status = run_golden(&plan, model, reference, (fv_plan_options){.accuracy = accuracy});
  if (!status) compare_logits(model, plan, reference, &report);
  *error = report.logits;
  fv_plan_destroy(plan);
  return status;
}

fv_status golden_infer(fv_model *model, const json_t *reference, int32_t threads, golden_report *report,
                       fv_tensor *outputs) {
  fv_plan *plan = NULL;
  *report = (golden_report){.logits = INFINITY};
  fv_status status = run_golden(&plan, model, reference, (fv_plan_options){.threads = threads});
  if (!status) compare_logits(model, plan, reference, report);
  if (!status && outputs) status = copy_output(outputs, plan);
  fv_plan_destroy(plan);
  return status;
}

/* FOLDER/NAME.WHAT[INDEX].npy, with the index only where there are several. */
static fv_status read_numbers(fv_tensor *tensor, const char *folder, const char *name, const char *what, int32_t index,
                              int32_t count) {
  char path[4096], digits[16] = "";
  if (count > 1) snprintf(digits, sizeof digits, "%d", (int)index);
  snprintf(path, sizeof path, "%s/%s.%s%s.npy", folder, name, what, digits);
  return fv_npy_read(tensor, path);
}

static fv_status plan_file_case(fv_plan **plan, fv_model *model, const char *folder, const char *name) {
  fv_tensor inputs[FV_MERGE_INPUTS];
  fv_shape shapes[FV_MERGE_INPUTS];
  int32_t count = fv_model_input_count(model), got = 0;
  fv_status status = count <= FV_MERGE_INPUTS ? FV_OK : fail(FV_ERROR_UNSUPPORTED, "more inputs than a case has");
  for (; !status && got < count; got++) {
    status = read_numbers(&inputs[got], folder, name, "in", got, count);
    if (status) break;
    shapes[got] = inputs[got].shape;
  }
  if (!status) status = fv_plan_create(plan, model, &(fv_plan_options){.input_shapes = shapes});
  for (int32_t i = 0; i < got; i++) {
    int64_t elements;
    if (!status) status = fv_shape_elements(&elements, &shapes[i]);
    if (!status) memcpy(fv_plan_input(*plan, i), inputs[i].data, (size_t)elements * sizeof(float));
    fv_tensor_destroy(&inputs[i]);
  }
  return status;
}

static fv_status compare_file_output(const fv_plan *plan, const char *folder, const char *name, bool keras2,
                                     int32_t index, int32_t count, double *error) {
  fv_tensor expected;
  fv_status status = keras2 ? read_numbers(&expected, folder, name, "k2.out", index, count) : FV_ERROR_NOT_FOUND;
  if (status) status = read_numbers(&expected, folder, name, "out", index, count);
  if (status) return status;
  fv_shape shape = fv_plan_output_shape(plan, index);
  int64_t elements = 0;
  if (!fv_shape_equal(&shape, &expected.shape))
    status = fail(FV_ERROR_SHAPE, "output %d has another shape than expected", (int)index);
  if (!status) status = fv_shape_elements(&elements, &shape);
  if (!status) {
    double found = golden_relative_rms(fv_plan_output(plan, index), expected.data, elements);
    if (found > *error) *error = found;
  }
  fv_tensor_destroy(&expected);
  return status;
}

/* A whole model; ".k2.weights.h5" goes into the network of ".k2.h5". */
static fv_status load_file_case(fv_model **model, const char *folder, const char *name, const char *suffix) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
  if (!strstr(suffix, ".weights")) return fv_model_load(model, path, NULL);
  char network[4096];
  snprintf(network, sizeof network, "%s/%s%.3s.h5", folder, name, suffix);
  TRY(fv_model_load(model, network, &(fv_model_load_options){.without_weights = true}));
  return fv_model_load_weights(*model, path);
}

fv_status golden_file_case(const char *folder, const char *name, const char *suffix, double *error) {
  fv_model *model = NULL;
  fv_plan *plan = NULL;
  *error = 0;
  fv_status status = load_file_case(&model, folder, name, suffix);
  if (!status) status = plan_file_case(&plan, model, folder, name);
  if (!status) status = fv_run(plan, NULL);
  int32_t count = status ? 0 : fv_model_output_count(model);
  for (int32_t i = 0; !status && i < count; i++)
    status = compare_file_output(plan, folder, name, !strncmp(suffix, ".k2", 3), i, count, error);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
  return status;
}
