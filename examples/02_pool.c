/* The chapter's second program: pools a picture and shows it before and after.
 *
 *   02_pool b.bmp pooled.png max|average|min
 *
 * Windows of 2 x 2 pixels, one next to the other, each become one pixel: the picture is half as high and half as wide.
 */
#include <stdio.h>
#include <string.h>

#include <fovea-tools/figure.h>
#include <fovea/pool.h>

static fv_status pool(fv_image *after, const fv_image *before, int32_t type) {
  fv_tensor numbers = {0}, pooled = {0};
  fv_status status = fv_image_to_tensor(&numbers, before);
  if (!status) status = fv_pooling_apply(&pooled, NULL, &numbers, &(fv_pooling_options){.type = type, .size = {2, 2}});
  if (!status) status = fv_image_from_tensor(after, &pooled, FV_IMAGE_SCALE_CLIP);
  fv_tensor_destroy(&pooled);
  fv_tensor_destroy(&numbers);
  return status;
}

static fv_status show_pooling(const char *path, const char *figure, int32_t type) {
  fv_image before = {0}, after = {0};
  fv_status status = fv_image_read(&before, path);
  if (!status) status = pool(&after, &before, type);
  const fv_figure_picture pictures[] = {{.title = "before", .image = &before}, {.title = "after", .image = &after}};
  if (!status) status = fv_figure_grid(figure, pictures, 2, NULL);
  if (!status)
    printf("%s: %d x %d became %d x %d\n", figure, (int)before.height, (int)before.width, (int)after.height,
           (int)after.width);
  fv_image_destroy(&before);
  fv_image_destroy(&after);
  return status;
}

int main(int count, char **words) {
  const char *path = count > 1 ? words[1] : "b.bmp", *figure = count > 2 ? words[2] : "pooled.png";
  const char *word = count > 3 ? words[3] : "max";
  int32_t type = !strcmp(word, "average") ? FV_POOLING_AVERAGE : !strcmp(word, "min") ? FV_POOLING_MIN : FV_POOLING_MAX;
  if (show_pooling(path, figure, type)) {
    fprintf(stderr, "%s\n", fv_error_message());
    return 1;
  }
  return 0;
}
