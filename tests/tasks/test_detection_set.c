/* Detection sets: COCO and YOLO read as written, classes numbered by name or by a list, single objects, what is broken
 * listed once and the rest taken; other files refused with their names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fovea/detection_set.h>

static char folder[64];
static char path[256];

static const char *in_folder(const char *name) {
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(in_folder(name), "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static void write_picture(const char *name, int32_t height, int32_t width) {
  fv_image image;
  assert_int_equal(fv_image_create(&image, height, width, 3), FV_OK);
  assert_int_equal(fv_image_write(in_folder(name), &image), FV_OK);
  fv_image_destroy(&image);
}

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/fovea detection XXXXXX");
  assert_non_null(mkdtemp(folder));
  write_picture("a.png", 40, 60);
  write_picture("b.png", 30, 30);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  static const char *const names[] = {"a.png", "b.png", "c.png",        "set.json",    "classes.txt",
                                      "a.txt", "b.txt", "images/a.png", "labels/a.txt"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(in_folder(names[i]));
  rmdir(in_folder("images"));
  rmdir(in_folder("labels"));
  return rmdir(folder);
}

static const char coco[] =
    "{\"images\": [{\"id\": 7, \"file_name\": \"b.png\", \"height\": 30, \"width\": 30},"
    "              {\"id\": 3, \"file_name\": \"a.png\", \"height\": 40, \"width\": 60}],"
    " \"annotations\": ["
    "  {\"image_id\": 7, \"category_id\": 20, \"bbox\": [1, 2, 10, 12.5], \"area\": 99, \"iscrowd\": 1},"
    "  {\"image_id\": 3, \"category_id\": 10, \"bbox\": [50, 30, 20, 20], \"area\": 400},"
    "  {\"image_id\": 5, \"category_id\": 10, \"bbox\": [0, 0, 1, 1]},"
    "  {\"image_id\": 3, \"category_id\": 20, \"bbox\": [5, 5, 0, 4]},"
    "  {\"image_id\": 3, \"category_id\": 99, \"bbox\": [5, 5, 4, 4]},"
    "  {\"image_id\": 7, \"category_id\": 10, \"bbox\": [3, 3, 4, 4]}],"
    " \"categories\": [{\"id\": 20, \"name\": \"ant\"}, {\"id\": 10, \"name\": \"bee\"}]}";

static fv_detection_set *open_set(const char *name, const fv_detection_set_options *options) {
  fv_detection_set *set;
  if (fv_detection_set_open(&set, in_folder(name), options)) fail_msg("%s", fv_error_message());
  return set;
}

static void coco_is_read(void **state) {
  (void)state;
  write_text("set.json", coco);
  fv_detection_set *set = open_set("set.json", NULL);
  assert_int_equal(fv_detection_set_count(set), 2);
  assert_int_equal(fv_detection_set_objects(set), 3);
  assert_string_equal(fv_detection_set_class_name(set, 0), "ant");
  assert_string_equal(fv_detection_set_class_name(set, 1), "bee");
  assert_string_equal(fv_detection_set_class_name(set, 2), "");
  const fv_annotated first = fv_detection_set_at(set, 0), second = fv_detection_set_at(set, 1);
  assert_non_null(strstr(first.path, "a.png")); /* image 3 before image 7 */
  assert_int_equal(first.width, 60);
  assert_int_equal(first.count, 1);
  assert_int_equal(first.objects[0].class_index, 1);
  assert_true(first.objects[0].box.x1 == 60 && first.objects[0].box.y1 == 40); /* cut to the picture */
  assert_true(second.objects[0].is_crowd && second.objects[0].area == 99 && second.objects[0].box.y1 == 14.5F);
  assert_int_equal(fv_detection_set_broken_count(set), 2);
  assert_non_null(strstr(fv_detection_set_broken(set, 0).message, "has no area"));
  assert_non_null(strstr(fv_detection_set_broken(set, 1).message, "has no class"));
  assert_null(fv_detection_set_broken(set, 2).name);
  assert_null(fv_detection_set_at(set, 2).path);
  assert_int_equal(fv_dataset_count(fv_detection_set_pictures(set)), 2);
  fv_detection_set_destroy(set);
}

static void parts_of_a_set(void **state) {
  (void)state;
  static const char *const names[] = {"cat", "bee"};
  write_text("set.json", coco);
  fv_detection_set *set = open_set("set.json", &(fv_detection_set_options){.classes = "bee", .single = true});
  assert_int_equal(fv_detection_set_count(set), 2);
  assert_int_equal(fv_detection_set_class_count(set), 1);
  fv_detection_set_destroy(set);
  fv_detection_set_options options = {.names = names, .name_count = 2};
  assert_int_equal(fv_detection_set_open(&set, in_folder("set.json"), &options), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "'ant'"));
  options.only_named = true;
  set = open_set("set.json", &options);
  assert_int_equal(fv_detection_set_at(set, 0).objects[0].class_index, 1);
  fv_detection_set_destroy(set);
  assert_int_equal(fv_detection_set_open(&set, in_folder("set.json"), &(fv_detection_set_options){.classes = "be"}),
                   FV_ERROR_FORMAT);
}

/* A picture that is missing or damaged is left out, and the numbers of the others go together. */
static void broken_pictures_are_left_out(void **state) {
  (void)state;
  write_text("set.json", coco);
  write_text("a.png", "no picture");
  fv_detection_set *set = open_set("set.json", NULL);
  assert_int_equal(fv_detection_set_count(set), 1);
  assert_non_null(strstr(fv_detection_set_at(set, 0).path, "b.png"));
  assert_int_equal(fv_detection_set_at(set, 0).count, 2);
  assert_int_equal(fv_detection_set_broken_count(set), 3);
  assert_non_null(strstr(fv_detection_set_broken(set, 2).message, "a.png"));
  fv_detection_set_destroy(set);
}

static void yolo_is_read(void **state) {
  (void)state;
  write_text("classes.txt", "zebra\r\nant\n\n");
  write_text("a.txt", "0 0.5 0.5 0.5 0.25\n\n1 0.1 0.1 0.1 0.1\r\n2 0.5 0.5 0.1 0.1\n1 0.5 x 0.1 0.1\n1 2 2 0.1 0.1");
  write_text("b.txt", "");
  fv_detection_set *set;
  if (fv_detection_set_open(&set, folder, NULL)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_detection_set_count(set), 2);
  const fv_annotated first = fv_detection_set_at(set, 0);
  assert_int_equal(first.count, 2);
  assert_string_equal(fv_detection_set_class_name(set, first.objects[0].class_index), "zebra");
  const fv_box *box = &first.objects[0].box;
  assert_true(box->x0 == 15 && box->x1 == 45 && box->y0 == 15 && box->y1 == 25);
  assert_int_equal(fv_detection_set_at(set, 1).count, 0);
  assert_int_equal(fv_detection_set_broken_count(set), 3);
  assert_non_null(strstr(fv_detection_set_broken(set, 0).message, "line 4"));
  assert_non_null(strstr(fv_detection_set_broken(set, 1).message, "line 5"));
  assert_non_null(strstr(fv_detection_set_broken(set, 2).message, "outside"));
  fv_detection_set_destroy(set);
}

static void refuse(const char *text, fv_status status, const char *words) {
  fv_detection_set *set;
  write_text("set.json", text);
  assert_int_equal(fv_detection_set_open(&set, in_folder("set.json"), NULL), status);
  assert_null(set);
  if (!strstr(fv_error_message(), words) || !strstr(fv_error_message(), "set.json"))
    fail_msg("'%s' does not say '%s'", fv_error_message(), words);
}

static void other_files_are_refused(void **state) {
  (void)state;
  fv_detection_set *set;
  refuse("", FV_ERROR_FORMAT, "JSON");
  refuse("{\"images\": [", FV_ERROR_FORMAT, "line 1");
  refuse("{\"images\": 3}", FV_ERROR_FORMAT, "list 'images'");
  refuse("{\"images\": [{}], \"annotations\": [], \"categories\": []}", FV_ERROR_FORMAT, "'id'");
  refuse("{\"images\": [{\"id\": 1}], \"annotations\": [], \"categories\": []}", FV_ERROR_FORMAT, "'file_name'");
  refuse("{\"images\": [], \"annotations\": [], \"categories\": []}", FV_ERROR_FORMAT, "no object");
  assert_int_equal(fv_detection_set_open(&set, folder, NULL), FV_ERROR_NOT_FOUND);
  assert_non_null(strstr(fv_error_message(), "classes.txt"));
  assert_int_equal(fv_detection_set_open(&set, in_folder("nowhere"), NULL), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_detection_set_open(&set, in_folder("a.png"), NULL), FV_ERROR_FORMAT);
  fv_detection_set_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(coco_is_read, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(parts_of_a_set, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(broken_pictures_are_left_out, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(yolo_is_read, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(other_files_are_refused, make_folder, remove_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
