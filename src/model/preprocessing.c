/* How a model is fed: words into numbers, and what is known from the model itself. */
#include <fovea/preprocessing.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/feeding.h"
#include "model/model.h"

static const fv_preprocessing modes[] = {
    [FV_PREPROCESSING_UNSET] = {.scale = 1, .std = {1, 1, 1}},
    [FV_PREPROCESSING_TF] = {.scale = 1 / 127.5, .mean = {1, 1, 1}, .std = {1, 1, 1}},
    [FV_PREPROCESSING_CAFFE] = {.channels = FV_CHANNELS_BGR,
                                .scale = 1,
                                .mean = {103.939, 116.779, 123.68},
                                .std = {1, 1, 1}},
    [FV_PREPROCESSING_TORCH] = {.scale = 1 / 255.0, .mean = {0.485, 0.456, 0.406}, .std = {0.229, 0.224, 0.225}},
    [FV_PREPROCESSING_LITE] =
        {.resize = "pil-bicubic", .crop = 0.875, .scale = 1, .mean = {127, 127, 127}, .std = {128, 128, 128}},
    [FV_PREPROCESSING_NONE] = {.scale = 1, .std = {1, 1, 1}},
    [FV_PREPROCESSING_OWN] = {.scale = 1, .std = {1, 1, 1}},
};
static const char *const mode_names[] = {"unset", "tf", "caffe", "torch", "lite", "none", "own"};

static fv_preprocessing of_mode(fv_preprocessing_mode mode) {
  fv_preprocessing result = modes[mode];
  result.mode = mode;
  return result;
}

const char *fv_preprocessing_mode_name(fv_preprocessing_mode mode) {
  bool known = mode >= FV_PREPROCESSING_UNSET && mode <= FV_PREPROCESSING_OWN;
  return mode_names[known ? mode : FV_PREPROCESSING_UNSET];
}

fv_status fv_preprocessing_parse(fv_preprocessing *preprocessing, const char *word) {
  for (int mode = FV_PREPROCESSING_TF; mode <= FV_PREPROCESSING_NONE; mode++)
    if (!strcmp(word, mode_names[mode])) {
      *preprocessing = of_mode((fv_preprocessing_mode)mode);
      return FV_OK;
    }
  double scale;
  if (!strncmp(word, "scale:", 6) && fv__text_to_double(word + 6, &scale) && scale != 0) {
    *preprocessing = of_mode(FV_PREPROCESSING_OWN);
    preprocessing->scale = scale;
    return FV_OK;
  }
  return fail(FV_ERROR_INVALID, "preprocessing must be tf, caffe, torch, lite, none or scale:NUMBER, not '%s'", word);
}

static void destroy_feeding(void *pointer) {
  fv__feeding *feeding = pointer;
  if (!feeding) return;
  fv__labels_clear(&feeding->labels);
  free(feeding->task);
  free(feeding);
}

fv__feeding *fv__model_feeding(fv_model *model) {
  if (!model->feeding) {
    model->feeding = calloc(1, sizeof(fv__feeding));
    model->feeding_destroy = destroy_feeding;
  }
  return model->feeding;
}

fv_preprocessing fv_model_preprocessing(const fv_model *model) {
  const fv__feeding *feeding = model->feeding;
  const fv__known_network *known = fv__known_network_find(fv_model_name(model));
  fv_preprocessing result = of_mode(FV_PREPROCESSING_UNSET);
  if (feeding && feeding->preprocessing.mode != FV_PREPROCESSING_UNSET)
    result = feeding->preprocessing;
  else if (known && fv_preprocessing_parse(&result, known->word))
    result = of_mode(FV_PREPROCESSING_UNSET); /* a word of ours never fails */
  fv_shape input = fv_model_input_count(model) == 1 ? fv_model_input_shape(model, 0) : (fv_shape){0};
  if (input.rank == 4 && input.dims[1] > 0 && input.dims[2] > 0 && input.dims[1] <= INT32_MAX &&
      input.dims[2] <= INT32_MAX)
    result.size = (fv_pair){(int32_t)input.dims[1], (int32_t)input.dims[2]};
  else if (result.size.height == 0 && known)
    result.size = (fv_pair){known->size, known->size};
  if (!result.resize[0]) snprintf(result.resize, sizeof result.resize, "pil-bilinear");
  if (result.channels == FV_CHANNELS_DEFAULT)
    result.channels = input.rank == 4 && input.dims[3] == 1 ? FV_CHANNELS_GRAY : FV_CHANNELS_RGB;
  return result;
}

fv_status fv_model_set_preprocessing(fv_model *model, const fv_preprocessing *preprocessing) {
  TRY(fv__preprocessing_check(preprocessing));
  fv__feeding *feeding = fv__model_feeding(model);
  if (!feeding) return fail(FV_ERROR_MEMORY, "no memory for the model's preprocessing");
  feeding->preprocessing = *preprocessing;
  if (preprocessing->size.width == 0) feeding->preprocessing.size.width = preprocessing->size.height;
  return FV_OK;
}
