/* Boxes: overlaps, their gradients, suppression, matching and offsets are torchvision's (tools/make-boxes); gradients
 * are those of central differences; soft suppression by hand; learnt anchors find the sizes a set was made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/boxes.h>

#include "support/golden.h"
#include "support/train.h"

static json_t *reference;

static int load(void **state) {
  (void)state;
  reference = golden_json("boxes.json");
  return reference ? 0 : -1;
}

static int unload(void **state) {
  (void)state;
  json_decref(reference);
  return 0;
}

/* The caller frees. */
static float *numbers(const char *part, const char *name, int64_t *count) {
  float *read = train_numbers(json_object_get(json_object_get(reference, part), name), count);
  assert_non_null(read);
  return read;
}

static void assert_near(double found, double expected, double tolerance, const char *what, int64_t at) {
  if (!(fabs(found - expected) <= tolerance * (1 + fabs(expected))))
    fail_msg("%s %d: expected %.9g, found %.9g", what, (int)at, expected, found);
}

static const struct {
  fv_overlap kind;
  const char *name, *gradient;
} kinds[] = {{FV_OVERLAP_IOU, "iou", NULL},
             {FV_OVERLAP_GIOU, "giou", "giou_gradient"},
             {FV_OVERLAP_DIOU, "diou", "diou_gradient"},
             {FV_OVERLAP_CIOU, "ciou", "ciou_gradient"}};

static void overlaps_are_torchvisions(void **state) {
  (void)state;
  int64_t count;
  float *a = numbers("overlap", "a", &count), *b = numbers("overlap", "b", NULL);
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    float *expected = numbers("overlap", kinds[k].name, NULL);
    float *slopes = kinds[k].gradient ? numbers("overlap", kinds[k].gradient, NULL) : NULL;
    for (int64_t i = 0; i < count / 4; i++) {
      double gradient[4];
      const fv_box *x = (const fv_box *)a + i, *y = (const fv_box *)b + i;
      assert_near(fv_box_overlap(kinds[k].kind, x, y, gradient), (double)expected[i], 1e-6, kinds[k].name, i);
      for (int c = 0; slopes && c < 4; c++)
        assert_near(gradient[c], (double)slopes[4 * i + c], 1e-6, kinds[k].gradient, 4 * i + c);
    }
    free(expected);
    free(slopes);
  }
  free(a);
  free(b);
}

/* CIoU has a constant in its gradient: the numbers above check it. */
static void gradients_are_differences(void **state) {
  (void)state;
  static const fv_box pairs[][2] = {
      {{10, 12, 50, 40}, {20, 8, 60, 33}}, {{0, 0, 4, 4}, {10, 10, 14, 15}}, {{30, 30, 40, 45}, {20, 20, 60, 60}}};
  const float step = 1.0F / 64;
  for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++)
    for (int kind = FV_OVERLAP_IOU; kind <= FV_OVERLAP_DIOU; kind++) {
      double gradient[4];
      fv_box_overlap((fv_overlap)kind, &pairs[p][0], &pairs[p][1], gradient);
      for (int side = 0; side < 4; side++) {
        float low[4], high[4];
        memcpy(low, &pairs[p][0], sizeof low);
        memcpy(high, low, sizeof high);
        low[side] -= step;
        high[side] += step;
        const double rise = fv_box_overlap((fv_overlap)kind, (const fv_box *)high, &pairs[p][1], NULL) -
                            fv_box_overlap((fv_overlap)kind, (const fv_box *)low, &pairs[p][1], NULL);
        assert_near(gradient[side], rise / (2 * (double)step), 1e-5, "gradient", side);
      }
    }
}

static void boxes_without_area_overlap_nothing(void **state) {
  (void)state;
  const fv_box none = {5, 5, 5, 5}, box = {0, 0, 10, 10}, inside_out = {9, 9, 3, 3};
  assert_true(fv_box_overlap(FV_OVERLAP_IOU, &none, &box, NULL) == 0);
  assert_true(fv_box_overlap(FV_OVERLAP_IOU, &box, &inside_out, NULL) == 0);
  assert_true(fv_box_area(&inside_out) == 0);
  double gradient[4];
  for (int kind = FV_OVERLAP_IOU; kind <= FV_OVERLAP_CIOU; kind++) {
    assert_true(isfinite(fv_box_overlap((fv_overlap)kind, &none, &none, gradient)));
    for (int i = 0; i < 4; i++) assert_true(isfinite(gradient[i]));
  }
  const fv_box bounds = {2, 2, 6, 20}, cut = fv_box_clip(&box, &bounds);
  assert_true(cut.x0 == 2 && cut.y0 == 2 && cut.x1 == 6 && cut.y1 == 10);
}

static void assert_kept(const int32_t *kept, int32_t count, const json_t *expected, const char *what) {
  assert_int_equal(count, json_array_size(expected));
  for (int32_t i = 0; i < count; i++)
    assert_near(kept[i], (double)json_integer_value(json_array_get(expected, (size_t)i)), 0, what, i);
}

static void suppression_is_torchvisions(void **state) {
  (void)state;
  int64_t count;
  const json_t *part = json_object_get(reference, "suppression");
  float *boxes = numbers("suppression", "boxes", &count), *scores = numbers("suppression", "scores", NULL);
  int32_t classes[120], kept[120];
  assert_int_equal(count, 4 * 120);
  for (size_t i = 0; i < 120; i++)
    classes[i] = (int32_t)json_integer_value(json_array_get(json_object_get(part, "classes"), i));
  static const char *const overlaps[] = {"0.3", "0.5", "0.7"};
  for (int i = 0; i < 3; i++) {
    const fv_suppress_options options = {.overlap = strtod(overlaps[i], NULL)};
    const int32_t stay = fv_boxes_suppress(kept, (const fv_box *)boxes, scores, NULL, 120, &options);
    assert_kept(kept, stay, json_object_get(json_object_get(part, "hard"), overlaps[i]), overlaps[i]);
  }
  assert_kept(kept, fv_boxes_suppress(kept, (const fv_box *)boxes, scores, classes, 120, NULL),
              json_object_get(part, "by_class"), "by class");
  free(boxes);
  free(scores);
}

static void soft_suppression_lowers_scores(void **state) {
  (void)state;
  /* The second overlaps the first by 1/3, the third neither. */
  const fv_box boxes[] = {{0, 0, 10, 10}, {5, 0, 15, 10}, {40, 40, 50, 50}};
  int32_t kept[3];
  float linear[] = {0.9F, 0.8F, 0.7F}, gaussian[] = {0.9F, 0.8F, 0.7F}, broken[] = {NAN, 0.5F, 0.5F};
  fv_suppress_options options = {.kind = FV_SUPPRESSION_LINEAR, .overlap = 0.3};
  assert_int_equal(fv_boxes_suppress(kept, boxes, linear, NULL, 3, &options), 3);
  assert_int_equal(kept[0], 0);
  assert_int_equal(kept[1], 2); /* the second sank below the third */
  assert_near((double)linear[1], 0.8 * 2 / 3, 1e-6, "linear", 1);
  options = (fv_suppress_options){.kind = FV_SUPPRESSION_GAUSSIAN, .lowest_score = 0.69, .most = 2};
  assert_int_equal(fv_boxes_suppress(kept, boxes, gaussian, NULL, 3, &options), 2);
  assert_near((double)gaussian[1], 0.8 * exp(-1.0 / 9 / 0.5), 1e-6, "gaussian", 1);
  assert_int_equal(fv_boxes_suppress(kept, boxes, broken, NULL, 3, NULL), 2);
  assert_int_equal(kept[0], 1); /* equal scores: the earlier first */
  assert_int_equal(fv_boxes_suppress(kept, boxes, linear, NULL, 0, NULL), 0);
}

static void matching_is_torchvisions(void **state) {
  (void)state;
  int64_t anchors_count, objects_count;
  float *anchors = numbers("matching", "anchors", &anchors_count);
  float *objects = numbers("matching", "objects", &objects_count);
  const int32_t count = (int32_t)(anchors_count / 4);
  int32_t matches[150];
  assert_int_equal(count, 150);
  for (int best = 0; best < 2; best++) {
    const fv_match_options options = {0.5, best ? 0 : 0.4, !best};
    assert_int_equal(fv_boxes_match(matches, (const fv_box *)anchors, count, (const fv_box *)objects,
                                    (int32_t)(objects_count / 4), &options),
                     FV_OK);
    assert_kept(matches, count,
                json_object_get(json_object_get(reference, "matching"), best ? "best_too" : "thresholds"), "match");
  }
  free(anchors);
  free(objects);
}

/* Two objects whose best anchor is the same: both get one. */
static void every_object_has_an_anchor(void **state) {
  (void)state;
  const fv_box anchors[] = {{0, 0, 10, 10}, {8, 0, 18, 10}, {50, 50, 60, 60}};
  const fv_box objects[] = {{1, 0, 9, 9}, {0, 0, 10, 9}};
  int32_t matches[3];
  assert_int_equal(fv_boxes_match(matches, anchors, 3, objects, 2, NULL), FV_OK);
  assert_int_equal(matches[0], 1);
  assert_int_equal(matches[1], 0);
  assert_int_equal(matches[2], FV_MATCH_NONE);
  assert_int_equal(fv_boxes_match(matches, anchors, 1, objects, 2, NULL), FV_OK); /* more objects than anchors */
  assert_int_equal(matches[0], 1);
  assert_int_equal(fv_boxes_match(matches, anchors, 3, NULL, 0, NULL), FV_OK);
  assert_int_equal(matches[0], FV_MATCH_NONE);
}

static void offsets_are_torchvisions(void **state) {
  (void)state;
  int64_t count;
  float *boxes = numbers("offsets", "boxes", &count), *anchors = numbers("offsets", "anchors", NULL);
  float *codes = numbers("offsets", "codes", NULL), *wild = numbers("offsets", "wild", NULL);
  float *decoded = numbers("offsets", "decoded", NULL), found[4];
  for (int64_t i = 0; i < count / 4; i++) {
    const fv_box *box = (const fv_box *)boxes + i, *anchor = (const fv_box *)anchors + i;
    fv_box_encode(found, box, anchor);
    for (int c = 0; c < 4; c++) assert_near((double)found[c], (double)codes[4 * i + c], 2e-6, "code", 4 * i + c);
    const fv_box back = fv_box_decode(found, anchor), far = fv_box_decode(wild + 4 * i, anchor);
    for (int c = 0; c < 4; c++) {
      assert_near((double)((const float *)&back)[c], (double)boxes[4 * i + c], 2e-6, "box", 4 * i + c);
      assert_near((double)((const float *)&far)[c], (double)decoded[4 * i + c], 2e-6, "decoded", 4 * i + c);
    }
  }
  free(boxes);
  free(anchors);
  free(codes);
  free(wild);
  free(decoded);
}

static void anchors_stand_in_a_grid(void **state) {
  (void)state;
  const fv_box_size sizes[] = {{10, 20}, {4, 4}};
  fv_box anchors[2 * 3 * 2];
  fv_anchors_grid(anchors, 2, 3, 40, 90, sizes, 2);
  const fv_box *last = &anchors[10]; /* second row, third column, first size */
  assert_true(last->x0 == 70 && last->x1 == 80 && last->y0 == 20 && last->y1 == 40);
  assert_true(anchors[1].x0 == 13 && anchors[1].y1 == 12);
}

static void sizes_are_learnt(void **state) {
  (void)state;
  fv_box_size boxes[90], sizes[3];
  double overlap;
  for (int i = 0; i < 90; i++) {
    const float off = (float)(i / 3 % 5 - 2);
    boxes[i] = i % 3 == 0   ? (fv_box_size){20 + off, 20}
               : i % 3 == 1 ? (fv_box_size){60, 40 + off}
                            : (fv_box_size){100 + off, 100};
  }
  assert_int_equal(fv_anchors_learn(sizes, 3, boxes, 90, 1, &overlap), FV_OK);
  static const float expected[] = {20, 20, 60, 40, 100, 100};
  for (int i = 0; i < 3; i++) {
    assert_near((double)sizes[i].width, (double)expected[2 * i], 1e-6, "width", i);
    assert_near((double)sizes[i].height, (double)expected[2 * i + 1], 1e-6, "height", i);
  }
  assert_true(overlap > 0.95 && overlap < 1);
  assert_int_equal(fv_anchors_learn(sizes, 3, boxes, 2, 1, NULL), FV_ERROR_INVALID);
  boxes[1].width = 0;
  assert_int_equal(fv_anchors_learn(sizes, 3, boxes, 90, 1, NULL), FV_ERROR_INVALID);
  const fv_box_size alike[] = {{5, 5}, {5, 5}, {5, 5}};
  assert_int_equal(fv_anchors_learn(sizes, 3, alike, 3, 1, &overlap), FV_OK);
  assert_true(overlap == 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(overlaps_are_torchvisions),
      cmocka_unit_test(gradients_are_differences),
      cmocka_unit_test(boxes_without_area_overlap_nothing),
      cmocka_unit_test(suppression_is_torchvisions),
      cmocka_unit_test(soft_suppression_lowers_scores),
      cmocka_unit_test(matching_is_torchvisions),
      cmocka_unit_test(every_object_has_an_anchor),
      cmocka_unit_test(offsets_are_torchvisions),
      cmocka_unit_test(anchors_stand_in_a_grid),
      cmocka_unit_test(sizes_are_learnt),
  };
  return cmocka_run_group_tests(tests, load, unload);
}
