/* What a layer is: one file in src/layers ending in one constant descriptor `const fv__layer_type fv__layer_FILENAME`,
 * and a public options structure in include/fovea/layers/FILENAME.h.
 *
 * shape() is the only layer function that may fail: it checks options against input shapes. weights() and lower() run
 * only after it and trust what it accepted. Options are complete (explicit) when any of them is called.
 */
#ifndef FOVEA_LAYERS_LAYER_H
#define FOVEA_LAYERS_LAYER_H

#include <fovea/graph.h>
#include <fovea/model.h>

#include "ops/program.h"

enum { FV__LAYER_WEIGHTS = 6 };

typedef struct fv__weight_spec {
  const char *name; /* "kernel" */
  const char *kind; /* of the by-name rule: "kernel", "depthwise_kernel", "bias", "gamma" ... */
  fv_shape shape;
  bool trainable;
} fv__weight_spec;

/* One call to be lowered. Value numbers are the program's, weight numbers the model's, in the order of weights(). */
typedef struct fv__lower_call {
  const void *options;
  const int32_t *inputs;
  int32_t input_count;
  fv_shape output; /* known extents */
  const int32_t *weights;
  int32_t weight_count;
  const char *name; /* of the layer */
  bool training;    /* random layers are at work, and batch normalisation unless it is frozen */
  bool frozen;
} fv__lower_call;

/* What one number of the output sees of the inputs, for receptive fields. All is false for the number in the same
 * place.
 */
typedef struct fv__sight {
  bool whole;     /* everything */
  bool mixes;     /* all numbers along the last axis: everything, when that is a flattened image */
  bool scatters;  /* one number, that stood in another place */
  bool exchanges; /* one number; rows are columns */
  bool resamples; /* so many pixels along each axis, in steps of so many (0: unknown) */
  double reads_h, reads_w, step_h, step_w;
} fv__sight;

typedef struct fv__layer_type {
  fv_layer_kind kind;           /* what users see: name, function, help, option table */
  const void *function_options; /* complete options when used as activation="..."; NULL when there are none */

  size_t input_offset;       /* of `input` or `inputs` in the options structure */
  int32_t inputs_in_options; /* 0, 1 or FV_MERGE_INPUTS */
  size_t name_offset, frozen_offset;
  int32_t min_inputs, max_inputs; /* max 0: any number */
  bool beyond_keras;              /* Keras has no such layer: files call it "fovea>NAME" */

  /* Output shape from input shapes (batch first, -1 unknown). Errors: FV_ERROR_SHAPE, FV_ERROR_INVALID,
   * FV_ERROR_UNSUPPORTED. */
  fv_status (*shape)(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output);

  /* The weights, in Keras's order (trainable first); writes at most FV__LAYER_WEIGHTS and returns how many. NULL: none.
   */
  int32_t (*weights)(const void *options, const fv_shape *input, fv__weight_spec *specs);

  /* For weights that are a part of a larger tensor, as the kernel of a convolution that lacks connections: that
   * tensor's shape (false: weight `weight` is whole), and the weight's numbers out of the tensor's. Rules fill the
   * weight as they would fill the tensor. NULL, both: all weights are whole. */
  bool (*whole)(const void *options, int32_t weight, fv_shape *shape);
  void (*take_part)(const void *options, int32_t weight, const float *whole, float *part);

  /* Appends ops and returns the output value. */
  int32_t (*lower)(const fv__lower_call *call, fv__program *program);

  /* Kernel, stride, dilation and padding per axis, for receptive fields. NULL: one to one. */
  void (*geometry)(const void *options, const fv_shape *input, fv__window *window);

  /* The same for layers that are no window on their input's rows and columns; sets what is not false. NULL: as
   * geometry() says. */
  void (*sight)(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight);

  /* Multiply-adds of one call on one image. NULL: none. */
  int64_t (*multiply_adds)(const void *options, const fv_shape *input, const fv_shape *output);
} fv__layer_type;

/* The fields of a descriptor that say where the common options lie. */
#define FV__LAYER_HEAD(options_type, input_field, inputs_count)                                                        \
  .input_offset = offsetof(options_type, input_field), .inputs_in_options = (inputs_count),                            \
  .name_offset = offsetof(options_type, name), .frozen_offset = offsetof(options_type, frozen)

extern const fv__layer_type *const fv__layer_table[];

/* By Keras class name, or by activation word; NULL when there is none. */
const fv__layer_type *fv__layer_find(const char *class_name);
const fv__layer_type *fv__layer_find_function(const char *word);

/* Shared by layers that end in `activation=`: NULL and "linear" are none. */
fv_status fv__activation_check(const char *word) FV_CHECK;
int32_t fv__activation_lower(const char *word, int32_t value, fv__program *program);

/* Window arithmetic shared by convolutions and poolings (Keras's padding rules: "same" puts the odd pixel after). Sets
 * the output extent along one axis, -1 when the input's is unknown, and the padding before and after. */
fv_status fv__window_extent(int64_t input, int32_t kernel, int32_t stride, int32_t dilation, int32_t padding,
                            int64_t *output, int32_t *before, int32_t *after) FV_CHECK;

/* Checks that an input is (N, H, W, C) with known channels. */
fv_status fv__expect_image(const fv_shape *input) FV_CHECK;

#endif
