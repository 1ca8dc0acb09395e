/* Pascal VOC's annotations: boxes from 1-based pixels, lists, whole folders; broken files listed once and left out;
 * entities refused. */
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

#include <fovea-tools/voc.h>

static char root[64], path[256];

static const char *inside(const char *name) {
  snprintf(path, sizeof path, "%s/%s", root, name);
  return path;
}

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(inside(name), "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static void write_picture(const char *name) {
  fv_image image;
  assert_int_equal(fv_image_create(&image, 50, 100, 3), FV_OK);
  assert_int_equal(fv_image_write(inside(name), &image), FV_OK);
  fv_image_destroy(&image);
}

static const char good[] = "<?xml version='1.0'?>\n<annotation><filename>other.png</filename>\n"
                           "<size><width>100</width><height>50</height><depth>3</depth></size>"
                           "<object><name> cat </name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>11</ymin>"
                           "<xmax>40</xmax><ymax>50</ymax></bndbox><part><name>head</name><bndbox><xmin>5</xmin>"
                           "<ymin>5</ymin><xmax>6</xmax><ymax>6</ymax></bndbox></part></object>"
                           "<object><name>ant</name><bndbox><xmin>90</xmin><ymin>1</ymin><xmax>110</xmax>"
                           "<ymax>5</ymax></bndbox></object>"
                           "<object><name>ant</name><bndbox><xmin>9</xmin></bndbox></object></annotation>";

static const char *const folders[] = {"Annotations", "JPEGImages", "ImageSets", "ImageSets/Main"};

static int make_folders(void **state) {
  (void)state;
  snprintf(root, sizeof root, "/tmp/fovea voc XXXXXX");
  assert_non_null(mkdtemp(root));
  for (int i = 0; i < 4; i++) assert_int_equal(mkdir(inside(folders[i]), 0700), 0);
  write_picture("JPEGImages/one.png");
  write_picture("JPEGImages/other.png");
  write_text("Annotations/one.xml", good);
  write_text("Annotations/two.xml", good);
  write_text("ImageSets/Main/test.txt", "two 1\r\n\nmissing\n");
  return 0;
}

static int remove_folders(void **state) {
  (void)state;
  static const char *const files[] = {"JPEGImages/one.png",  "JPEGImages/other.png", "Annotations/one.xml",
                                      "Annotations/two.xml", "Annotations/bad.xml",  "ImageSets/Main/test.txt"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) unlink(inside(files[i]));
  for (int i = 3; i >= 0; i--) rmdir(inside(folders[i]));
  return rmdir(root);
}

static void folders_are_read(void **state) {
  (void)state;
  fv_detection_set *set;
  assert_true(fv_voc_is_one(root));
  if (fv_voc_open(&set, root, NULL)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_detection_set_count(set), 2);
  const fv_annotated first = fv_detection_set_at(set, 0), second = fv_detection_set_at(set, 1);
  assert_non_null(strstr(first.path, "JPEGImages/one.png"));
  assert_non_null(strstr(second.path, "JPEGImages/other.png"));
  assert_int_equal(first.height, 50);
  assert_int_equal(first.count, 2);
  const fv_object *cat = &first.objects[0], *ant = &first.objects[1];
  assert_string_equal(fv_detection_set_class_name(set, cat->class_index), "cat");
  assert_true(cat->is_difficult && !ant->is_difficult);
  assert_true(cat->box.x0 == 0 && cat->box.y0 == 10 && cat->box.x1 == 40 && cat->box.y1 == 50);
  assert_true(ant->box.x0 == 89 && ant->box.x1 == 100);    /* cut to the picture */
  assert_int_equal(fv_detection_set_broken_count(set), 2); /* the box without three sides, of each */
  assert_non_null(strstr(fv_detection_set_broken(set, 0).message, "one.xml: box 3"));
  fv_detection_set_destroy(set);
}

static void lists_are_read(void **state) {
  (void)state;
  fv_detection_set *set;
  char list[256];
  snprintf(list, sizeof list, "%s", inside("ImageSets/Main/test.txt"));
  assert_true(fv_voc_is_one(list));
  if (fv_voc_open(&set, list, NULL)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_detection_set_count(set), 1);
  assert_int_equal(fv_detection_set_broken_count(set), 2);
  assert_non_null(strstr(fv_detection_set_broken(set, 1).message, "missing.xml"));
  fv_detection_set_destroy(set);
}

static void broken_annotations_are_listed(void **state) {
  (void)state;
  static const struct {
    const char *text, *words;
  } cases[] = {{"", "no element"},
               {"<annotation><object>", "line 1"},
               {"<html></html>", "expected an <annotation>"},
               {"<!DOCTYPE a [<!ENTITY b 'c'>]><annotation>&b;</annotation>", "entities"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_detection_set *set;
    write_text("Annotations/bad.xml", cases[i].text);
    if (fv_voc_open(&set, root, NULL)) fail_msg("%s", fv_error_message());
    assert_int_equal(fv_detection_set_count(set), 2);
    const char *message = fv_detection_set_broken(set, 0).message;
    if (!strstr(message, cases[i].words) || !strstr(message, "bad.xml")) fail_msg("'%s'", message);
    fv_detection_set_destroy(set);
  }
}

static void other_paths_are_refused(void **state) {
  (void)state;
  fv_detection_set *set;
  assert_false(fv_voc_is_one(inside("JPEGImages")));
  assert_false(fv_voc_is_one("nowhere.txt"));
  assert_false(fv_voc_is_one(""));
  assert_int_equal(fv_voc_open(&set, inside("JPEGImages"), NULL), FV_ERROR_FORMAT);
  assert_int_equal(fv_voc_open(&set, inside("nowhere"), NULL), FV_ERROR_NOT_FOUND);
  assert_null(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(folders_are_read, make_folders, remove_folders),
      cmocka_unit_test_setup_teardown(lists_are_read, make_folders, remove_folders),
      cmocka_unit_test_setup_teardown(broken_annotations_are_listed, make_folders, remove_folders),
      cmocka_unit_test_setup_teardown(other_paths_are_refused, make_folders, remove_folders),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
