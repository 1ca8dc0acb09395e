/* Average precision of a detector on a set, as text and JSON. */
#include "evaluate_detection.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea/labels.h>

#include "command.h"
#include "detection_data.h"
#include "interrupt.h"
#include "output.h"

static const struct {
  const char *key, *text;
  size_t offset;
} numbers[] = {
    {"ap", "AP, IoU 0.50 to 0.95", offsetof(fv_precision_numbers, ap)},
    {"ap50", "AP, IoU 0.50", offsetof(fv_precision_numbers, ap50)},
    {"ap75", "AP, IoU 0.75", offsetof(fv_precision_numbers, ap75)},
    {"ap_small", "AP, small objects", offsetof(fv_precision_numbers, small)},
    {"ap_medium", "AP, medium objects", offsetof(fv_precision_numbers, medium)},
    {"ap_large", "AP, large objects", offsetof(fv_precision_numbers, large)},
    {"recall_1", "recall, 1 box a picture", offsetof(fv_precision_numbers, recall1)},
    {"recall_10", "recall, 10 boxes", offsetof(fv_precision_numbers, recall10)},
    {"recall_100", "recall, 100 boxes", offsetof(fv_precision_numbers, recall100)},
    {"recall_small", "recall, small objects", offsetof(fv_precision_numbers, recall_small)},
    {"recall_medium", "recall, medium objects", offsetof(fv_precision_numbers, recall_medium)},
    {"recall_large", "recall, large objects", offsetof(fv_precision_numbers, recall_large)},
    {"voc", "VOC, area under the curve", offsetof(fv_precision_numbers, voc)},
    {"voc11", "VOC, eleven points", offsetof(fv_precision_numbers, voc11)},
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

static double number_of(const fv_precision_numbers *from, int place) {
  double number;
  memcpy(&number, (const char *)from + numbers[place].offset, sizeof number);
  return number;
}

/* ---- printing ---- */

static void print_json_numbers(const fv_precision_numbers *from) {
  for (int i = 0; i < NUMBERS; i++) {
    const double number = number_of(from, i);
    printf(isfinite(number) ? "%s\"%s\": %.9g" : "%s\"%s\": null", i ? ", " : "", numbers[i].key, number);
  }
}

static void print_json(const fv_average_precision_report *r, const fv_detection_set *set, double mean_overlap) {
  printf("{\"pictures\": %" PRId64 ", ", r->pictures);
  print_json_numbers(&r->mean);
  if (isfinite(mean_overlap)) printf(", \"mean_iou\": %.9g", mean_overlap);
  fputs(", \"classes\": [", stdout);
  for (int32_t c = 0; c < r->class_count; c++) {
    printf("%s\n  {\"name\": ", c ? "," : "");
    output_json(fv_detection_set_class_name(set, c));
    printf(", \"objects\": %" PRId64 ", \"found\": %" PRId64 ", ", r->known[c], r->found[c]);
    print_json_numbers(&r->classes[c]);
    putchar('}');
  }
  puts("]}");
}

static void print_number(double number) {
  if (isfinite(number))
    printf("  %6.4f", number);
  else
    fputs("       -", stdout);
}

static void print_text(const fv_average_precision_report *r, const fv_detection_set *set, double mean_overlap) {
  printf("%" PRId64 " picture%s: AP50 %.4f, AP %.4f\n", r->pictures, r->pictures == 1 ? "" : "s", r->mean.ap50,
         r->mean.ap);
  if (isfinite(mean_overlap)) printf("one object a picture: mean IoU of the best box %.4f\n", mean_overlap);
  puts("\n      AP    AP50    AP75     VOC  objects  class");
  for (int32_t c = 0; c < r->class_count; c++) {
    const fv_precision_numbers *n = &r->classes[c];
    print_number(n->ap);
    print_number(n->ap50);
    print_number(n->ap75);
    print_number(n->voc);
    printf("  %7" PRId64 "  ", r->known[c]);
    output_plain(fv_detection_set_class_name(set, c));
    putchar('\n');
  }
  putchar('\n');
  for (int i = 0; i < NUMBERS; i++) {
    print_number(number_of(&r->mean, i));
    printf("  %s\n", numbers[i].text);
  }
}

/* ---- measuring ---- */

static bool on_picture(void *context, int64_t done, int64_t total) {
  (void)context;
  if (isatty(STDERR_FILENO) && !command_quiet())
    fprintf(stderr, "\r%" PRId64 " of %" PRId64 " pictures%s", done, total, done == total ? "\r\033[K" : "");
  return !interrupt_came();
}

/* The mean IoU of the best box with the one object of each picture; a picture without a box counts 0. */
static fv_status measure_single(double *mean, fv_model *model, const fv_detection_set *set,
                                const fv_detect_options *options) {
  fv_detector *detector;
  fv_detect_options how = *options;
  how.score = how.score > 0 ? how.score : 0.01;
  how.suppress.most = 1;
  fv_status status = fv_detector_create(&detector, model, &how);
  double sum = 0;
  const int64_t count = fv_detection_set_count(set);
  for (int64_t i = 0; i < count && !status; i++) {
    const fv_annotated known = fv_detection_set_at(set, i);
    fv_image image;
    fv_found found;
    if ((status = fv_image_read(&image, known.path))) break;
    status = fv_detect(&found, detector, &image);
    fv_image_destroy(&image);
    if (!status && found.count)
      sum += fv_box_overlap(FV_OVERLAP_IOU, &found.objects[0].box, &known.objects[0].box, NULL);
  }
  fv_detector_destroy(detector);
  *mean = sum / (double)count;
  return status;
}

static int measure(fv_model *model, const fv_detection_set *set, const evaluate_detection_options *o) {
  fv_average_precision *scores;
  fv_average_precision_report report;
  double mean_overlap = (double)NAN;
  interrupt_listen();
  fv_status failed = fv_detector_evaluate(&scores, model, set, &o->detect, on_picture, NULL);
  if (failed == FV_ERROR_STOPPED) return command_error(COMMAND_STOPPED, "stopped");
  if (!failed && o->single) failed = measure_single(&mean_overlap, model, set, &o->detect);
  if (!failed) failed = fv_average_precision_measure(&report, scores);
  if (!failed && o->json)
    print_json(&report, set, mean_overlap);
  else if (!failed)
    print_text(&report, set, mean_overlap);
  fv_average_precision_destroy(scores);
  return failed ? command_fail(failed) : COMMAND_OK;
}

int evaluate_detection(fv_model *model, const char *data, const evaluate_detection_options *o) {
  const int32_t count = fv_model_label_count(model);
  const char **names = calloc((size_t)count + 1, sizeof *names);
  fv_detection_set *set = NULL;
  if (!names) return command_error(COMMAND_RESOURCES, "no memory for class names");
  for (int32_t i = 0; i < count; i++) names[i] = fv_model_label(model, i).name;
  const fv_detection_set_options how = {.classes = o->classes,
                                        .single = o->single,
                                        .names = count ? names : NULL,
                                        .name_count = count,
                                        .only_named = true};
  int status = detection_open(&set, data, o->training ? DETECTION_TRAINING : DETECTION_TEST, &how);
  if (status == COMMAND_OK) status = measure(model, set, o);
  fv_detection_set_destroy(set);
  free(names);
  return status;
}
