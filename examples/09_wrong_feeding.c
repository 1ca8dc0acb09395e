/* The chapter's two mistakes of feeding, beside the right way: the same photo three times.
 *
 *   09_wrong_feeding model.json jay.jpg
 *
 *   right              the pixels as the photo has them, scaled as the model says
 *   channels swapped   the same pixels called blue-green-red: what happens when a program hands over what OpenCV reads
 *   wrong scaling      VGG's mean subtraction for a network that was trained otherwise, as at the chapter's prediction
 *
 * With fovea neither happens by accident: both have to be asked for, as is done here.
 */
#include <stdio.h>

#include <fovea/fovea.h>

enum { TOP = 3 };

static fv_status show(fv_model *model, const fv_picture *photo, const char *title) {
  fv_prediction answer = {.message = NULL};
  fv_status status = fv_predict(model, photo, 1, &(fv_predict_options){.top = TOP}, &answer);
  if (!status && answer.status) status = fv_error_set(answer.status, answer.message);
  if (!status) printf("%s\n", title);
  for (int i = 0; !status && i < answer.count; i++)
    printf("  %.4f  %s\n", (double)answer.top[i].probability, fv_model_label(model, answer.top[i].index).name);
  fv_prediction_destroy(&answer, 1);
  return status;
}

static fv_status show_all(fv_model *model, const fv_image *image) {
  fv_preprocessing wrong;
  fv_picture photo = {.pixels = image->pixels, .width = image->width, .height = image->height};
  photo.order = FV_PIXELS_RGB;
  fv_status status = show(model, &photo, "right");
  photo.order = FV_PIXELS_BGR;
  if (!status) status = show(model, &photo, "channels swapped");
  photo.order = FV_PIXELS_RGB;
  if (!status) status = fv_preprocessing_parse(&wrong, "caffe");
  if (!status) status = fv_model_set_preprocessing(model, &wrong);
  return status ? status : show(model, &photo, "wrong scaling");
}

int main(int count, char **words) {
  fv_model *model = NULL;
  fv_image image = {.pixels = NULL};
  if (count != 3) {
    fprintf(stderr, "usage: %s MODEL PHOTO\n", words[0]);
    return 2;
  }
  fv_status status = fv_model_load(&model, words[1], NULL);
  if (!status) status = fv_image_read(&image, words[2]);
  if (!status && image.channels != 3) status = fv_error_set(FV_ERROR_INVALID, "the photo must have three channels");
  if (!status) status = show_all(model, &image);
  if (status) fprintf(stderr, "%s\n", fv_error_message());
  fv_image_destroy(&image);
  fv_model_destroy(model);
  return status ? 1 : 0;
}
