/* Official files of weights, recognised by their checksums wherever they lie. */
#ifndef OFFICIAL_H
#define OFFICIAL_H

#include <fovea/zoo.h>

typedef struct official {
  const char *network;           /* "VGG16" */
  const fv_zoo_weights *weights; /* NULL: the file is none of them */
} official;

/* Which official file the one at `path` is; the first network whose it is, with the classifier before without. Files
 * without a published checksum are not recognised. */
FV_CHECK fv_status official_recognise(official *found, const char *path);

/* Whether the file's name is that of an official one. */
bool official_has_name(const char *path);

#endif
