/* Preprocessing: how a picture becomes a network's input. It belongs to the model and travels in its file.
 *
 * A picture is decoded, cropped to its central square (if `crop` is given), resized, and every number x, 0 to 255,
 * becomes (x * scale - mean) / std per channel, in the network's channel order. The modes are those of Keras's
 * preprocess_input functions:
 *   tf      x / 127.5 - 1, RGB                    MobileNet, Inception, Xception, ResNet V2
 *   caffe   BGR minus (103.939, 116.779, 123.68)  VGG, ResNet
 *   torch   (x / 255 - mean) / std, RGB           DenseNet, torchvision
 *   lite    (x - 127) / 128, RGB, crop 0.875, Pillow's bicubic    EfficientNet-Lite
 *   none    x as it is, RGB
 *   own     scale, mean and std as given
 */
#ifndef FOVEA_PREPROCESSING_H
#define FOVEA_PREPROCESSING_H

#include <fovea/model.h>

FV_BEGIN_DECLARATIONS

typedef enum fv_preprocessing_mode {
  FV_PREPROCESSING_UNSET, /* nobody has said how the model is fed */
  FV_PREPROCESSING_TF,
  FV_PREPROCESSING_CAFFE,
  FV_PREPROCESSING_TORCH,
  FV_PREPROCESSING_LITE,
  FV_PREPROCESSING_NONE,
  FV_PREPROCESSING_OWN
} fv_preprocessing_mode;

typedef enum fv_channels {
  FV_CHANNELS_DEFAULT, /* RGB or gray, by the model's input; caffe: BGR */
  FV_CHANNELS_RGB,
  FV_CHANNELS_BGR,
  FV_CHANNELS_GRAY
} fv_channels;

typedef struct fv_preprocessing {
  fv_preprocessing_mode mode;
  fv_pair size;         /* of the network's input in pixels; {0}: the model's own */
  char resize[32];      /* "pil-bilinear" and so on (image.h); "": pil-bilinear */
  double crop;          /* side of the central square, as a part of the shorter side, at most 1; 0: the whole picture */
  fv_channels channels; /* in the order the network wants */
  double scale, mean[3], std[3]; /* per channel in the network's order; explicit whatever the mode */
} fv_preprocessing;

/* Everything that a mode's word says: "tf", "caffe", "torch", "lite", "none", or "scale:S" (own: x * S, S like 1/255).
 * Errors: FV_ERROR_INVALID for another word, and for an S of 0. */
FV_API FV_CHECK fv_status fv_preprocessing_parse(fv_preprocessing *preprocessing, const char *word);

/* "tf", "caffe" ... "own"; "unset". */
FV_API const char *fv_preprocessing_mode_name(fv_preprocessing_mode mode);

/* How this model is fed: what was set, else what its network is known for by name (Keras calls a MobileNet
 * "mobilenet_0.75_224"), else mode FV_PREPROCESSING_UNSET. `size`, `resize` and `channels` are filled in where the
 * model's input decides them. */
FV_API fv_preprocessing fv_model_preprocessing(const fv_model *model);

/* Sets it. Errors: FV_ERROR_INVALID for a crop outside 0 to 1, a negative size, a std of 0; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_model_set_preprocessing(fv_model *model, const fv_preprocessing *preprocessing);

/* What a model's answers need to be understood, where they are no scores of classes: a JSON object, such as a
 * detector's anchors (detector.h). Lent until it is set again; NULL when there is none. */
FV_API const char *fv_model_task(const fv_model *model);

/* Sets it; copied; NULL takes it away. Errors: FV_ERROR_FORMAT for a text that is no JSON object, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_model_set_task(fv_model *model, const char *text);

/* Preprocessing and class names as one JSON text, as kept in model files (attribute "fovea" of .h5, member "fovea.json"
 * of .keras): fields version (1), size, resize, crop, channels, mode, scale, mean, std, labels, task. free() the text.
 * *text is NULL when neither is set. Errors: FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_model_feeding_text(char **text, const fv_model *model);

/* Takes both from such a text. Errors: FV_ERROR_FORMAT for broken JSON or a wrong field, naming it;
 * FV_ERROR_UNSUPPORTED for another version; FV_ERROR_MEMORY. On failure the model is unchanged. */
FV_API FV_CHECK fv_status fv_model_set_feeding_text(fv_model *model, const char *text);

FV_END_DECLARATIONS

#endif
