/* Configurations of Keras 1 in the words of Keras 2: the tree is rewritten before it is read, so that nothing behind
 * this file knows that there was a Keras 1.
 *
 * A layer's class decides: what it is called now, and which family of words its options are from. A few options need
 * more than another name: a kernel's rows and columns become a pair, Merge's mode a class, borders pairs of pairs.
 */
#include <string.h>

#include "formats/keras/keras.h"

struct word {
  const char *old, *now;
};

static const struct word pair_words[] = {{"nb_filter", "filters"},
                                         {"subsample", "strides"},
                                         {"border_mode", "padding"},
                                         {"dim_ordering", "data_format"},
                                         {"atrous_rate", "dilation_rate"},
                                         {"bias", "use_bias"},
                                         {NULL, NULL}};
static const struct word line_words[] = {{"nb_filter", "filters"},
                                         {"filter_length", "kernel_size"},
                                         {"subsample_length", "strides"},
                                         {"border_mode", "padding"},
                                         {"atrous_rate", "dilation_rate"},
                                         {"bias", "use_bias"},
                                         {"pool_length", "pool_size"},
                                         {"stride", "strides"},
                                         {"length", "size"},
                                         {NULL, NULL}};
static const struct word dense_words[] = {{"output_dim", "units"}, {"bias", "use_bias"}, {NULL, NULL}};
static const struct word noise_words[] = {
    {"p", "rate"}, {"sigma", "stddev"}, {"dim_ordering", "data_format"}, {NULL, NULL}};

static const struct {
  const char *old, *now; /* classes */
  const struct word *words;
} classes[] = {
    {"Convolution2D", "Conv2D", pair_words},
    {"AtrousConvolution2D", "Conv2D", pair_words},
    {"SeparableConvolution2D", "SeparableConv2D", pair_words},
    {"Deconvolution2D", "Conv2DTranspose", pair_words},
    {"MaxPooling2D", "MaxPooling2D", pair_words},
    {"AveragePooling2D", "AveragePooling2D", pair_words},
    {"GlobalMaxPooling2D", "GlobalMaxPooling2D", pair_words},
    {"GlobalAveragePooling2D", "GlobalAveragePooling2D", pair_words},
    {"UpSampling2D", "UpSampling2D", pair_words},
    {"ZeroPadding2D", "ZeroPadding2D", pair_words},
    {"Cropping2D", "Cropping2D", pair_words},
    {"Convolution1D", "Conv1D", line_words},
    {"AtrousConvolution1D", "Conv1D", line_words},
    {"MaxPooling1D", "MaxPooling1D", line_words},
    {"AveragePooling1D", "AveragePooling1D", line_words},
    {"UpSampling1D", "UpSampling1D", line_words},
    {"Dense", "Dense", dense_words},
    {"Dropout", "Dropout", noise_words},
    {"SpatialDropout1D", "SpatialDropout1D", noise_words},
    {"SpatialDropout2D", "SpatialDropout2D", noise_words},
    {"GaussianDropout", "GaussianDropout", noise_words},
    {"GaussianNoise", "GaussianNoise", noise_words},
};

/* What concerns training alone, or restates a shape. */
static const char *const dropped[] = {"init",           "beta_init",          "gamma_init",
                                      "depthwise_init", "pointwise_init",     "input_dim",
                                      "input_length",   "create_input_layer", "weights"};

static const struct {
  const char *mode, *class_name;
} merges[] = {{"sum", "Add"}, {"mul", "Multiply"}, {"concat", "Concatenate"}, {"ave", "Average"}, {"max", "Maximum"},
              {"dot", "Dot"}, {"cos", "Dot"}};

static fv_status put(json_t *object, const char *key, json_t *value) {
  return json_object_set_new(object, key, value) ? fail(FV_ERROR_MEMORY, "no memory for a network") : FV_OK;
}

static fv_status move(json_t *config, const char *old, const char *now) {
  json_t *value = json_object_get(config, old);
  if (!value) return FV_OK;
  TRY(put(config, now, json_incref(value)));
  json_object_del(config, old);
  return FV_OK;
}

static fv_status kernel_pair(json_t *config) {
  json_t *rows = json_object_get(config, "nb_row"), *columns = json_object_get(config, "nb_col");
  if (!rows || !columns) return FV_OK;
  TRY(put(config, "kernel_size", json_pack("[O,O]", rows, columns)));
  json_object_del(config, "nb_row");
  json_object_del(config, "nb_col");
  return FV_OK;
}

static fv_status order_word(json_t *config) {
  const char *word = json_string_value(json_object_get(config, "data_format"));
  if (word && !strcmp(word, "th")) return put(config, "data_format", json_string("channels_first"));
  if (word && !strcmp(word, "tf")) return put(config, "data_format", json_string("channels_last"));
  return FV_OK;
}

/* Four sides as a list or by name; two are as they were. */
static fv_status border_sides(json_t *config) {
  static const char *const sides[] = {"top_pad", "bottom_pad", "left_pad", "right_pad"};
  json_t *padding = json_object_get(config, "padding"), *side[4];
  bool is_list = json_is_array(padding) && json_array_size(padding) == 4;
  if (!is_list && !json_is_object(padding)) return FV_OK;
  for (size_t i = 0; i < 4; i++) {
    side[i] = is_list ? json_array_get(padding, i) : json_object_get(padding, sides[i]);
    side[i] = side[i] ? json_incref(side[i]) : json_integer(0);
  }
  return put(config, "padding", json_pack("[[o,o],[o,o]]", side[0], side[1], side[2], side[3]));
}

/* Modes 1 and 2 normalise by the numbers of the batch itself, also after training. */
static fv_status normalization_mode(json_t *config) {
  const json_t *mode = json_object_get(config, "mode");
  if (mode && !(json_is_integer(mode) && json_integer_value(mode) == 0))
    return fail(FV_ERROR_UNSUPPORTED, "option mode: of BatchNormalization only 0 is supported");
  json_object_del(config, "mode");
  return FV_OK;
}

static bool is_raw(const json_t *config, const char *key) {
  const char *word = json_string_value(json_object_get(config, key));
  return !word || !strcmp(word, "raw");
}

static fv_status merge(json_t *layer, json_t *config) {
  const char *mode = json_string_value(json_object_get(config, "mode")), *class_name = NULL;
  if (json_array_size(json_object_get(config, "layers")) > 0)
    return fail(FV_ERROR_UNSUPPORTED,
                "a Merge that holds its branches, inside a model, is not supported; save the model as a functional "
                "one");
  for (size_t i = 0; i < sizeof merges / sizeof *merges && mode; i++)
    if (!strcmp(merges[i].mode, mode)) class_name = merges[i].class_name;
  if (!class_name || !is_raw(config, "mode_type"))
    return fail(FV_ERROR_UNSUPPORTED, "Merge with mode '%.40s' is not supported; code in a file is never run",
                mode ? mode : "?");
  json_t *now = json_object();
  if (!now) return fail(FV_ERROR_MEMORY, "no memory for a network");
  fv_status status = json_object_set(now, "name", json_object_get(config, "name")) && json_object_get(config, "name")
                         ? fail(FV_ERROR_MEMORY, "no memory for a network")
                         : FV_OK;
  if (!status && !strcmp(class_name, "Concatenate") && json_object_get(config, "concat_axis"))
    status = put(now, "axis", json_incref(json_object_get(config, "concat_axis")));
  if (!status && !strcmp(class_name, "Dot")) {
    /* Axes for each image of the batch are lists of lists; a single number means the same axis of both. */
    json_t *axes = json_object_get(config, "dot_axes");
    bool is_pair = json_is_array(axes) && json_array_size(axes) == 2;
    json_t *first = is_pair ? json_array_get(axes, 0) : axes, *second = is_pair ? json_array_get(axes, 1) : axes;
    if (json_array_size(first) == 1) first = json_array_get(first, 0);
    if (json_array_size(second) == 1) second = json_array_get(second, 0);
    status = json_is_integer(first) && json_is_integer(second)
                 ? put(now, "axes", json_pack("[O,O]", first, second))
                 : fail(FV_ERROR_UNSUPPORTED, "Merge over several axes is not supported");
    if (!status) status = put(now, "normalize", json_boolean(!strcmp(mode, "cos")));
  }
  if (!status) status = put(layer, "class_name", json_string(class_name));
  if (status) {
    json_decref(now);
    return status;
  }
  return put(layer, "config", now);
}

static fv_status rewrite_options(json_t *layer, json_t *config, const char *class_name) {
  for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) json_object_del(config, dropped[i]);
  if (!strcmp(class_name, "BatchNormalization")) return normalization_mode(config);
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
    if (strcmp(classes[i].old, class_name)) continue;
    for (const struct word *word = classes[i].words; word->old; word++) TRY(move(config, word->old, word->now));
    TRY(kernel_pair(config));
    TRY(order_word(config));
    TRY(border_sides(config));
    return put(layer, "class_name", json_string(classes[i].now));
  }
  return FV_OK;
}

static fv_status rewrite(json_t *layer) {
  json_t *config = json_object_get(layer, "config"), *one;
  const char *class_name = json_string_value(json_object_get(layer, "class_name"));
  if (!config || !class_name) return FV_OK; /* the reader complains */
  if (!strcmp(class_name, "Sequential") || !strcmp(class_name, "Model")) {
    json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    size_t i;
    json_array_foreach(layers, i, one) TRY(rewrite(one)); /* as deep as the JSON at most */
    return FV_OK;
  }
  const char *name = json_string_value(json_object_get(config, "name"));
  fv_status status = !strcmp(class_name, "Merge") ? merge(layer, config) : rewrite_options(layer, config, class_name);
  return status && name ? note(status, "%s", name) : status;
}

fv_status fv__keras1_rewrite(json_t *model) {
  TRY(fv__keras1_unfold(model));
  return rewrite(model);
}
