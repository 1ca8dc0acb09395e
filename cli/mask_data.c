/* Opening sets of masks. */
#include "mask_data.h"

#include <inttypes.h>
#include <stdio.h>

#include <fovea/labels.h>

#include "command.h"
#include "output.h"

enum { LISTED = 20 };

static void name_broken(const fv_mask_set *set) {
  const int64_t count = fv_mask_set_broken_count(set);
  if (!count || command_quiet()) return;
  for (int64_t i = 0; i < count && i < LISTED; i++)
    command_error(COMMAND_OK, "left out: %s", fv_mask_set_broken(set, i).message);
  if (count > LISTED) command_error(COMMAND_OK, "and %" PRId64 " more are left out", count - LISTED);
}

int mask_data_open(fv_mask_set **set, const char *path, const fv_mask_set_options *options, const fv_model *model) {
  fv_mask_set_options how = *options;
  fv_mask_key key;
  const char *names[FV_MASK_CLASSES];
  *set = NULL;
  if (model) {
    const fv_status failed = fv_segmenter_key(&key, model);
    if (failed) return command_fail(failed);
    for (int32_t i = 0; i < key.count; i++) names[i] = fv_model_label(model, i).name;
    how.key = &key;
    how.names = names;
  }
  const fv_status failed = fv_mask_set_open(set, path, &how);
  if (!failed) {
    name_broken(*set);
    return COMMAND_OK;
  }
  const int status = command_status(failed);
  return command_error(status == COMMAND_USAGE ? COMMAND_BAD_INPUT : status, "%s", fv_error_message());
}

void mask_data_print_classes(const fv_mask_set *set) {
  const int32_t count = fv_mask_set_key(set)->count;
  int64_t all = 0;
  for (int32_t i = 0; i < count; i++) all += fv_mask_set_pixels(set, i);
  for (int32_t i = 0; i < count; i++) {
    if (i) fputs(", ", stdout);
    output_plain(fv_mask_set_class_names(set)[i]);
    printf(" %.3g %%", all ? 100 * (double)fv_mask_set_pixels(set, i) / (double)all : 0);
  }
  if (fv_mask_set_pixels(set, FV_MASK_IGNORED))
    printf("; %" PRId64 " pixels do not count", fv_mask_set_pixels(set, FV_MASK_IGNORED));
}
