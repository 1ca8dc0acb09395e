/* GET /runs/{run}/maps/{layer}/sheet.png: all channels side by side in one picture, to keep or to print. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/channel_maps.h>
#include <fovea/image.h>

#include "serve/palette.h"
#include "serve/want.h"

enum { MOST_PIXELS = 64 << 20 };

typedef struct sheet {
  int64_t columns, tile, gap;
  int palette, sort;
  bool range_each;
  fv_channel_maps maps;
  fv_channel_statistics *statistics;
  fv_channel_range *ranges; /* of each channel */
  int32_t *order;
  fv_pair extent; /* of a plane */
  uint8_t *planes;
} sheet;

static bool read_sheet(sheet *s, fv__request *request, fv__answer *answer) {
  static const char *const sorts[] = {"index", "max", "mean", "zero", NULL}, *const ranges[] = {"layer", "channel",
                                                                                                NULL};
  int range;
  if (!fv__want_whole(request, answer, "cols", 0, 4096, 0, &s->columns) ||
      !fv__want_whole(request, answer, "tile", 8, 1024, 64, &s->tile) ||
      !fv__want_whole(request, answer, "gap", 0, 64, 2, &s->gap) ||
      !fv__want_word(request, answer, "palette", fv__palette_names, &s->palette) ||
      !fv__want_word(request, answer, "sort", sorts, &s->sort) ||
      !fv__want_word(request, answer, "range", ranges, &range))
    return false;
  s->range_each = range == 1;
  return true;
}

static float key_of(const sheet *s, int32_t channel) {
  const fv_channel_statistics *c = &s->statistics[channel];
  return s->sort == 1 ? c->max : s->sort == 2 ? c->mean : s->sort == 3 ? -c->zero_share : 0;
}

static int by_key(const void *a, const void *b, void *context) {
  const int32_t one = *(const int32_t *)a, other = *(const int32_t *)b;
  const float x = key_of(context, one), y = key_of(context, other);
  if (x != y) return x < y ? 1 : -1;
  return one < other ? -1 : one > other;
}

static fv_status draw_planes(sheet *s) {
  const size_t channels = (size_t)s->maps.channels;
  s->statistics = calloc(channels + 1, sizeof *s->statistics);
  s->ranges = calloc(channels + 1, sizeof *s->ranges);
  s->order = calloc(channels + 1, sizeof *s->order);
  s->extent = fv_channel_maps_extent(&s->maps, (int32_t)s->tile);
  s->planes = calloc(channels + 1, (size_t)s->extent.height * (size_t)s->extent.width);
  if (!s->statistics || !s->ranges || !s->order || !s->planes)
    return fv_error_set(FV_ERROR_MEMORY, "no memory for a sheet of maps");
  fv_channel_maps_measure(s->statistics, &s->maps, NULL);
  const fv_channel_range common = fv_channel_range_of(s->statistics, s->maps.channels, false);
  for (int32_t i = 0; i < s->maps.channels; i++) {
    s->order[i] = i;
    s->ranges[i] = s->range_each ? fv_channel_range_of(&s->statistics[i], 1, common.is_signed) : common;
  }
  if (s->palette == 0 && common.is_signed) s->palette = FV__PALETTE_DIVERGING;
  if (s->sort) qsort_r(s->order, channels, sizeof *s->order, by_key, s);
  return fv_channel_maps_draw(
      s->planes, &s->maps,
      &(fv_plane_options){.fit = (int32_t)s->tile, .type = FV_PLANE_U8, .ranges = s->ranges, .range_each = true});
}

/* One tile: the plane, enlarged in whole pixels and centred. */
static void paint(fv_image *image, const sheet *s, const uint8_t *plane, int64_t top, int64_t left,
                  uint8_t colours[256][3]) {
  const int32_t longer = s->extent.height > s->extent.width ? s->extent.height : s->extent.width;
  const int32_t times = (int32_t)s->tile / longer > 0 ? (int32_t)s->tile / longer : 1;
  top += (s->tile - times * s->extent.height) / 2;
  left += (s->tile - times * s->extent.width) / 2;
  for (int32_t y = 0; y < times * s->extent.height; y++) {
    uint8_t *to = image->pixels + ((top + y) * image->width + left) * 3;
    const uint8_t *row = plane + (int64_t)(y / times) * s->extent.width;
    for (int32_t x = 0; x < times * s->extent.width; x++, to += 3) memcpy(to, colours[row[x / times]], 3);
  }
}

static fv_status paint_all(fv_image *image, sheet *s) {
  uint8_t colours[256][3];
  const int64_t count = s->maps.channels, step = s->tile + s->gap;
  if (!s->columns) s->columns = (int64_t)ceil(sqrt((double)count));
  const int64_t columns = s->columns < count ? s->columns : count, rows = (count + columns - 1) / columns;
  const int64_t width = columns * step + s->gap, height = rows * step + s->gap;
  if (width > FV_IMAGE_MAX_SIDE || height > FV_IMAGE_MAX_SIDE || width * height > MOST_PIXELS)
    return fv_error_set(FV_ERROR_INVALID, "the sheet would be too large: ask for smaller tiles");
  const fv_status status = fv_image_create(image, (int32_t)height, (int32_t)width, 3);
  if (status) return status;
  memset(image->pixels, 0x80, (size_t)(width * height * 3));
  fv__palette_fill(colours, s->palette);
  const size_t plane = (size_t)s->extent.height * (size_t)s->extent.width;
  for (int64_t i = 0; i < count; i++)
    paint(image, s, s->planes + (size_t)s->order[i] * plane, s->gap + i / columns * step, s->gap + i % columns * step,
          colours);
  return FV_OK;
}

static void make_sheet(fv__answer *answer, sheet *s) {
  fv_image image = {0};
  void *bytes = NULL;
  size_t size;
  fv_status status = draw_planes(s);
  if (!status) status = paint_all(&image, s);
  if (!status) status = fv_image_encode(&bytes, &size, &image, ".png");
  if (status)
    fv__answer_failure(answer, status, NULL);
  else
    fv__answer_bytes(answer, "image/png", bytes, size);
  fv_image_destroy(&image);
  free(s->statistics);
  free(s->ranges);
  free(s->order);
  free(s->planes);
}

static void show(fv__request *request, fv__answer *answer) {
  sheet s = {0};
  if (!read_sheet(&s, request, answer)) return;
  fv__run *run = fv__want_run(request, answer, 0);
  const int32_t layer = run ? fv__want_layer(request, answer, 1, run->shown) : -1;
  if (layer >= 0) {
    fv__value value;
    const fv_status status = fv__run_value(&value, run, fv__shown_value(run->shown, layer).node);
    s.maps = status ? (fv_channel_maps){0} : fv_channel_maps_of(value.numbers, &value.shape);
    if (status)
      fv__answer_failure(answer, status, NULL);
    else if (s.maps.channels < 1)
      fv__answer_problem(answer, 422, "shape_mismatch", NULL, "this layer's output has no channels");
    else
      make_sheet(answer, &s);
    free(value.owned);
  }
  fv__run_leave(run);
}

static const fv__route routes[] = {{.method = "GET",
                                    .path = "/api/v1/runs/{run}/maps/{layer}/sheet.png",
                                    .slow = true,
                                    .is_constant = true,
                                    .handle = show},
                                   {0}};

const fv__route_family fv__routes_sheet = {.routes = routes};
