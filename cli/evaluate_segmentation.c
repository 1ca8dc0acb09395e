/* IoU, Dice and edges of a segmenter on a set, as text and JSON. */
#include "evaluate_segmentation.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include <fovea-tools/figure.h>

#include "command.h"
#include "interrupt.h"
#include "mask_data.h"
#include "output.h"

/* ---- printing ---- */

static void print_json_number(const char *key, double number) {
  printf(isfinite(number) ? "\"%s\": %.9g" : "\"%s\": null", key, number);
}

static void print_json_numbers(const fv_mask_numbers *n) {
  const struct {
    const char *key;
    double number;
  } all[] = {{"iou", n->iou},
             {"dice", n->dice},
             {"boundary_f1", n->boundary_f1},
             {"precision", n->precision},
             {"recall", n->recall}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (i) fputs(", ", stdout);
    print_json_number(all[i].key, all[i].number);
  }
}

static void print_json(const fv_mask_report *r, const fv_mask_set *set) {
  printf("{\"pictures\": %" PRId64 ", \"pixels\": %" PRId64 ", ", r->pictures, r->pixels);
  print_json_number("accuracy", r->accuracy);
  fputs(", \"mean\": {", stdout);
  print_json_numbers(&r->mean);
  fputs("}, \"classes\": [", stdout);
  for (int32_t c = 0; c < r->class_count; c++) {
    printf("%s\n  {\"name\": ", c ? "," : "");
    output_json(fv_mask_set_class_names(set)[c]);
    fputs(", ", stdout);
    print_json_numbers(&r->classes[c]);
    printf(", \"known\": %" PRId64 ", \"found\": %" PRId64 "}", r->classes[c].known, r->classes[c].found);
  }
  fputs("],\n \"confusion\": [", stdout);
  for (int32_t i = 0; i < r->class_count; i++)
    for (int32_t k = 0; k < r->class_count; k++)
      printf("%s%" PRId64 "%s",
             k   ? ", "
             : i ? ", ["
                 : "[",
             r->confusion[i * r->class_count + k], k + 1 < r->class_count ? "" : "]");
  puts("]}");
}

static void print_number(double number) {
  if (isfinite(number))
    printf("  %6.4f", number);
  else
    fputs("       -", stdout);
}

static void print_line(const fv_mask_numbers *n, double share, const char *name) {
  print_number(n->iou);
  print_number(n->dice);
  print_number(n->boundary_f1);
  print_number(n->precision);
  print_number(n->recall);
  printf("  %5.1f %%  ", 100 * share);
  output_plain(name);
  putchar('\n');
}

static void print_text(const fv_mask_report *r, const fv_mask_set *set) {
  const double all = r->pixels ? (double)r->pixels : 1;
  printf("%" PRId64 " pictures: mean IoU %.4f, mean Dice %.4f, pixels right %.4f\n\n", r->pictures, r->mean.iou,
         r->mean.dice, r->accuracy);
  puts("     IoU    Dice  edge F1  precis  recall    share  class");
  for (int32_t c = 0; c < r->class_count; c++)
    print_line(&r->classes[c], (double)r->classes[c].known / all, fv_mask_set_class_names(set)[c]);
  print_line(&r->mean, (double)r->mean.known / all, "mean");
}

/* ---- measuring ---- */

static bool on_picture(void *context, int64_t done, int64_t total) {
  (void)context;
  if (isatty(STDERR_FILENO) && !command_quiet())
    fprintf(stderr, "\r%" PRId64 " of %" PRId64 " pictures%s", done, total, done == total ? "\r\033[K" : "");
  return !interrupt_came();
}

static int measure(fv_model *model, const fv_mask_set *set, const evaluate_segmentation_options *o) {
  fv_mask_scores *scores;
  fv_mask_report report;
  interrupt_listen();
  fv_status failed = fv_segmenter_evaluate(&scores, model, set, &o->segment, on_picture, NULL);
  if (failed == FV_ERROR_STOPPED) return command_error(COMMAND_STOPPED, "stopped");
  if (failed == FV_ERROR_INVALID) return command_usage("%s", fv_error_message());
  if (failed) return command_fail(failed);
  fv_mask_scores_measure(&report, scores);
  if (o->json)
    print_json(&report, set);
  else
    print_text(&report, set);
  if (o->figure)
    failed = fv_figure_confusion(o->figure, NULL, report.confusion, fv_mask_set_class_names(set), report.class_count);
  fv_mask_scores_destroy(scores);
  return failed ? command_fail_output(failed) : COMMAND_OK;
}

int evaluate_segmentation(fv_model *model, const char *data, const evaluate_segmentation_options *o) {
  fv_mask_set *set = NULL;
  int status = mask_data_open(&set, data, &(fv_mask_set_options){.masks = o->masks}, model);
  if (status == COMMAND_OK) status = measure(model, set, o);
  fv_mask_set_destroy(set);
  return status;
}
