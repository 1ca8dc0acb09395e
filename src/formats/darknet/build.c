/* From the first section to the model: input, sections in turn, detections. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/layers.h>
#include <fovea/preprocessing.h>

#include "formats/darknet/sections.h"

/* ---- [yolo] */

typedef struct yolo_options {
  int32_t classes;
  double scale_x_y;
} yolo_options;

static const fv_option yolo_table[] = {
    {"classes", FV_OPTION_INT, offsetof(yolo_options, classes), "20", 1, 1 << 20, NULL, ""},
    {"scale_x_y", FV_OPTION_FLOAT, offsetof(yolo_options, scale_x_y), "1", 0.1, 10, NULL, ""},
    {.name = NULL}};

enum { ANCHORS = 64, SECTIONS_MOST = 2000 };

/* Sizes of this map's anchors, those of the mask or all. */
static fv_status read_sizes(json_t *sizes, const fv__darknet_builder *b) {
  double numbers[2 * ANCHORS], mask[ANCHORS];
  const char *anchors = fv__darknet_value(b->text, b->section, "anchors");
  const char *chosen = fv__darknet_value(b->text, b->section, "mask");
  const int32_t count = anchors ? fv__darknet_numbers(numbers, 2 * ANCHORS, anchors) / 2 : 0;
  int32_t masked = chosen ? fv__darknet_numbers(mask, ANCHORS, chosen) : 0;
  if (count < 1 || masked < 0) return fail(FV_ERROR_FORMAT, "expected anchors=width,height, ... and mask=numbers");
  for (int32_t i = 0; i < (chosen ? masked : count); i++) {
    const double place = chosen ? mask[i] : i;
    if (!(place >= 0 && place < count) || place != (int32_t)place)
      return fail(FV_ERROR_FORMAT, "mask names anchor %g of %" PRId32, place, count);
    const double *size = &numbers[2 * (int32_t)place];
    if (!(size[0] > 0) || !(size[1] > 0)) return fail(FV_ERROR_FORMAT, "an anchor of %g x %g pixels", size[0], size[1]);
    if (json_array_append_new(sizes, json_pack("[f,f]", size[0], size[1])))
      return fail(FV_ERROR_MEMORY, "no memory for anchors");
  }
  return FV_OK;
}

static fv_status add_map(fv__darknet_builder *b, const fv_shape *shape, const yolo_options *o) {
  json_t *sizes = json_array();
  fv_status status = read_sizes(sizes, b);
  const int32_t anchors = (int32_t)json_array_size(sizes);
  json_t *map = json_pack("{s:I,s:I,s:o,s:f}", "rows", (json_int_t)shape->dims[1], "columns",
                          (json_int_t)shape->dims[2], "sizes", sizes, "scale", o->scale_x_y);
  if (!status && shape->dims[3] != (int64_t)anchors * (o->classes + 5))
    status =
        fail(FV_ERROR_SHAPE, "%" PRId32 " anchors and %" PRId32 " classes want %" PRId64 " channels, found %" PRId64,
             anchors, o->classes, (int64_t)anchors * (o->classes + 5), shape->dims[3]);
  if (!status && (!map || json_array_append(b->maps, map))) status = fail(FV_ERROR_MEMORY, "no memory for anchors");
  json_decref(map);
  return status;
}

fv_status fv__darknet_yolo(fv__darknet_builder *b, fv_value *x) {
  yolo_options o = {.classes = 0};
  TRY(fv__darknet_options(&o, yolo_table, b->text, b->section));
  TRY(fv__darknet_expect(b, "new_coords", "0"));
  const fv_shape shape = fv_graph_shape(b->graph, *x);
  if (shape.rank != 4) return fail(FV_ERROR_SHAPE, "expected a map before it");
  if (b->map_count == FV__DARKNET_MAPS || (b->map_count && o.classes != b->classes))
    return fail(FV_ERROR_UNSUPPORTED, "up to %d of them, all of the same classes, are supported", FV__DARKNET_MAPS);
  TRY(add_map(b, &shape, &o));
  b->classes = o.classes;
  b->rows[b->map_count++] =
      fv_reshape(b->graph, *x, .name = fv__darknet_name(b, ""), .target_shape = {-1, o.classes + 5});
  *x = (fv_value){.node = 0};
  return FV_OK;
}

/* ---- [net] */

typedef struct net_options {
  int32_t height, width, channels;
} net_options;

static const fv_option net_table[] = {
    {"height", FV_OPTION_INT, offsetof(net_options, height), "0", 0, 1 << 16, NULL, ""},
    {"width", FV_OPTION_INT, offsetof(net_options, width), "0", 0, 1 << 16, NULL, ""},
    {"channels", FV_OPTION_INT, offsetof(net_options, channels), "0", 0, 1 << 16, NULL, ""},
    {.name = NULL}};

static fv_status build_input(fv__darknet_builder *b, fv_value *x) {
  net_options o = {.height = 0};
  if (strcmp(b->section->type, "net") != 0 && strcmp(b->section->type, "network") != 0)
    return fail(FV_ERROR_FORMAT, "expected [net] first, found [%.40s]", b->section->type);
  TRY(fv__darknet_options(&o, net_table, b->text, b->section));
  if (!o.height || !o.width || !o.channels) return fail(FV_ERROR_FORMAT, "[net] lacks height, width or channels");
  *x = fv_input(b->graph, .name = "input", .shape = {o.height, o.width, o.channels});
  return fv_graph_status(b->graph);
}

/* ---- the list */

static fv_status build_section(fv__darknet_builder *b, fv_value *x) {
  for (const fv__darknet_kind *kind = fv__darknet_kinds; kind->name; kind++) {
    const char *type = b->section->type;
    if (strcmp(type, kind->name) != 0 && (!kind->other_name || strcmp(type, kind->other_name) != 0)) continue;
    const bool reads_others = !strcmp(kind->name, "route");
    if (!x->node && !reads_others) return fail(FV_ERROR_UNSUPPORTED, "only a route can follow a [yolo]");
    b->type = kind->name;
    TRY(kind->build(b, x));
    return fv_graph_status(b->graph);
  }
  return fail(FV_ERROR_UNSUPPORTED, "such sections are not supported");
}

static fv_status build_sections(fv__darknet_builder *b, fv_value *x) {
  const int32_t count = b->text->section_count - 1;
  if (count > SECTIONS_MOST)
    return fail(FV_ERROR_UNSUPPORTED, "%" PRId32 " sections; up to %d are supported", count, SECTIONS_MOST);
  b->section = b->text->sections;
  TRY(build_input(b, x));
  for (b->at = 0; b->at < count; b->at++) {
    b->section = &b->text->sections[b->at + 1];
    fv_status status = build_section(b, x);
    if (status) return note(status, "line %" PRId32 ": [%.40s] %" PRId32, b->section->line, b->section->type, b->at);
    b->values[b->at] = *x;
  }
  return FV_OK;
}

/* All maps one below the other, or the last section; one pixel is no map. */
static fv_status finish(fv__darknet_builder *b, fv_value x) {
  fv_concatenate_options joined = {.name = "detections", .axis = 1};
  if (b->map_count > 1) {
    memcpy(joined.inputs, b->rows, sizeof b->rows);
    x = fv_concatenate_with(b->graph, &joined);
  } else if (b->map_count == 1) {
    x = b->rows[0];
  }
  const fv_shape shape = fv_graph_shape(b->graph, x);
  if (shape.rank == 4 && shape.dims[1] == 1 && shape.dims[2] == 1) x = fv_flatten(b->graph, x, .name = "flatten");
  b->rows[0] = x;
  return fv_graph_status(b->graph);
}

static fv_status describe(fv_model *model, fv__darknet_builder *b) {
  fv_preprocessing how;
  const int64_t channels = fv_model_input_shape(model, 0).dims[3];
  TRY(fv_preprocessing_parse(&how, "scale:1/255"));
  how.crop = b->map_count ? 0 : 1; /* detectors see the whole picture, classifiers a square */
  if (channels == 1 || channels == 3) TRY(fv_model_set_preprocessing(model, &how));
  if (!b->map_count) return FV_OK;
  json_t *task = json_pack("{s:s,s:s,s:O}", "kind", "detector", "code", "yolo", "maps", b->maps);
  char *text = task ? json_dumps(task, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
  fv_status status = text ? fv_model_set_task(model, text) : fail(FV_ERROR_MEMORY, "no memory for anchors");
  json_decref(task);
  free(text);
  return status;
}

fv_status fv__darknet_build(fv_model **model, const fv__darknet_text *text) {
  fv__darknet_builder b = {.text = text, .graph = fv_graph_create(), .maps = json_array()};
  fv_value x = {.node = 0};
  *model = NULL;
  b.values = calloc((size_t)text->section_count, sizeof *b.values);
  fv_status status = b.values && b.maps
                         ? build_sections(&b, &x)
                         : fail(FV_ERROR_MEMORY, "no memory for %" PRId32 " sections", text->section_count);
  if (!status) status = finish(&b, x);
  if (!status)
    status = fv_model_create(model, b.graph, b.rows[0]);
  else
    fv_graph_destroy(b.graph);
  if (!status) status = describe(*model, &b);
  json_decref(b.maps);
  free(b.values);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}
