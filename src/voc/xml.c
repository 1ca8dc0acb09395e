/* An annotation's XML by expat: elements are known by their depth and name, text is kept of leaves alone.
 *
 *   annotation / filename
 *              / size / width, height
 *              / object / name, difficult
 *                       / bndbox / xmin, ymin, xmax, ymax
 *
 * Boxes of parts (object / part / bndbox) lie deeper and are passed over. A file that declares entities is refused: no
 * annotation needs them, and they can stand for more text than there is memory.
 */
#include "voc/xml.h"

#include <expat.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { DEPTH = 8 };

typedef struct reader {
  fv__voc_annotation *annotation;
  XML_Parser parser;
  char names[DEPTH][32]; /* of the elements that are open */
  int depth;
  char text[FV__VOC_WORD];
  size_t length;
  bool is_annotation, has_entities, no_memory;
} reader;

static fv__voc_object *add_object(reader *r) {
  fv__voc_annotation *a = r->annotation;
  if (a->count == a->room) {
    const int32_t room = a->room ? 2 * a->room : 16;
    fv__voc_object *more = reallocarray(a->objects, (size_t)room, sizeof *more);
    if (!more) {
      r->no_memory = true;
      XML_StopParser(r->parser, XML_FALSE);
      return NULL;
    }
    a->objects = more;
    a->room = room;
  }
  const fv_box unknown = {NAN, NAN, NAN, NAN};
  a->objects[a->count] = (fv__voc_object){.object = {.box = unknown}};
  return &a->objects[a->count++];
}

static bool is_open(const reader *r, int depth, const char *name) {
  return depth < r->depth && depth < DEPTH && !strcmp(r->names[depth], name);
}

static void begin(void *context, const XML_Char *name, const XML_Char **attributes) {
  (void)attributes;
  reader *r = context;
  if (r->depth < DEPTH) {
    r->names[r->depth][0] = '\0';
    strncat(r->names[r->depth], name, sizeof r->names[0] - 1);
  }
  r->depth++;
  r->length = 0;
  if (r->depth == 1) r->is_annotation = is_open(r, 0, "annotation");
  if (r->depth == 2 && is_open(r, 1, "object")) add_object(r);
}

static void take_text(void *context, const XML_Char *text, int length) {
  reader *r = context;
  for (int i = 0; i < length && r->length + 1 < sizeof r->text; i++) r->text[r->length++] = text[i];
}

/* Without the white space around it. */
static const char *trimmed(reader *r) {
  while (r->length && strchr(" \t\r\n", r->text[r->length - 1])) r->length--;
  r->text[r->length] = '\0';
  return r->text + strspn(r->text, " \t\r\n");
}

static double number_of(const char *text) {
  double number;
  return fv__text_to_double(text, &number) ? number : (double)NAN;
}

static int32_t extent_of(const char *text) {
  const double number = number_of(text);
  return number >= 1 && number <= FV_IMAGE_MAX_SIDE ? (int32_t)number : 0;
}

static void end_of_side(fv_box *box, const char *name, const char *text) {
  const float number = (float)number_of(text);
  if (!strcmp(name, "xmin")) box->x0 = number - 1;
  if (!strcmp(name, "ymin")) box->y0 = number - 1;
  if (!strcmp(name, "xmax")) box->x1 = number;
  if (!strcmp(name, "ymax")) box->y1 = number;
}

static void end(void *context, const XML_Char *name) {
  reader *r = context;
  fv__voc_annotation *a = r->annotation;
  const char *text = trimmed(r);
  const bool in_object = is_open(r, 1, "object") && a->count;
  fv__voc_object *object = in_object ? &a->objects[a->count - 1] : NULL;
  if (r->depth == 2 && !strcmp(name, "filename")) snprintf(a->file, sizeof a->file, "%s", text);
  if (r->depth == 3 && is_open(r, 1, "size") && !strcmp(name, "width")) a->width = extent_of(text);
  if (r->depth == 3 && is_open(r, 1, "size") && !strcmp(name, "height")) a->height = extent_of(text);
  if (r->depth == 3 && object && !strcmp(name, "name")) snprintf(object->class, sizeof object->class, "%s", text);
  if (r->depth == 3 && object && !strcmp(name, "difficult")) object->object.is_difficult = !strcmp(text, "1");
  if (r->depth == 4 && object && is_open(r, 2, "bndbox")) end_of_side(&object->object.box, name, text);
  r->depth--;
  r->length = 0;
}

static void refuse_entity(void *context, const XML_Char *name, int is_parameter, const XML_Char *value, int length,
                          const XML_Char *base, const XML_Char *system_id, const XML_Char *public_id,
                          const XML_Char *notation) {
  (void)name, (void)is_parameter, (void)value, (void)length, (void)base, (void)system_id, (void)public_id;
  (void)notation;
  reader *r = context;
  r->has_entities = true;
  XML_StopParser(r->parser, XML_FALSE);
}

static fv_status judge(const reader *r, enum XML_Status status) {
  if (r->no_memory) return fail(FV_ERROR_MEMORY, "no memory for an annotation");
  if (r->has_entities) return fail(FV_ERROR_FORMAT, "it declares entities, which no annotation needs");
  if (status != XML_STATUS_OK)
    return fail(FV_ERROR_FORMAT, "line %lu: %s", (unsigned long)XML_GetCurrentLineNumber(r->parser),
                XML_ErrorString(XML_GetErrorCode(r->parser)));
  return r->is_annotation ? FV_OK : fail(FV_ERROR_FORMAT, "expected an <annotation>, found <%s>", r->names[0]);
}

fv_status fv__voc_parse(fv__voc_annotation *annotation, const char *text, size_t size) {
  reader r = {.annotation = annotation, .parser = XML_ParserCreate(NULL)};
  *annotation = (fv__voc_annotation){.count = 0};
  if (!r.parser) return fail(FV_ERROR_MEMORY, "no memory for an annotation");
  XML_SetUserData(r.parser, &r);
  XML_SetElementHandler(r.parser, begin, end);
  XML_SetCharacterDataHandler(r.parser, take_text);
  XML_SetEntityDeclHandler(r.parser, refuse_entity);
  fv_status status = judge(&r, XML_Parse(r.parser, text, (int)size, XML_TRUE));
  XML_ParserFree(r.parser);
  return status;
}

void fv__voc_clear(fv__voc_annotation *annotation) {
  free(annotation->objects);
  *annotation = (fv__voc_annotation){.count = 0};
}
