/* The chapter's fourth program: what every layer of a network sees, in the browser.
 *
 *   04_explore                        EfficientNetLite0 on the pictures of this folder
 *   04_explore model.keras photos     a file of Keras, on those of another one
 *
 * The chapter calls launch(model, input_folder="."); here it is fv_explore. The page opens by itself where there is a
 * screen; its address is printed. Ctrl-C ends it.
 */
#include <stdio.h>

#include <fovea-tools/explore.h>
#include <fovea/fovea.h>

static void say(void *context, const char *address) {
  (void)context;
  printf("%s\n", address);
  fflush(stdout);
}

static fv_status open_model(fv_model **model, const char *name) {
  if (!fv_zoo_find(name)) return fv_model_load(model, name, NULL);
  const fv_status status = fv_zoo_build(model, name, &(fv_zoo_options){.weights = "imagenet"});
  if (status != FV_ERROR_NOT_FOUND) return status;
  fprintf(stderr, "%s\nmade-up weights instead: the answers mean nothing\n", fv_error_message());
  return fv_zoo_build(model, name, &(fv_zoo_options){.weights = "by-name:1"});
}

int main(int count, char **words) {
  fv_model *model = NULL;
  if (count > 3) {
    fprintf(stderr, "usage: %s [MODEL [FOLDER]]\n", words[0]);
    return 2;
  }
  if (open_model(&model, count > 1 ? words[1] : "EfficientNetLite0") ||
      fv_explore(model, &(fv_explore_options){.input_folder = count > 2 ? words[2] : ".", .started = say}))
    fprintf(stderr, "%s\n", fv_error_message());
  fv_model_destroy(model);
  return 1; /* fv_explore returns only when it fails */
}
