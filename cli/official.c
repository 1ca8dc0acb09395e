/* The file is read once for every kind of checksum that the zoo knows. */
#include "official.h"

#include <string.h>
#include <strings.h>

#include <fovea-tools/fetch.h>

static void look_up(official *found, const char *checksum) {
  for (int32_t i = 0; fv_zoo_at(i) && !found->weights; i++) {
    const char *network = fv_zoo_at(i)->name;
    const fv_zoo_weights *w;
    for (int32_t k = 0; (w = fv_zoo_weights_at(network, k)) && !found->weights; k++)
      if (w->checksum && !strncasecmp(checksum, w->checksum, strlen(w->checksum))) *found = (official){network, w};
  }
}

fv_status official_recognise(official *found, const char *path) {
  static const char *const kinds[] = {"md5", "sha256"};
  *found = (official){.weights = NULL};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !found->weights; i++) {
    char checksum[FV_FETCH_CHECKSUM];
    fv_status status = fv_fetch_checksum(checksum, path, kinds[i]);
    if (status) return status;
    look_up(found, checksum);
  }
  return FV_OK;
}

bool official_has_name(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  for (int32_t i = 0; fv_zoo_at(i); i++)
    for (int32_t k = 0; fv_zoo_weights_at(fv_zoo_at(i)->name, k); k++)
      if (!strcmp(name, fv_zoo_weights_at(fv_zoo_at(i)->name, k)->file)) return true;
  return false;
}
