/* Prediction: pictures in, class names out.
 *
 *   fv_picture picture = {.path = "jay.jpg"};
 *   fv_prediction answer;
 *   if (fv_predict(model, &picture, 1, NULL, &answer)) puts(fv_error_message());
 *   else if (answer.status) puts(answer.message);
 *   else printf("%s %.3f\n", fv_model_label(model, answer.top[0].index).name, answer.top[0].probability);
 *   fv_prediction_destroy(&answer, 1);
 *
 * Pictures are decoded, cropped, resized and scaled as the model's preprocessing says (preprocessing.h). The channel
 * order belongs to the model, not to the caller: a BGR picture in memory is named as such and comes out right.
 */
#ifndef FOVEA_PREDICT_H
#define FOVEA_PREDICT_H

#include <fovea/plan.h>
#include <fovea/preprocessing.h>
#include <fovea/tensor.h>

FV_BEGIN_DECLARATIONS

typedef enum fv_pixel_order {
  FV_PIXELS_RGB,
  FV_PIXELS_BGR,
  FV_PIXELS_RGBA,
  FV_PIXELS_BGRA,
  FV_PIXELS_GRAY
} fv_pixel_order;

/* One picture: a file, an encoded file in memory, or pixels in memory. Everything is lent by the caller. */
typedef struct fv_picture {
  const char *path; /* an image file; with `bytes` or `pixels` a name for messages, or NULL */

  const void *bytes; /* an encoded image file in memory */
  size_t byte_count;
  bool upright; /* turn what is decoded as its Exif orientation says; Keras does not */

  const void *pixels; /* rows from top to bottom, channels interleaved */
  int32_t width, height;
  int64_t row_stride;   /* bytes from row to row, may be negative (then `pixels` is still the top row); 0: no gap */
  fv_pixel_order order; /* alpha is ignored */
  bool floats;          /* float32 numbers, 0 to 255, instead of bytes; they are rounded to bytes unless the picture
                           already has the size and channels that the network takes */
} fv_picture;

/* The input numbers of one picture: size.height * size.width * channels floats, row-major, as `preprocessing` says. Its
 * mode and size must be set (fv_model_preprocessing fills both in where they are known). Errors: those of reading an
 * image; FV_ERROR_INVALID for a picture without extents, a preprocessing without mode or size. */
FV_API FV_CHECK fv_status fv_preprocess(float *numbers, const fv_picture *picture,
                                        const fv_preprocessing *preprocessing);

typedef struct fv_predict_options {
  int32_t top;             /* how many of the likeliest classes to give; 0: 5; more than there are: all */
  int32_t batch;           /* pictures at once; 0: up to 8, fewer when memory is short */
  int32_t threads;         /* 0: one per processor */
  int64_t memory_limit;    /* as in fv_plan_options */
  fv_accuracy accuracy;    /* likewise */
  const fv_tuning *tuning; /* likewise; lent until the predictor ends */
  bool any_output;         /* the model need not be a classifier: for fv_predictor_outputs alone */
} fv_predict_options;

typedef struct fv_class_score {
  int32_t index;     /* of the class */
  float probability; /* the model's output; fv_model_score_kind says whether it is a probability */
} fv_class_score;

/* The answer for one picture. */
typedef struct fv_prediction {
  fv_status status;    /* FV_OK, or why this picture has no answer; others are not concerned */
  char *message;       /* then the sentence, else NULL. Owned */
  int32_t count;       /* of `top` */
  fv_class_score *top; /* largest first, ties by index. Owned */
} fv_prediction;

/* What the numbers of a model's first output are. */
typedef enum fv_score_kind {
  FV_SCORE_PLAIN,       /* larger is likelier, and no more: raw scores, logits */
  FV_SCORE_PROBABILITY, /* probabilities of one class among all, which sum to 1: softmax */
  FV_SCORE_INDEPENDENT  /* a probability for each class by itself, from 0 to 1: sigmoid */
} fv_score_kind;

/* As far as the layers show it: probabilities may be averaged, reshaped or dropped out afterwards; where anything else
 * is done to them they count as plain scores. */
FV_API fv_score_kind fv_model_score_kind(const fv_model *model);

/* Names `count` pictures; fills results[0 .. count), which fv_prediction_destroy ends, also after a failure. What is
 * wrong with one picture is told in its result. Errors (for all): FV_ERROR_SHAPE when the model is no classifier of
 * pictures (one input N,H,W,C with 1 or 3 channels, first output N,classes), FV_ERROR_INVALID when it has no
 * preprocessing, those of fv_plan_create and fv_run. `options` may be NULL. */
FV_API FV_CHECK fv_status fv_predict(fv_model *model, const fv_picture *pictures, int32_t count,
                                     const fv_predict_options *options, fv_prediction *results);

FV_API void fv_prediction_destroy(fv_prediction *results, int32_t count);

/* The same for a program that predicts again and again: plans are kept from call to call. One thread at a time uses a
 * predictor; it must end before its model. */
typedef struct fv_predictor fv_predictor;

FV_API FV_CHECK fv_status fv_predictor_create(fv_predictor **predictor, fv_model *model,
                                              const fv_predict_options *options);
FV_API void fv_predictor_destroy(fv_predictor *predictor);
FV_API FV_CHECK fv_status fv_predictor_run(fv_predictor *predictor, const fv_picture *pictures, int32_t count,
                                           fv_prediction *results);

/* The model's first output for each picture as it is, whatever its shape: row i of `outputs`, a new tensor (count,
 * ...), is picture i's. What is wrong with one picture is told in its result, whose `top` is empty; its row is zeros.
 * Errors (for all): as fv_predict, and FV_ERROR_INVALID without pictures. */
FV_API FV_CHECK fv_status fv_predictor_outputs(fv_predictor *predictor, const fv_picture *pictures, int32_t count,
                                               fv_tensor *outputs, fv_prediction *results);

/* The value by which a model describes pictures: the output of this layer, or, `layer` being NULL, the input of the
 * classifier's head: of the last Dense layer, or of a last convolution where its average goes through a softmax; of a
 * model without a head its output. fv_model_cut makes a model that ends there. Errors: FV_ERROR_NOT_FOUND. */
FV_API FV_CHECK fv_status fv_model_features(fv_value *value, const fv_model *model, const char *layer);

FV_END_DECLARATIONS

#endif
