/* One annotation of Pascal VOC: text of XML to what it says. */
#ifndef FOVEA_VOC_XML_H
#define FOVEA_VOC_XML_H

#include <fovea/detection_set.h>

#include "base/fail.h"

enum { FV__VOC_WORD = 256 };

typedef struct fv__voc_object {
  char class[FV__VOC_WORD];
  fv_object object;
} fv__voc_object;

typedef struct fv__voc_annotation {
  char file[FV__VOC_WORD]; /* the picture's name, "" where it is not said */
  int32_t height, width;   /* 0 likewise */
  fv__voc_object *objects; /* owned */
  int32_t count, room;
} fv__voc_annotation;

/* At most INT_MAX bytes. End it with fv__voc_clear, also after a failure. Errors: FV_ERROR_FORMAT with the line,
 * FV_ERROR_MEMORY. */
fv_status fv__voc_parse(fv__voc_annotation *annotation, const char *text, size_t size) FV_CHECK;
void fv__voc_clear(fv__voc_annotation *annotation);

#endif
