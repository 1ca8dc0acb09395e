/* Opening sets of detection. */
#include "detection_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <fovea-tools/voc.h>

#include "command.h"
#include "output.h"

enum { PATH_SIZE = 4096, LISTED = 20 };

static bool is_kind(const char *path, bool folder) {
  struct stat about;
  return !stat(path, &about) && (folder ? S_ISDIR(about.st_mode) : S_ISREG(about.st_mode));
}

/* The list of a part, "" where there is none. */
static void find_list(char list[PATH_SIZE], const char *folder, detection_part part) {
  static const char *const names[][3] = {{"train", NULL}, {"val", NULL}, {"test", "val", NULL}};
  for (int i = 0; names[part][i]; i++) {
    snprintf(list, PATH_SIZE, "%.4000s/ImageSets/Main/%s.txt", folder, names[part][i]);
    if (is_kind(list, false)) return;
  }
  list[0] = '\0';
}

static void name_broken(const fv_detection_set *set) {
  const int64_t count = fv_detection_set_broken_count(set);
  if (!count || command_quiet()) return;
  for (int64_t i = 0; i < count && i < LISTED; i++)
    command_error(COMMAND_OK, "left out: %s", fv_detection_set_broken(set, i).message);
  if (count > LISTED) command_error(COMMAND_OK, "and %" PRId64 " more are left out", count - LISTED);
}

int detection_open(fv_detection_set **set, const char *path, detection_part part,
                   const fv_detection_set_options *options) {
  char list[PATH_SIZE] = "";
  const bool is_voc = fv_voc_is_one(path), is_folder = is_kind(path, true);
  *set = NULL;
  if (is_voc && is_folder) find_list(list, path, part);
  if (part == DETECTION_VALIDATION && !list[0]) return COMMAND_OK;
  const char *from = list[0] ? list : path;
  const fv_status failed = is_voc ? fv_voc_open(set, from, options) : fv_detection_set_open(set, from, options);
  if (!failed) {
    name_broken(*set);
    return COMMAND_OK;
  }
  const int status = command_status(failed);
  return command_error(status == COMMAND_USAGE ? COMMAND_BAD_INPUT : status, "%s", fv_error_message());
}

void detection_print_classes(const fv_detection_set *set) {
  for (int32_t c = 0; c < fv_detection_set_class_count(set); c++) {
    int64_t count = 0;
    for (int64_t i = 0; i < fv_detection_set_count(set); i++) {
      const fv_annotated picture = fv_detection_set_at(set, i);
      for (int32_t k = 0; k < picture.count; k++) count += picture.objects[k].class_index == c;
    }
    if (c) fputs(", ", stdout);
    output_plain(fv_detection_set_class_name(set, c));
    printf(" %" PRId64, count);
  }
}
