/* The chapter's last program: the trained network looks at one new photo.
 *
 *   06_transfer_predict vgg16_1.h5 flower.jpg
 *
 * How the photo is resized and scaled, and what the classes are called, is in the file.
 */
#include <stdio.h>

#include <fovea/fovea.h>

int main(int count, char **words) {
  fv_model *model = NULL;
  fv_prediction answer = {.message = NULL};
  if (count != 3) {
    fputs("usage: 06_transfer_predict MODEL PHOTO\n", stderr);
    return 2;
  }
  const fv_picture photo = {.path = words[2]};
  fv_status status = fv_model_load(&model, words[1], NULL);
  if (!status) status = fv_predict(model, &photo, 1, &(fv_predict_options){.top = 1000}, &answer);
  if (status || answer.status)
    fprintf(stderr, "%s\n", status ? fv_error_message() : answer.message);
  else
    for (int32_t i = 0; i < answer.count; i++)
      printf("%-20s %.6g\n", fv_model_label(model, answer.top[i].index).name, (double)answer.top[i].probability);
  status = status ? status : answer.status;
  fv_prediction_destroy(&answer, 1);
  fv_model_destroy(model);
  return status ? 1 : 0;
}
