/* Stands for the reader of VOC's annotations where expat was not there when fovea was built. */
#include <fovea-tools/voc.h>

#include <stdio.h>
#include <sys/stat.h>

bool fv_voc_is_one(const char *path) {
  char inside[4096];
  struct stat about;
  snprintf(inside, sizeof inside, "%.4000s/Annotations", path);
  return !stat(inside, &about);
}

fv_status fv_voc_open(fv_detection_set **set, const char *path, const fv_detection_set_options *options) {
  (void)path;
  (void)options;
  *set = NULL;
  return fv_error_set(FV_ERROR_UNSUPPORTED, "this fovea was built without expat, which VOC's annotations need");
}
