/* See planes.h. */
#include "planes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <fovea-tools/figure.h>

#include "pictures.h"

const char *const planes_scales[] = {"clip", "auto", "none", NULL};

int planes_read(fv_image *image, bool upright, char **arguments) {
  *image = (fv_image){0};
  fv_status failed;
  if (!strcmp(arguments[0], "-")) {
    picture_list list;
    int status = pictures_collect(&list, upright, 1, arguments);
    failed =
        status ? FV_OK : fv_image_decode(image, list.pictures[0].bytes, list.pictures[0].byte_count, "standard input");
    pictures_free(&list);
    if (status) return status;
  } else {
    failed = fv_image_read(image, arguments[0]);
  }
  if (!failed && upright) failed = fv_image_upright(image);
  if (failed) fv_image_destroy(image);
  return failed ? command_fail(failed) : COMMAND_OK;
}

/* The folder of `path`, as realpath gives it, freed by the caller, and the name within it; NULL where it is not there.
 */
static char *split(const char *path, const char **name) {
  const char *slash = strrchr(path, '/');
  *name = slash ? slash + 1 : path;
  char *folder = slash ? strndup(path, (size_t)(*name - path)) : strdup(".");
  char *real = folder ? realpath(folder, NULL) : NULL;
  free(folder);
  return real;
}

bool planes_same_file(const char *a, const char *b) {
  const char *name_a, *name_b;
  char *folder_a = split(a, &name_a), *folder_b = split(b, &name_b);
  const bool known = folder_a && folder_b;
  const bool same = known ? !strcmp(folder_a, folder_b) && !strcmp(name_a, name_b) : !strcmp(a, b);
  free(folder_a);
  free(folder_b);
  return same;
}

int planes_check(int argument_count, const char *output, const char *figure, bool can_draw) {
  if (argument_count == 0) return command_usage("the image is missing: name a file, or - for standard input");
  if (argument_count != 1) return command_usage("expected one image, found %d", argument_count);
  if (!output && !figure)
    return command_usage(can_draw ? "nothing to write: give -o FILE, --figure FILE or both"
                                  : "nothing to write: give -o FILE");
  fv_status failed = output && !planes_is_numbers(output) ? fv_image_check_name(output) : FV_OK;
  if (!failed && figure) failed = fv_figure_check_name(figure);
  if (failed) return command_fail(failed);
  if (output && figure && planes_same_file(output, figure))
    return command_usage("-o and --figure name the same file, %s", output);
  return COMMAND_OK;
}

bool planes_is_numbers(const char *path) {
  size_t length = strlen(path);
  return length >= 4 && !strcasecmp(path + length - 4, ".npy");
}

int planes_write_failed(fv_status status) {
  return status == FV_ERROR_INVALID ? command_fail(status) : command_fail_output(status);
}

int planes_write_image(const char *path, const fv_image *image) {
  fv_status status = fv_image_write(path, image);
  return status ? planes_write_failed(status) : COMMAND_OK;
}

int planes_write(const char *path, const fv_tensor *numbers, fv_image_scale scale) {
  fv_status status;
  if (planes_is_numbers(path)) {
    status = fv_npy_write(path, numbers);
    return status ? planes_write_failed(status) : COMMAND_OK;
  }
  fv_image image;
  status = fv_image_from_tensor(&image, numbers, scale);
  if (status) return command_fail_about(path, status);
  int exit_status = planes_write_image(path, &image);
  fv_image_destroy(&image);
  return exit_status;
}

bool planes_windows_touch(fv_pair size, fv_pair stride) {
  return stride.height <= size.height && stride.width <= size.width;
}

/* "row 30", "columns 44 and 45", "rows 28 to 30". */
static void print_range(const char *what, int32_t size, int32_t left_out) {
  if (left_out == 1)
    fprintf(stderr, "%s %" PRId32, what, size - 1);
  else
    fprintf(stderr, "%ss %" PRId32 " %s %" PRId32, what, size - left_out, left_out == 2 ? "and" : "to", size - 1);
}

/* One padding serves both directions when it fits both. */
static void print_remedy(const fv_sweep_report *report, bool same_helps) {
  int32_t rows = report->fitting_padding.height, columns = report->fitting_padding.width;
  bool need_rows = report->left_out.height > 0, need_columns = report->left_out.width > 0;
  if ((need_rows && rows < 0) || (need_columns && columns < 0))
    fprintf(stderr, "; %s leaves none out\n", same_helps ? "--padding same" : "a smaller stride");
  else if (need_rows && need_columns && rows != columns)
    fprintf(stderr, "; padding %" PRId32 " fits the rows, %" PRId32 " the columns, %s takes both in\n", rows, columns,
            same_helps ? "same" : "a smaller stride");
  else
    fprintf(stderr, "; --padding %" PRId32 " fits\n", need_rows ? rows : columns);
}

void planes_remark(const fv_sweep_report *report, int32_t height, int32_t width, bool same_helps) {
  bool rows = report->left_out.height > 0, columns = report->left_out.width > 0;
  if (command_quiet() || (!rows && !columns)) return;
  fputs("fovea: the stride does not fit ", stderr);
  fprintf(stderr, "%" PRId32 " x %" PRId32 " pixels: ", height, width);
  if (rows) print_range("row", height, report->left_out.height);
  if (rows && columns) fputs(" and ", stderr);
  if (columns) print_range("column", width, report->left_out.width);
  bool several = (rows && columns) || report->left_out.height + report->left_out.width > 1;
  fprintf(stderr, " (from 0) %s left out", several ? "are" : "is");
  print_remedy(report, same_helps);
}
