/* Layers that do nothing at inference: noise, which is at work in training, and random changes of images, which belong
 * to the data. */
#ifndef FOVEA_LAYERS_SUPPORT_IDENTITY_H
#define FOVEA_LAYERS_SUPPORT_IDENTITY_H

#include "layers/support/common.h"

/* lower(): the output is the input. */
int32_t fv__identity_lower(const fv__lower_call *call, fv__program *program);

/* Checks the text of an option that is one number ("0.2") or a lower and an upper one ("[-0.2, 0.3]"). NULL is refused
 * when the option must be given. */
fv_status fv__expect_factor(const char *name, const char *text, bool required) FV_CHECK;

/* The words of `fill_mode` and `interpolation` options of random changes, in the order of their public constants. */
extern const char *const fv__fill_mode_names[];
extern const char *const fv__random_interpolation_names[];

/* The same of a noise layer; in training an op. `seed`: its own, or -1. Keras leaves noise at work in frozen layers. */
int32_t fv__noise_lower(const fv__lower_call *call, fv__program *program, fv__noise_kind kind, double rate,
                        int32_t seed);

/* The descriptors; `table` is the file's. */
#define FV__NOISE_LAYER(file, class_name, sentence, kind, rate)                                                        \
  static int32_t lower(const fv__lower_call *call, fv__program *program) {                                             \
    const fv_##file##_options *o = call->options;                                                                      \
    return fv__noise_lower(call, program, kind, o->rate, o->seed);                                                     \
  }                                                                                                                    \
  FV__INACTIVE_LAYER(file, class_name, sentence, fv__shape_same, lower)
#define FV__IDENTITY_LAYER(file, class_name, sentence, shape_function)                                                 \
  FV__INACTIVE_LAYER(file, class_name, sentence, shape_function, fv__identity_lower)
#define FV__INACTIVE_LAYER(file, class_name, sentence, shape_function, lower_function)                                 \
  const fv__layer_type fv__layer_##file = {                                                                            \
      .kind = {class_name, NULL, sentence, table, sizeof(fv_##file##_options)},                                        \
      FV__LAYER_HEAD(fv_##file##_options, input, 1),                                                                   \
      .min_inputs = 1,                                                                                                 \
      .max_inputs = 1,                                                                                                 \
      .shape = shape_function,                                                                                         \
      .lower = lower_function,                                                                                         \
  }

/* The lines of option tables that many of them have. */
#define FV__RATE_OPTION(file, help)                                                                                    \
  { "rate", FV_OPTION_FLOAT, offsetof(fv_##file##_options, rate), NULL, 0, 1, NULL, help }
#define FV__SEED_OPTION(file)                                                                                          \
  {                                                                                                                    \
    "seed", FV_OPTION_INT, offsetof(fv_##file##_options, seed), "-1", -1, INT32_MAX, NULL,                             \
        "of its random numbers; -1: the training's"                                                                    \
  }
#define FV__FACTOR_OPTION(file, field, help)                                                                           \
  { #field, FV_OPTION_OBJECT, offsetof(fv_##file##_options, field), NULL, 0, 0, NULL, help }
#define FV__FILL_OPTIONS(file)                                                                                         \
  {"fill_mode",                                                                                                        \
   FV_OPTION_NAME,                                                                                                     \
   offsetof(fv_##file##_options, fill_mode),                                                                           \
   "reflect",                                                                                                          \
   0,                                                                                                                  \
   0,                                                                                                                  \
   fv__fill_mode_names,                                                                                                \
   "what lies outside the image"},                                                                                     \
      {"fill_value",                                                                                                   \
       FV_OPTION_FLOAT,                                                                                                \
       offsetof(fv_##file##_options, fill_value),                                                                      \
       "0",                                                                                                            \
       -1e30,                                                                                                          \
       1e30,                                                                                                           \
       NULL,                                                                                                           \
       "number outside, for fill_mode constant"},                                                                      \
  {                                                                                                                    \
    "interpolation", FV_OPTION_NAME, offsetof(fv_##file##_options, interpolation), "bilinear", 0, 0,                   \
        fv__random_interpolation_names, "what lies between pixels"                                                     \
  }

#endif
