/* fovea convert: a model file in another format, or with class names and preprocessing stamped on it. */
#include <stdio.h>
#include <string.h>

#include <fovea/file.h>

#include "command.h"
#include "model_argument.h"

typedef struct convert_options {
  model_options model;
  const char *to, *dtype;
} convert_options;

static const fv_option options[] = {
    {"to", FV_OPTION_TEXT, offsetof(convert_options, to), NULL, 0, 0, NULL,
     "h5|keras|weights.h5|safetensors|npz|tfjs: the format, where the ending of OUT does not say it"},
    {"dtype", FV_OPTION_TEXT, offsetof(convert_options, dtype), NULL, 0, 0, NULL,
     "float32|float16|uint8: how numbers are stored, where the format has a choice [float32]"},
    MODEL_OPTIONS(convert_options, model),
    MODEL_PICTURE_OPTIONS(convert_options, model),
    {0}};

static int run(void *pointer, int argument_count, char **arguments) {
  const convert_options *o = pointer;
  fv_model *model;
  if (argument_count != 2)
    return command_usage("convert takes the model and the file to write, found %d argument%s", argument_count,
                         argument_count == 1 ? "" : "s");
  int status = model_open_to_convert(&model, arguments[0], &o->model);
  if (status) return status;
  status = model_write(model, arguments[1], o->to, o->dtype);
  fv_model_destroy(model);
  return status;
}

const fv_command command_convert = {
    .name = "convert",
    .arguments = "MODEL OUT",
    .help = "write a model in another format",
    .examples = "fovea convert model.h5 model.keras\n"
                "fovea convert model.keras web/model.json --dtype uint8\n"
                "fovea convert foreign.h5 mine.h5 --labels names.txt --preprocess tf --resize pil-bicubic",
    .options = options,
    .options_size = sizeof(convert_options),
    .run = run,
};
