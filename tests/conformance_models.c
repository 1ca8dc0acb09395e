/* `make conformance`: the model files of other people in ../shared/data/keras_h5, a line each.
 *
 * What Keras answers for them was kept by tools/compare-keras in tests/golden/keras_h5.json; with Keras 1.1.2's own
 * answer for one of them that is all there is to compare with.
 */
#include "conformance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/source.h"
#include "formats/keras/keras.h"

#define FOLDER FOVEA_SOURCE_DIR "/../shared/data/keras_h5/"
#define KERAS1_MODEL "dl4j/simple/cnn_tf_model.h5"
#define KERAS1_WEIGHTS "dl4j/simple/cnn_tf_weights.h5"

enum { PATH_SIZE = 4096 };

/* A network from the .json of the same name beside a file of weights. */
static fv_status load_beside(fv_model **model, const char *path) {
  char beside[PATH_SIZE], *text = NULL;
  snprintf(beside, sizeof beside, "%.*sjson", (int)(strrchr(path, '.') + 1 - path), path);
  fv__source source;
  TRY(fv__source_open(&source, beside));
  fv_status status = fv__source_read_all(&source, &text, 1 << 20);
  fv__keras_network network = {.json = NULL};
  if (!status) status = fv__keras_build(model, &network, &(fv__keras_text){text, strlen(text), 2, false});
  if (!status) status = fv_model_load_weights(*model, path);
  fv__keras_network_free(&network);
  fv__source_close(&source);
  free(text);
  return status;
}

static fv_status load(fv_model **model, const char *name) {
  char path[PATH_SIZE];
  snprintf(path, sizeof path, FOLDER "%s", name);
  *model = NULL;
  if (!strcmp(name, KERAS1_WEIGHTS)) { /* the network is another file's */
    TRY(fv_model_load(model, FOLDER KERAS1_MODEL, &(fv_model_load_options){.without_weights = true}));
    return fv_model_load_weights(*model, path);
  }
  fv_status status = fv_model_load(model, path, NULL);
  if (status != FV_ERROR_UNSUPPORTED || !strstr(fv_error_message(), "no network")) return status;
  char message[1024];
  snprintf(message, sizeof message, "%s", fv_error_message());
  if (!load_beside(model, path)) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return fv__error_raise(FV_ERROR_NOT_FOUND, message);
}

/* The difference of an output from samples, number floor(k (n - 1) / (samples - 1)) each. */
static fv_status compare_output(const fv_plan *plan, int32_t index, const json_t *output, double *error) {
  const json_t *samples = json_object_get(output, "samples");
  const int64_t count = (int64_t)json_array_size(samples);
  fv_shape shape = fv_plan_output_shape(plan, index);
  int64_t elements;
  TRY(fv_shape_elements(&elements, &shape));
  double difference = 0, size = 0;
  for (int64_t k = 0; k < count; k++) {
    double expected = json_number_value(json_array_get(samples, (size_t)k));
    double d = (double)fv_plan_output(plan, index)[count > 1 ? k * (elements - 1) / (count - 1) : 0] - expected;
    difference += d * d;
    size += expected * expected;
  }
  *error = fmax(*error, sqrt(difference / size));
  return FV_OK;
}

static fv_status run_entry(fv_model *model, const json_t *entry, fv_plan **plan, double *error) {
  enum { INPUTS = 8 };
  fv_shape shapes[INPUTS];
  const int32_t count = fv_model_input_count(model);
  const json_t *inputs = json_object_get(entry, "inputs"), *outputs = json_object_get(entry, "outputs");
  if (count > INPUTS || (size_t)count != json_array_size(inputs) ||
      (size_t)fv_model_output_count(model) != json_array_size(outputs))
    return fail(FV_ERROR_SHAPE, "another number of inputs or outputs than Keras finds");
  for (int32_t i = 0; i < count; i++) {
    const json_t *extents = json_array_get(inputs, (size_t)i);
    shapes[i] = (fv_shape){.rank = (int32_t)json_array_size(extents)};
    for (int32_t axis = 0; axis < shapes[i].rank && axis < FV_MAX_RANK; axis++)
      shapes[i].dims[axis] = json_integer_value(json_array_get(extents, (size_t)axis));
  }
  TRY(fv_plan_create(plan, model, &(fv_plan_options){.input_shapes = shapes}));
  for (int32_t i = 0; i < count; i++)
    fv_fill_by_name(fv_plan_input(*plan, i), count == 1 ? "input" : fv_model_input_name(model, i), &shapes[i], 1,
                    "input");
  TRY(fv_run(*plan, NULL));
  for (int32_t i = 0; i < fv_model_output_count(model); i++)
    TRY(compare_output(*plan, i, json_array_get(outputs, (size_t)i), error));
  return FV_OK;
}

static fv_status measure_entry(void *context, double *error) {
  const json_t *entry = context;
  fv_model *model;
  fv_plan *plan = NULL;
  fv_status status = load(&model, json_string_value(json_object_get(entry, "file")));
  if (!status) status = run_entry(model, entry, &plan, error);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
  return status;
}

/* Keras 1.1.2's own answer: three probabilities with six digits. The input was printed as (C, H, W). */
static fv_status measure_keras1(void *context, double *error) {
  static const double answer[3] = {0.295033, 0.328196, 0.376771};
  fv_model *model;
  fv_plan *plan = NULL;
  FILE *file = fopen(FOLDER "dl4j/simple/cnn_tf_input.txt", "r");
  if (!file) return fail(FV_ERROR_NOT_FOUND, "the input of Keras 1.1.2's answer is not here");
  fv_status status = load(&model, context);
  if (!status) status = fv_plan_create(&plan, model, NULL);
  for (int i = 0; i < 192 && !status; i++)
    if (fscanf(file, "%f", &fv_plan_input(plan, 0)[i % 64 * 3 + i / 64]) != 1)
      status = fail(FV_ERROR_FORMAT, "192 numbers");
  fclose(file);
  if (!status) status = fv_run(plan, NULL);
  for (int i = 0; i < 3 && !status; i++) *error = fmax(*error, fabs((double)fv_plan_output(plan, 0)[i] - answer[i]));
  fv_plan_destroy(plan);
  fv_model_destroy(model);
  return status;
}

/* The sentence without the path before it. */
static const char *reason_of(const char *name) {
  const char *message = fv_error_message(), *at = strstr(message, name);
  return at ? at + strlen(name) + 2 : message;
}

static void file_line(const json_t *entry) {
  const char *name = json_string_value(json_object_get(entry, "file"));
  const char *library = json_string_value(json_object_get(entry, "library"));
  const char *cannot = json_string_value(json_object_get(entry, "cannot"));
  fv_model *model;
  fprintf(page, "| %s |", name);
  fv_status status = load(&model, name);
  fv_model_destroy(model);
  if (status == FV_ERROR_NOT_FOUND && strstr(fv_error_message(), "no network")) {
    fprintf(page, " holds no network |");
    page_no_numbers();
  } else if (status == FV_ERROR_UNSUPPORTED) {
    fprintf(page, " refused: %s |", reason_of(name));
    page_no_numbers();
  } else if (status) {
    page_failed(name);
    page_no_numbers();
  } else if (!strcmp(name, KERAS1_MODEL) || !strcmp(name, KERAS1_WEIGHTS)) {
    fprintf(page, " passes: Keras 1.1.2's answer, six digits |");
    page_levels(name, 1e-6, measure_keras1, (void *)name);
  } else if (library) {
    fprintf(page, " opens, runs, equals %s%s |", library,
            json_is_true(json_object_get(entry, "turned")) ? " with Theano's kernels turned" : "");
    page_levels(name, 2e-6, measure_entry, (void *)entry);
  } else {
    fprintf(page, " opens; nothing to compare with: tf_keras says \"%s\" |", cannot ? cannot : "nothing");
    page_no_numbers();
  }
}

void conformance_models(void) {
  json_t *root = golden_json("keras_h5.json");
  const json_t *entries = json_object_get(root, "files");
  FILE *there = fopen(FOLDER KERAS1_MODEL, "rb");
  page_head(
      "Models of others",
      "Files of Keras 1.1 to 3.14 by other people: relative rms of the worst output against what `tools/compare-keras "
      "--write`\ngot from tf_keras, or where that cannot open them from Keras 3, for an input by rule. "
      "A file of weights takes its\nnetwork from the .json beside it.",
      "file | verdict");
  if (!there) fprintf(page, "| the files are not here | |\n");
  for (size_t i = 0; there && i < json_array_size(entries); i++) file_line(json_array_get(entries, i));
  if (there) fclose(there);
  json_decref(root);
}
