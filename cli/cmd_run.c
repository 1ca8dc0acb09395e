/* fovea run: raw numbers through a model. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <fovea/plan.h>
#include <fovea/tensor.h>

#include "command.h"
#include "layer_files.h"
#include "model_argument.h"
#include "speed.h"

typedef struct run_options {
  model_options model;
  const char *input, *output, *layers;
  speed_options speed;
} run_options;

static const fv_option options[] = {
    {"input", FV_OPTION_TEXT, offsetof(run_options, input), NULL, 0, 0, NULL,
     "[NAME=]FILE.npy...: float32 numbers with the batch axis, one file per input of the model in its order, or by "
     "name"},
    {"output", FV_OPTION_TEXT, offsetof(run_options, output), NULL, 0, 0, NULL,
     "FILE.npy...: where the outputs go, in the model's order"},
    {"layers", FV_OPTION_TEXT, offsetof(run_options, layers), NULL, 0, 0, NULL,
     "FOLDER: where every layer's output goes, NAME.npy as Keras defines it"},
    SPEED_OPTIONS(run_options, speed),
    MODEL_OPTIONS(run_options, model),
    {0}};

/* Everything one run holds. */
typedef struct run_state {
  fv_model *model;
  int32_t input_count;
  fv_tensor *inputs;  /* in the model's order */
  const char **files; /* their names, NULL until given */
  fv_shape *shapes;
  fv_plan *plan;
  fv_tuning *tuning;
} run_state;

/* The input that "NAME=FILE" names, and the file behind it; -1 when the word is a file alone. */
static int32_t named_input(const fv_model *model, const char *word, const char **file) {
  const char *equals = strchr(word, '=');
  *file = word;
  for (int32_t i = 0; equals && i < fv_model_input_count(model); i++) {
    const char *name = fv_model_input_name(model, i);
    if (strlen(name) != (size_t)(equals - word) || strncmp(name, word, strlen(name)) != 0) continue;
    *file = equals + 1;
    return i;
  }
  return -1;
}

/* Gives every input of the model its file: named ones first, the others in order. */
static int assign_files(run_state *state, const char *const *words, int count) {
  if (count != state->input_count)
    return command_usage("the model takes %" PRId32 " input%s, found %d; give each with --input", state->input_count,
                         state->input_count == 1 ? "" : "s", count);
  for (int i = 0; i < count; i++) {
    const char *file;
    int32_t input = named_input(state->model, words[i], &file);
    if (input < 0) continue;
    if (state->files[input]) return command_usage("input %s is given twice", fv_model_input_name(state->model, input));
    state->files[input] = file;
  }
  int32_t next = 0;
  for (int i = 0; i < count; i++) {
    const char *file;
    if (named_input(state->model, words[i], &file) >= 0) continue;
    while (state->files[next]) next++;
    state->files[next] = file;
  }
  return COMMAND_OK;
}

static int wrong_shape(const char *file, const fv_shape *expected, const fv_shape *found, const char *remark) {
  char wanted[200], got[200];
  return command_error(COMMAND_BAD_INPUT, "%s: expected shape %s, found %s%s", file,
                       fv_shape_text(wanted, sizeof wanted, expected), fv_shape_text(got, sizeof got, found), remark);
}

static int check_shape(const run_state *state, int32_t input) {
  fv_shape expected = fv_model_input_shape(state->model, input), found = state->inputs[input].shape;
  const char *file = state->files[input];
  if (found.rank == expected.rank - 1) return wrong_shape(file, &expected, &found, " without the batch axis");
  bool fits = found.rank == expected.rank && (found.rank == 0 || found.dims[0] > 0);
  for (int32_t d = 1; fits && d < found.rank; d++)
    fits = found.dims[d] == expected.dims[d] || (expected.dims[d] < 0 && found.dims[d] > 0);
  if (!fits) return wrong_shape(file, &expected, &found, "");
  if (input > 0 && found.dims[0] != state->inputs[0].shape.dims[0]) {
    return command_error(COMMAND_BAD_INPUT, "%s: expected a batch of %" PRId64 " as in %s, found %" PRId64, file,
                         state->inputs[0].shape.dims[0], state->files[0], found.dims[0]);
  }
  return COMMAND_OK;
}

static int read_inputs(run_state *state, const char *const *words, int count) {
  state->input_count = fv_model_input_count(state->model);
  size_t room = (size_t)state->input_count;
  state->inputs = calloc(room, sizeof *state->inputs);
  state->files = calloc(room, sizeof *state->files);
  state->shapes = calloc(room, sizeof *state->shapes);
  if (!state->inputs || !state->files || !state->shapes) {
    return command_error(COMMAND_RESOURCES, "no memory for the inputs");
  }
  int status = assign_files(state, words, count);
  for (int32_t i = 0; i < state->input_count && status == COMMAND_OK; i++) {
    fv_status read = fv_npy_read(&state->inputs[i], state->files[i]);
    status = read ? command_fail(read) : check_shape(state, i);
    state->shapes[i] = state->inputs[i].shape;
  }
  return status;
}

static fv_status run_plan(run_state *state, const run_options *o) {
  fv_plan_options how = {.mode = o->layers ? FV_PLAN_INSPECT : FV_PLAN_INFER,
                         .threads = o->speed.threads,
                         .accuracy = speed_accuracy(&o->speed),
                         .tuning = state->tuning,
                         .input_shapes = state->shapes};
  fv_status status = fv_plan_create(&state->plan, state->model, &how);
  for (int32_t i = 0; i < state->input_count && !status; i++) {
    int64_t elements;
    status = fv_shape_elements(&elements, &state->shapes[i]);
    if (!status) memcpy(fv_plan_input(state->plan, i), state->inputs[i].data, (size_t)elements * sizeof(float));
  }
  return status ? status : fv_run(state->plan, NULL);
}

static int write_outputs(const run_state *state, const char *const *files, int count) {
  for (int i = 0; i < count; i++) {
    fv_tensor output = {.shape = fv_plan_output_shape(state->plan, i), .data = (float *)fv_plan_output(state->plan, i)};
    fv_status status = fv_npy_write(files[i], &output);
    if (status) return command_fail_output(status);
  }
  return COMMAND_OK;
}

static int run_model(run_state *state, const char *name, const run_options *o, const char *const *outputs,
                     int output_count) {
  fv_status ran = run_plan(state, o);
  if (ran) return command_fail_about(name, ran);
  int status = write_outputs(state, outputs, output_count);
  if (status == COMMAND_OK && o->layers) status = layer_files_write(o->layers, state->model, state->plan);
  return status;
}

static void end(run_state *state) {
  fv_plan_destroy(state->plan);
  for (int32_t i = 0; state->inputs && i < state->input_count; i++) fv_tensor_destroy(&state->inputs[i]);
  free(state->inputs);
  free(state->files);
  free(state->shapes);
  fv_tuning_destroy(state->tuning);
  fv_model_destroy(state->model);
}

static int run(void *pointer, int argument_count, char **arguments) {
  const run_options *o = pointer;
  const char *const *inputs, *const *outputs;
  if (argument_count != 1)
    return command_usage(argument_count ? "run takes one model; each file follows --input or --output"
                                        : "run needs a model; `fovea help run` shows how");
  int input_count = command_repeated("input", &inputs), output_count = command_repeated("output", &outputs);
  if (!output_count && !o->layers) return command_usage("run needs --output FILE.npy or --layers FOLDER");
  run_state state = {0};
  int status = speed_check(&o->speed);
  if (status == COMMAND_OK) status = model_open(&state.model, arguments[0], &o->model);
  if (status == COMMAND_OK) status = speed_tuning(&state.tuning, &o->speed, state.model);
  if (status == COMMAND_OK && output_count > fv_model_output_count(state.model))
    status = command_usage("the model has %" PRId32 " output%s, found %d files", fv_model_output_count(state.model),
                           fv_model_output_count(state.model) == 1 ? "" : "s", output_count);
  if (status == COMMAND_OK) status = read_inputs(&state, inputs, input_count);
  if (status == COMMAND_OK) status = run_model(&state, arguments[0], o, outputs, output_count);
  end(&state);
  return status;
}

const fv_command command_run = {
    .name = "run",
    .arguments = "MODEL",
    .help = "run a model on raw numbers (.npy)",
    .examples = "fovea run model.keras --input in.npy --output out.npy\n"
                "fovea run two.h5 --input left=a.npy --input right=b.npy --output c.npy --output d.npy\n"
                "fovea run LeNet5 --weights by-name:1 --input in.npy --layers folder",
    .options = options,
    .options_size = sizeof(run_options),
    .shortcuts = "i=input,o=output,j=threads",
    .run = run,
};
