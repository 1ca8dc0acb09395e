/* The chapter's third program: a network trained on ImageNet looks at a photo and says what it sees.
 *
 *   03_classify jay.jpg                       InceptionV3, as in the chapter
 *   03_classify EfficientNetLite0 jay.jpg     another network of the zoo
 *   03_classify mobilenet.h5 jay.jpg          a file of Keras (.h5, .keras)
 *
 * Where the chapter resizes, scales and reorders the photo by hand, the model knows how it wants to be fed, so no
 * channel can be swapped. Without ImageNet weights a network of the zoo runs on made-up ones: its answers mean nothing,
 * and the program says so.
 */
#include <stdio.h>

#include <fovea/fovea.h>

/* The network of the zoo, when there is one of this name, else the file. */
static fv_status open_model(fv_model **model, const char *name) {
  if (!fv_zoo_find(name)) return fv_model_load(model, name, NULL);
  fv_status status = fv_zoo_build(model, name, &(fv_zoo_options){.weights = "imagenet"});
  if (status != FV_ERROR_NOT_FOUND) return status;
  fprintf(stderr, "%s\nmade-up weights instead: the answers mean nothing\n", fv_error_message());
  return fv_zoo_build(model, name, &(fv_zoo_options){.weights = "by-name:1"});
}

static int say(const fv_model *model, const fv_prediction *answer) {
  if (answer->status) {
    fprintf(stderr, "%s\n", answer->message ? answer->message : "no memory");
    return 1;
  }
  for (int i = 0; i < answer->count; i++) {
    fv_label label = fv_model_label(model, answer->top[i].index);
    printf("%4d  %.3f  %s  %s\n", answer->top[i].index, (double)answer->top[i].probability, label.wnid, label.name);
  }
  return 0;
}

int main(int count, char **words) {
  if (count != 2 && count != 3) {
    fprintf(stderr, "usage: %s [MODEL] IMAGE\n", words[0]);
    return 2;
  }
  fv_model *model = NULL;
  fv_prediction answer = {0};
  const char *name = count == 3 ? words[1] : "InceptionV3";
  fv_picture photo = {.path = words[count - 1]};
  int status = 1;
  if (open_model(&model, name) || fv_predict(model, &photo, 1, &(fv_predict_options){.top = 3}, &answer))
    fprintf(stderr, "%s\n", fv_error_message());
  else
    status = say(model, &answer);
  fv_prediction_destroy(&answer, 1);
  fv_model_destroy(model);
  return status;
}
