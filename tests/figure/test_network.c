/* Figures of networks: any name, any number of layers, every kind of file. How they look is for eyes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea-tools/figure.h>
#include <fovea/fovea.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/fovea-network-XXXXXX";

static const char *path_of(const char *name) {
  static char path[100];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static char *contents(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  *size = (size_t)ftell(file);
  rewind(file);
  char *text = calloc(*size + 1, 1);
  assert_non_null(text);
  assert_int_equal(fread(text, 1, *size, file), *size);
  fclose(file);
  return text;
}

/* A chain of layers; it and one of them have the given name. */
static fv_model *named(const char *name, int32_t layers) {
  fv_graph *g = fv_graph_create();
  fv_graph_set_name(g, name);
  fv_value x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .name = name, .filters = 2, .kernel_size = {3}, .padding = FV_SAME);
  for (int32_t i = 0; i < layers; i++) x = fv_re_lu(g, x);
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  return model;
}

static void draw(const char *file, const fv_model *model, fv_fold fold) {
  if (fv_figure_network(path_of(file), model, &(fv_figure_network_options){.fold = fold}))
    fail_msg("%s", fv_error_message());
}

static void any_name_is_drawn(void **state) {
  (void)state;
  char *endless = malloc(4096);
  assert_non_null(endless);
  memset(endless, 'm', 4095);
  endless[4095] = '\0';
  const char *const names[] = {"<script>alert(\"&\")</script>",
                               "]]>&amp;\"'<",
                               endless,
                               "\xe5\xb7\xa7\xe7\xa7\xaf",
                               "\xff\xfe",
                               "a\nb\x01",
                               " "};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    fv_model *model = named(names[i], 2);
    draw("net.svg", model, FV_FOLD_NONE);
    draw("net.pdf", model, FV_FOLD_CHAINS);
    draw("net.png", model, FV_FOLD_BLOCKS);
    size_t size;
    char *text = contents(path_of("net.svg"), &size);
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "]]>"));
    assert_true(size > 1000 && size < 200000);
    free(text);
    fv_image image;
    assert_int_equal(fv_image_read(&image, path_of("net.png")), FV_OK);
    assert_true(image.width >= 300 && image.width < 1000);
    fv_image_destroy(&image);
    fv_model_destroy(model);
  }
  free(endless);
}

/* One column of 3,000 layers is higher than any image may be: it shrinks. */
static void long_networks_fit_into_files(void **state) {
  (void)state;
  fv_model *model = named("first", 3000);
  assert_int_equal(fv_figure_network(path_of("net.png"), model, &(fv_figure_network_options){FV_FOLD_NONE, 1}), FV_OK);
  fv_image image;
  assert_int_equal(fv_image_read(&image, path_of("net.png")), FV_OK);
  assert_true(image.height <= 32767 && image.height > 20000);
  fv_image_destroy(&image);
  fv_model_destroy(model);
}

static void what_cannot_be_is_refused(void **state) {
  (void)state;
  fv_model *model = named("first", 1);
  assert_int_equal(fv_figure_network(path_of("net.gif"), model, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_figure_network("/nowhere/net.svg", model, NULL), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_figure_network(path_of("net.svg"), model, &(fv_figure_network_options){(fv_fold)7, 0}),
                   FV_ERROR_INVALID);
  assert_int_equal(fv_figure_network(path_of("net.svg"), model, &(fv_figure_network_options){.columns = 99}),
                   FV_ERROR_INVALID);
  fv_model_destroy(model);
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  static const char *const files[] = {"net.svg", "net.pdf", "net.png"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) unlink(path_of(files[i]));
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(any_name_is_drawn),
                                     cmocka_unit_test(long_networks_fit_into_files),
                                     cmocka_unit_test(what_cannot_be_is_refused)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
