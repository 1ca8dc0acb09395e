/* The kinds of sections, and what they build with. */
#ifndef FOVEA_FORMATS_DARKNET_SECTIONS_H
#define FOVEA_FORMATS_DARKNET_SECTIONS_H

#include <jansson.h>

#include "formats/darknet/darknet.h"

enum { FV__DARKNET_MAPS = 8 };

typedef struct fv__darknet_builder {
  const fv__darknet_text *text;
  const fv__darknet_section *section; /* at work */
  const char *type;                   /* its whole word, "convolutional" */
  int32_t at;                         /* its number, from 0 behind [net] */
  fv_graph *graph;
  fv_value *values; /* of the sections so far; the empty value: nobody may read it */
  char name[64];

  /* of [yolo] */
  fv_value rows[FV__DARKNET_MAPS]; /* (anchors, 5 + classes) each */
  int32_t map_count, classes;
  json_t *maps; /* as in a detector's task */
} fv__darknet_builder;

typedef struct fv__darknet_kind {
  const char *name, *other_name;                           /* other_name may be NULL */
  fv_status (*build)(fv__darknet_builder *b, fv_value *x); /* *x: the section before, then this one */
} fv__darknet_kind;

extern const fv__darknet_kind fv__darknet_kinds[]; /* ended by a name NULL */

/* "convolutional_3" and a part behind it, in b->name. */
const char *fv__darknet_name(fv__darknet_builder *b, const char *part);

/* FV_ERROR_UNSUPPORTED unless the key is not there or has its normal value ("": none). */
fv_status fv__darknet_expect(const fv__darknet_builder *b, const char *key, const char *normal) FV_CHECK;

/* [yolo]: the map before it as rows, and its anchors. */
fv_status fv__darknet_yolo(fv__darknet_builder *b, fv_value *x) FV_CHECK;

#endif
