/* The chapter's first program: filters a picture and shows the results side by side.
 *
 *   01_filter b.bmp filters.png
 *
 * One channel of the picture is taken as numbers; each kernel is swept over it, and all results go into one figure. The
 * kernels are correlated, not turned, as convolution layers do; the edge pixel is repeated beyond the edge, so every
 * result is as large as the picture.
 */
#include <stdio.h>

#include <fovea-tools/figure.h>
#include <fovea/filter.h>

enum { FILTERS = 5 };

static const char *const names[FILTERS] = {"blur", "identity", "laplacian", "sobel-left", "sobel-upper"};

/* The result of one kernel, as pixels. */
static fv_status filter(fv_image *shown, const fv_tensor *numbers, const char *name) {
  fv_tensor result;
  fv_status status = fv_filter_apply(&result, NULL, numbers, fv_filter_kernel_find(name), NULL);
  if (status) return status;
  status = fv_image_from_tensor(shown, &result, FV_IMAGE_SCALE_CLIP);
  fv_tensor_destroy(&result);
  return status;
}

static fv_status show_filters(const char *path, const char *figure) {
  fv_image picture = {0}, channel = {0}, shown[FILTERS] = {{0}};
  fv_tensor numbers = {0};
  fv_figure_picture pictures[FILTERS];
  fv_status status = fv_image_read(&picture, path);
  if (!status) status = fv_image_channel(&channel, &picture, "r");
  if (!status) status = fv_image_to_tensor(&numbers, &channel);
  for (int i = 0; !status && i < FILTERS; i++) {
    status = filter(&shown[i], &numbers, names[i]);
    pictures[i] = (fv_figure_picture){.title = names[i], .image = &shown[i]};
  }
  if (!status) status = fv_figure_grid(figure, pictures, FILTERS, NULL);
  for (int i = 0; i < FILTERS; i++) fv_image_destroy(&shown[i]);
  fv_tensor_destroy(&numbers);
  fv_image_destroy(&channel);
  fv_image_destroy(&picture);
  return status;
}

int main(int count, char **words) {
  const char *path = count > 1 ? words[1] : "b.bmp", *figure = count > 2 ? words[2] : "filters.png";
  if (show_filters(path, figure)) {
    fprintf(stderr, "%s\n", fv_error_message());
    return 1;
  }
  printf("%s\n", figure);
  return 0;
}
