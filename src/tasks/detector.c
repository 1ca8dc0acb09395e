/* What a detector says of itself, and back.
 *
 *   {"kind": "detector", "maps": [{"rows": 20, "columns": 20, "sizes": [[width, height], ...]}, ...]}
 *
 * With "code": "yolo" rows are in YOLO's code (detector_yolo.c), and a map's "scale" is its reach in cells.
 */
#include "tasks/detector.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { SIZES_MOST = 64, CELLS_MOST = 1 << 16 };

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for anchors"); }

/* Extents of the input and of the output; false where they are not a detector's. */
static bool look(fv__anchors *anchors, const fv_model *model) {
  if (fv_model_input_count(model) != 1 || fv_model_output_count(model) != 1) return false;
  const fv_shape in = fv_model_input_shape(model, 0), out = fv_model_output_shape(model, 0);
  if (in.rank != 4 || out.rank != 3 || in.dims[1] < 1 || in.dims[2] < 1) return false;
  if (out.dims[1] < 1 || out.dims[1] > INT32_MAX || out.dims[2] < FV__DETECTOR_OFFSETS + 2 || out.dims[2] > INT32_MAX)
    return false;
  *anchors = (fv__anchors){.count = (int32_t)out.dims[1],
                           .channels = (int32_t)out.dims[2],
                           .height = (int32_t)in.dims[1],
                           .width = (int32_t)in.dims[2]};
  return true;
}

/* ---- saying ---- */

static json_t *map_to_json(const fv_anchor_map *map) {
  json_t *sizes = json_array();
  for (int32_t i = 0; i < map->count; i++)
    json_array_append_new(sizes, json_pack("[f,f]", (double)map->sizes[i].width, (double)map->sizes[i].height));
  return json_pack("{s:i,s:i,s:o}", "rows", (int)map->rows, "columns", (int)map->columns, "sizes", sizes);
}

static fv_status check_map(const fv_anchor_map *map) {
  if (map->rows < 1 || map->columns < 1 || map->rows > CELLS_MOST || map->columns > CELLS_MOST || map->count < 1 ||
      map->count > SIZES_MOST)
    return fail(FV_ERROR_INVALID, "a map of %" PRId32 " x %" PRId32 " cells with %" PRId32 " anchors each", map->rows,
                map->columns, map->count);
  for (int32_t i = 0; i < map->count; i++)
    if (!(map->sizes[i].width > 0) || !(map->sizes[i].height > 0) || !isfinite(map->sizes[i].width) ||
        !isfinite(map->sizes[i].height))
      return fail(FV_ERROR_INVALID, "an anchor of %g x %g pixels", (double)map->sizes[i].width,
                  (double)map->sizes[i].height);
  return FV_OK;
}

fv_status fv_detector_describe(fv_model *model, const fv_anchor_map *maps, int32_t count) {
  fv__anchors wanted;
  int64_t anchors = 0;
  if (count < 1 || count > FV__DETECTOR_MAPS) return fail(FV_ERROR_INVALID, "%" PRId32 " maps of anchors", count);
  for (int32_t i = 0; i < count; i++) {
    TRY(check_map(&maps[i]));
    anchors += (int64_t)maps[i].rows * maps[i].columns * maps[i].count;
  }
  if (!look(&wanted, model) || wanted.count != anchors)
    return fail(FV_ERROR_SHAPE, "%" PRId64 " anchors are described, and the model does not answer for them", anchors);
  json_t *list = json_array();
  for (int32_t i = 0; i < count; i++) json_array_append_new(list, map_to_json(&maps[i]));
  json_t *task = json_pack("{s:s,s:o}", "kind", "detector", "maps", list);
  char *text = task ? json_dumps(task, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
  fv_status status = text ? fv_model_set_task(model, text) : no_memory();
  json_decref(task);
  free(text);
  return status;
}

/* ---- reading ---- */

static json_t *task_of(const fv_model *model) {
  const char *text = fv_model_task(model);
  json_t *task = text ? json_loads(text, 0, NULL) : NULL;
  const char *kind = json_string_value(json_object_get(task, "kind"));
  if (kind && !strcmp(kind, "detector")) return task;
  json_decref(task);
  return NULL;
}

bool fv_model_is_detector(const fv_model *model) {
  json_t *task = task_of(model);
  json_decref(task);
  return task != NULL;
}

static bool read_map(fv_anchor_map *map, fv_box_size sizes[SIZES_MOST], const json_t *json) {
  const json_t *list = json_object_get(json, "sizes");
  const json_int_t rows = json_integer_value(json_object_get(json, "rows"));
  const json_int_t columns = json_integer_value(json_object_get(json, "columns"));
  if (rows < 1 || columns < 1 || rows > CELLS_MOST || columns > CELLS_MOST || json_array_size(list) > SIZES_MOST)
    return false;
  *map = (fv_anchor_map){(int32_t)rows, (int32_t)columns, (int32_t)json_array_size(list), sizes};
  for (int32_t i = 0; i < map->count; i++) {
    const json_t *size = json_array_get(list, (size_t)i);
    sizes[i] = (fv_box_size){(float)json_number_value(json_array_get(size, 0)),
                             (float)json_number_value(json_array_get(size, 1))};
  }
  return check_map(map) == FV_OK;
}

/* How far centres of a map's anchors move: `scale` cells. */
static bool place_reach(fv_box_size *reach, int64_t count, const fv__anchors *anchors, const fv_anchor_map *map,
                        const json_t *json) {
  const json_t *given = json_object_get(json, "scale");
  const double scale = given ? json_number_value(given) : 1;
  if (!(scale > 0 && scale <= 100)) return false;
  for (int64_t i = 0; i < count; i++)
    reach[i] =
        (fv_box_size){(float)(scale * anchors->width / map->columns), (float)(scale * anchors->height / map->rows)};
  return true;
}

static bool place_maps(const fv__anchors *anchors, fv_box_size *reach, const json_t *maps) {
  fv_box_size sizes[SIZES_MOST];
  int64_t placed = 0;
  for (size_t i = 0; i < json_array_size(maps); i++) {
    fv_anchor_map map;
    if (!read_map(&map, sizes, json_array_get(maps, i))) return false;
    const int64_t here = (int64_t)map.rows * map.columns * map.count;
    if (here > anchors->count - placed) return false;
    fv_anchors_grid(anchors->boxes + placed, map.rows, map.columns, anchors->height, anchors->width, map.sizes,
                    map.count);
    if (reach && !place_reach(reach + placed, here, anchors, &map, json_array_get(maps, i))) return false;
    placed += here;
  }
  return placed == anchors->count;
}

fv_status fv__anchors_of(fv__anchors *anchors, const fv_model *model) {
  size_t bytes;
  json_t *task = task_of(model);
  if (!task) return fail(FV_ERROR_STATE, "%s is no detector: it does not know its anchors", fv_model_name(model));
  bool is_right = look(anchors, model);
  if (is_right) {
    const size_t size = sizeof *anchors->boxes + sizeof *anchors->reach;
    const char *code = json_string_value(json_object_get(task, "code"));
    anchors->boxes = fv__size_bytes(&bytes, anchors->count, size) ? malloc(bytes) : NULL;
    if (!anchors->boxes) {
      json_decref(task);
      return no_memory();
    }
    fv_box_size *reach = code && !strcmp(code, "yolo") ? (fv_box_size *)(anchors->boxes + anchors->count) : NULL;
    anchors->reach = reach;
    is_right = place_maps(anchors, reach, json_object_get(task, "maps"));
    if (!is_right) free(anchors->boxes);
  }
  json_decref(task);
  if (is_right) return FV_OK;
  *anchors = (fv__anchors){.boxes = NULL};
  return fail(FV_ERROR_STATE, "%s: its file describes other anchors than it answers for", fv_model_name(model));
}
