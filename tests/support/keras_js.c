/* See keras_js.h. */
#include "support/keras_js.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "formats/keras/keras.h"

#define FOLDER FOVEA_SOURCE_DIR "/../shared/data/keras_js_layer_fixtures"

/* Lines. */

keras_js_case *keras_js_cases(int32_t *count) {
  char line[2048];
  keras_js_case *cases = calloc(512, sizeof *cases);
  FILE *file = fopen(FOVEA_SOURCE_DIR "/tests/cases/keras_js", "r");
  *count = 0;
  while (cases && file && *count < 512 && fgets(line, sizeof line, file)) {
    char *rest = NULL, *key = strtok_r(line, " \n", &rest);
    if (!key || *key == '#') continue;
    char *layers = strtok_r(NULL, "\n", &rest);
    while (layers && *layers == ' ') layers++;
    cases[*count] = (keras_js_case){strdup(key), strdup(layers ? layers : ""), false};
    cases[*count].refused = !strncmp(cases[*count].layers, "refused ", 8);
    ++*count;
  }
  if (file) fclose(file);
  return cases;
}

void keras_js_cases_free(keras_js_case *cases, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    free(cases[i].key);
    free(cases[i].layers);
  }
  free(cases);
}

/* Data. */

static json_t *all_data;

static int add_file(const char *path, const struct stat *facts, int type, struct FTW *place) {
  (void)facts;
  (void)place;
  size_t length = strlen(path);
  if (type != FTW_F || length < 5 || strcmp(path + length - 5, ".json")) return 0;
  json_t *file = json_load_file(path, 0, NULL);
  json_object_update(all_data, file);
  json_decref(file);
  return 0;
}

json_t *keras_js_data(void) {
  all_data = json_object();
  if (nftw(FOLDER, add_file, 8, FTW_PHYS)) {
    json_decref(all_data);
    return NULL;
  }
  return all_data;
}

static const json_t *input_of(const json_t *item, size_t index) {
  const json_t *inputs = json_object_get(item, "inputs");
  if (inputs) return json_array_get(inputs, index);
  return index == 0 ? json_object_get(item, "input") : NULL;
}

/* Configurations. */

static json_t *link_to(const char *name) { return json_pack("[s,i,i,{}]", name, 0, 0); }

static json_t *input_layer(const char *name, const json_t *tensor) {
  json_t *shape = json_pack("[n]");
  json_array_extend(shape, json_object_get(tensor, "shape"));
  return json_pack("{s:s,s:s,s:{s:s,s:o},s:[]}", "class_name", "InputLayer", "name", name, "config", "name", name,
                   "batch_input_shape", shape, "inbound_nodes");
}

/* "[name:]Class[(x,y)] option=value ..." -> a layer; `name` holds the one before it, then its own. `text` is cut. */
static json_t *layer_of(char *text, int number, char name[64]) {
  char *rest = NULL, *word = strtok_r(text, " ", &rest), own[64];
  snprintf(own, sizeof own, "layer_%d", number);
  char *colon = strchr(word, ':');
  if (colon) {
    *colon = '\0';
    snprintf(own, sizeof own, "%s", word);
    word = colon[1] ? colon + 1 : strtok_r(NULL, " ", &rest);
  }
  json_t *links = json_array(), *config = json_pack("{s:s}", "name", own);
  char *bracket = strchr(word, '(');
  if (bracket) {
    *bracket = '\0';
    char *inner = NULL;
    for (char *input = strtok_r(bracket + 1, ",)", &inner); input; input = strtok_r(NULL, ",)", &inner))
      json_array_append_new(links, link_to(input));
  } else {
    json_array_append_new(links, link_to(name));
  }
  for (char *option = strtok_r(NULL, " ", &rest); option; option = strtok_r(NULL, " ", &rest)) {
    char *value = strchr(option, '=');
    if (!value) continue;
    *value++ = '\0';
    json_t *json = json_loads(value, JSON_DECODE_ANY, NULL);
    json_object_set_new(config, option, json ? json : json_string(value));
  }
  snprintf(name, 64, "%s", own);
  return json_pack("{s:s,s:s,s:o,s:[o]}", "class_name", word, "name", own, "config", config, "inbound_nodes", links);
}

json_t *keras_js_config(const keras_js_case *line, const json_t *item) {
  json_t *layers = json_array(), *inputs = json_array();
  char name[64] = "in0", text[2048], *rest = NULL;
  for (size_t i = 0; input_of(item, i); i++) {
    char input[16];
    snprintf(input, sizeof input, "in%d", (int)i);
    json_array_append_new(layers, input_layer(input, input_of(item, i)));
    json_array_append_new(inputs, json_pack("[s,i,i]", input, 0, 0));
  }
  snprintf(text, sizeof text, "%s", line->layers + (line->refused ? 8 : 0));
  int number = 0;
  for (char *part = strtok_r(text, "|", &rest); part; part = strtok_r(NULL, "|", &rest))
    json_array_append_new(layers, layer_of(part, number++, name));
  return json_pack("{s:s,s:{s:s,s:o,s:o,s:[[s,i,i]]}}", "class_name", "Model", "config", "name", "keras_js", "layers",
                   layers, "input_layers", inputs, "output_layers", name, 0, 0);
}

/* Running. */

/* The tensor's numbers; those of an image (C, H, W) as (H, W, C) when `turn`. Their count, or -1 when there are not
 * `room`. */
static int64_t read_numbers(const json_t *tensor, float *numbers, int64_t room, bool turn) {
  const json_t *data = json_object_get(tensor, "data"), *shape = json_object_get(tensor, "shape");
  const size_t count = json_array_size(data);
  if ((int64_t)count > room) return -1;
  size_t channels = 1, pixels = count;
  if (turn && json_array_size(shape) == 3) {
    channels = (size_t)json_integer_value(json_array_get(shape, 0));
    pixels = count / channels;
  }
  for (size_t i = 0; i < count; i++)
    numbers[i % pixels * channels + i / pixels] = (float)json_number_value(json_array_get(data, i));
  return (int64_t)count;
}

static fv_status fill_weights(fv_model *model, const json_t *weights) {
  if (json_array_size(weights) != (size_t)fv_model_weight_count(model))
    return fail(FV_ERROR_SHAPE, "expected %d weights, found %d", (int)fv_model_weight_count(model),
                (int)json_array_size(weights));
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    fv_weight_info weight = fv_model_weight(model, i);
    int64_t elements;
    TRY(fv_shape_elements(&elements, &weight.shape));
    if (read_numbers(json_array_get(weights, (size_t)i), fv_model_weight_data(model, i), elements, false) != elements)
      return fail(FV_ERROR_SHAPE, "%s: another number of elements", weight.path);
  }
  fv_model_weights_changed(model);
  return FV_OK;
}

static fv_status compare(const fv_plan *plan, const json_t *expected, bool turn, double *error) {
  fv_shape shape = fv_plan_output_shape(plan, 0);
  int64_t elements;
  TRY(fv_shape_elements(&elements, &shape));
  float *numbers = calloc((size_t)elements + 1, sizeof *numbers);
  if (!numbers) return fail(FV_ERROR_MEMORY, "no memory");
  bool same = read_numbers(expected, numbers, elements, turn) == elements;
  double difference = 0, size = 0;
  for (int64_t i = 0; i < elements; i++) {
    double d = (double)fv_plan_output(plan, 0)[i] - (double)numbers[i];
    difference += d * d;
    size += (double)numbers[i] * (double)numbers[i];
  }
  free(numbers);
  *error = sqrt(difference / fmax(size, (double)elements));
  return same ? FV_OK : fail(FV_ERROR_SHAPE, "expected another number of elements than %d", (int)elements);
}

static fv_status run(fv_model *model, const json_t *item, bool turn, double *error) {
  fv_plan *plan = NULL;
  TRY(fill_weights(model, json_object_get(item, "weights")));
  TRY(fv_plan_create(&plan, model, NULL));
  fv_status status = FV_OK;
  for (int32_t i = 0; i < fv_model_input_count(model) && !status; i++) {
    fv_shape shape = fv_plan_input_shape(plan, i);
    int64_t elements;
    status = fv_shape_elements(&elements, &shape);
    if (!status) read_numbers(input_of(item, (size_t)i), fv_plan_input(plan, i), elements, turn);
  }
  if (!status) status = fv_run(plan, NULL);
  if (!status) status = compare(plan, json_object_get(item, "expected"), turn, error);
  fv_plan_destroy(plan);
  return status;
}

fv_status keras_js_run(const keras_js_case *line, const json_t *item, double *error) {
  json_t *config = keras_js_config(line, item);
  char *text = config ? json_dumps(config, JSON_COMPACT) : NULL;
  json_decref(config);
  if (!text) return fail(FV_ERROR_FORMAT, "%s: the line cannot be understood", line->key);
  fv_model *model;
  fv__keras_network network = {.json = NULL};
  fv_status status = fv__keras_build(&model, &network, &(fv__keras_text){text, strlen(text), 2, false});
  if (!status) status = run(model, item, network.channels_first, error);
  fv_model_destroy(model);
  fv__keras_network_free(&network);
  free(text);
  return status;
}
