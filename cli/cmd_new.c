/* fovea new: a network of the zoo as a model file. */
#include <fovea/model.h>

#include "command.h"
#include "model_argument.h"

typedef struct new_options {
  model_options model;
  const char *output, *to;
} new_options;

static const fv_option options[] = {{"output", FV_OPTION_TEXT, offsetof(new_options, output), NULL, 0, 0, NULL,
                                     "FILE: the file to write; .keras, .h5 and so on"},
                                    {"to", FV_OPTION_TEXT, offsetof(new_options, to), NULL, 0, 0, NULL,
                                     "keras|h5|tfjs: the format, where the ending of FILE does not say it"},
                                    MODEL_OPTIONS_WITH(new_options, model, "random:1"),
                                    MODEL_PICTURE_OPTIONS(new_options, model),
                                    {0}};

static int run(void *pointer, int argument_count, char **arguments) {
  const new_options *o = pointer;
  fv_model *model;
  if (argument_count != 1)
    return command_usage(argument_count ? "new takes one network"
                                        : "new needs the name of a network; `fovea models` "
                                          "lists them");
  if (!o->output) return command_usage("new needs --output FILE");
  int status = model_open_new(&model, arguments[0], &o->model);
  if (status) return status;
  status = model_write(model, o->output, o->to, NULL);
  fv_model_destroy(model);
  return status;
}

const fv_command command_new = {
    .name = "new",
    .arguments = "NETWORK -o FILE",
    .help = "make a model file of a network of the zoo",
    .examples = "fovea new LeNet5 -o lenet.keras\n"
                "fovea new MobileNet --weights imagenet -o mobilenet.h5\n"
                "fovea new VGG16 --weights by-name:1 --classes 10 -o vgg.keras",
    .options = options,
    .options_size = sizeof(new_options),
    .shortcuts = "o=output",
    .run = run,
};
