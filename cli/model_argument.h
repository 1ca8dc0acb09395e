/* MODEL, the same in every command: a file or a network of the zoo, and the options that go with it. */
#ifndef MODEL_ARGUMENT_H
#define MODEL_ARGUMENT_H

#include <fovea/model.h>
#include <fovea/outline.h>

#include "command.h"
#include "pictures.h"

typedef struct model_options {
  const char *weights, *pooling, *classifier_activation;
  int32_t input_shape[FV_OPTION_INTS_MAX];
  bool no_top, auxiliary;
  int32_t classes;
  double alpha;
  const char *preprocess, *resize, *crop, *labels;
  bool upright;
} model_options;

/* The part of a command's option table that describes its field `field` of type model_options: how the model is made.
 */
#define MODEL_OPTIONS(type, field) MODEL_OPTIONS_WITH(type, field, "imagenet")

/* The same where a network of the zoo has other weights unless they are asked for. */
#define MODEL_OPTIONS_WITH(type, field, weights_default)                                                               \
  {"weights",                                                                                                          \
   FV_OPTION_TEXT,                                                                                                     \
   offsetof(type, field.weights),                                                                                      \
   NULL,                                                                                                               \
   0,                                                                                                                  \
   0,                                                                                                                  \
   NULL,                                                                                                               \
   "imagenet|FILE|by-name:SEED|random:SEED: where the weights come from [" weights_default                             \
   " for a network of the zoo]"},                                                                                      \
      {"input_shape",                                                                                                  \
       FV_OPTION_INTS,                                                                                                 \
       offsetof(type, field.input_shape),                                                                              \
       "",                                                                                                             \
       0,                                                                                                              \
       0,                                                                                                              \
       NULL,                                                                                                           \
       "H,W,C: input of a network of the zoo"},                                                                        \
      {"no_top",                                                                                                       \
       FV_OPTION_BOOL,                                                                                                 \
       offsetof(type, field.no_top),                                                                                   \
       "false",                                                                                                        \
       0,                                                                                                              \
       0,                                                                                                              \
       NULL,                                                                                                           \
       "leave out the classifier of a network of the zoo"},                                                            \
      {"pooling",                                                                                                      \
       FV_OPTION_TEXT,                                                                                                 \
       offsetof(type, field.pooling),                                                                                  \
       NULL,                                                                                                           \
       0,                                                                                                              \
       0,                                                                                                              \
       NULL,                                                                                                           \
       "avg|max: with --no-top, pool over the whole image"},                                                           \
      {"classes",                                                                                                      \
       FV_OPTION_INT,                                                                                                  \
       offsetof(type, field.classes),                                                                                  \
       "0",                                                                                                            \
       0,                                                                                                              \
       1e6,                                                                                                            \
       NULL,                                                                                                           \
       "classes of a network of the zoo, 0: its own number"},                                                          \
      {"alpha",                                                                                                        \
       FV_OPTION_FLOAT,                                                                                                \
       offsetof(type, field.alpha),                                                                                    \
       "0",                                                                                                            \
       0,                                                                                                              \
       16,                                                                                                             \
       NULL,                                                                                                           \
       "width multiplier of MobileNet, 0: its own, 1"},                                                                \
      {"auxiliary",                                                                                                    \
       FV_OPTION_BOOL,                                                                                                 \
       offsetof(type, field.auxiliary),                                                                                \
       "false",                                                                                                        \
       0,                                                                                                              \
       0,                                                                                                              \
       NULL,                                                                                                           \
       "with the auxiliary heads of GoogLeNet and InceptionV3, as further outputs"},                                   \
  {                                                                                                                    \
    "classifier_activation", FV_OPTION_TEXT, offsetof(type, field.classifier_activation), NULL, 0, 0, NULL,            \
        "softmax|none: the end of a network of the zoo [softmax]"                                                      \
  }

/* How pictures are fed; for commands that take pictures. */
#define MODEL_PICTURE_OPTIONS(type, field)                                                                             \
  PICTURE_UPRIGHT_ROW(type, field.upright),                                                                            \
      {"preprocess",                                                                                                   \
       FV_OPTION_TEXT,                                                                                                 \
       offsetof(type, field.preprocess),                                                                               \
       NULL,                                                                                                           \
       0,                                                                                                              \
       0,                                                                                                              \
       NULL,                                                                                                           \
       "tf|caffe|torch|lite|none|scale:S: how pixels are scaled [as the model says]"},                                 \
      {"resize",                                                                                                       \
       FV_OPTION_TEXT,                                                                                                 \
       offsetof(type, field.resize),                                                                                   \
       NULL,                                                                                                           \
       0,                                                                                                              \
       0,                                                                                                              \
       NULL,                                                                                                           \
       "METHOD: " PICTURE_RESIZE_METHODS " [as the model says, else pil-bilinear]"},                                   \
      {"crop",                                                                                                         \
       FV_OPTION_TEXT,                                                                                                 \
       offsetof(type, field.crop),                                                                                     \
       NULL,                                                                                                           \
       0,                                                                                                              \
       0,                                                                                                              \
       NULL,                                                                                                           \
       "FRACTION: side of the central square that is used, as a part of the shorter side; 0: the whole picture [as "   \
       "the model says]"},                                                                                             \
  {                                                                                                                    \
    "labels", FV_OPTION_TEXT, offsetof(type, field.labels), NULL, 0, 0, NULL,                                          \
        "FILE|imagenet: class names, one a line or JSON [as the model says]"                                           \
  }

/* Opens `argument` with `options`; the caller destroys *model. Returns COMMAND_OK or, after a sentence on stderr, the
 * exit status. */
int model_open(fv_model **model, const char *argument, const model_options *options);

/* The same for who shows models: what is broken comes too (fv_model_load_options.as_it_is). */
int model_open_as_it_is(fv_model **model, const char *argument, const model_options *options);

/* The same for commands that look at the structure alone: a network of the zoo needs no weights then.
 * `with_training`: also its optimizer's state. `unbuilt`, unless NULL: *model is NULL and *unbuilt the outline, to be
 * ended with fv_outline_destroy, when the file's model was never built. */
int model_open_for_structure(fv_model **model, const char *argument, const model_options *options, bool with_training,
                             fv_outline **unbuilt);

/* The same for commands that write models: how a file's model was compiled and its optimizer's state come along. */
int model_open_to_convert(fv_model **model, const char *argument, const model_options *options);

/* A network of the zoo with weights as Keras initialises them, unless others are asked for. */
int model_open_new(fv_model **model, const char *argument, const model_options *options);

/* What the options say about pictures goes over what the model says. Returns COMMAND_OK or, after a sentence on stderr,
 * the exit status. */
int model_set_pictures(fv_model *model, const model_options *options);

/* Writes a model file and shows what its reader should know on stderr. `format` and `dtype` may be NULL. Returns the
 * exit status. */
int model_write(const fv_model *model, const char *path, const char *format, const char *dtype);

#endif
