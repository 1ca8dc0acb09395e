/* Making blocks of maps. */
#include "serve/fmap.h"

#include <stdlib.h>
#include <string.h>

#include "serve/want.h"

bool fv__fmap_read_view(fv__fmap_view *view, fv__request *request, fv__answer *answer, int64_t channels) {
  static const char *const types[] = {"u8", "f16", "f32", NULL}, *const pools[] = {"mean", "peak", NULL},
                           *const ranges[] = {"layer", "channel", NULL};
  static const fv_plane_type kinds[] = {FV_PLANE_U8, FV_PLANE_F16, FV_PLANE_F32};
  int type, pool, range;
  if (!fv__want_whole(request, answer, "fit", 0, 4096, 64, &view->fit) ||
      !fv__want_word(request, answer, "dtype", types, &type) || !fv__want_word(request, answer, "pool", pools, &pool) ||
      !fv__want_word(request, answer, "range", ranges, &range) ||
      !fv__want_range(request, answer, "ch", channels, &view->first, &view->count))
    return false;
  view->type = kinds[type];
  view->pool = pool ? FV_PLANE_PEAK : FV_PLANE_MEAN;
  view->range_each = range == 1;
  return true;
}

/* ---- bytes */

static void put_16(uint8_t *at, int64_t number) {
  const uint16_t value = (uint16_t)(number < 0 ? 0 : number > 65535 ? 65535 : number);
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

static void put_32(uint8_t *at, uint32_t number) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(number >> (8 * i));
}

static void put_float(uint8_t *at, float number) {
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  put_32(at, bits);
}

static void put_row(uint8_t *at, const fv_channel_statistics *s, bool off) {
  const float numbers[] = {s->min, s->max, s->mean, s->deviation, s->zero_share, s->norm};
  for (int i = 0; i < 6; i++) put_float(at + 4 * i, numbers[i]);
  put_16(at + 24, s->row);
  put_16(at + 26, s->column);
  put_32(at + 28, s->bits | (off ? 8 : 0));
  put_32(at + 32, s->not_finite > UINT32_MAX ? UINT32_MAX : (uint32_t)s->not_finite);
}

/* ---- a block */

typedef struct block {
  uint8_t *bytes;
  size_t size, data; /* where the planes begin */
  fv_pair extent;    /* of a plane */
} block;

static size_t number_bytes(fv_plane_type type) { return type == FV_PLANE_U8 ? 1 : type == FV_PLANE_F16 ? 2 : 4; }

static bool take_block(block *b, const fv_channel_maps *maps, const fv__fmap_view *view) {
  b->extent = fv_channel_maps_extent(maps, (int32_t)view->fit);
  const size_t plane = (size_t)b->extent.height * (size_t)b->extent.width * number_bytes(view->type);
  b->data = (FV__FMAP_HEADER + (size_t)view->count * FV__FMAP_ROW + 63) / 64 * 64;
  b->size = b->data + (size_t)view->count * plane;
  b->bytes = calloc(1, b->size);
  return b->bytes != NULL;
}

static void put_header(const block *b, const fv_channel_maps *maps, const fv__fmap_view *view,
                       const fv_channel_statistics *all, bool is_signed) {
  static const uint8_t codes[] = {[FV_PLANE_F32] = 2, [FV_PLANE_F16] = 1, [FV_PLANE_U8] = 0};
  float low = 0, high = 0;
  for (int64_t c = 0; c < maps->channels; c++) {
    low = c == 0 || all[c].min < low ? all[c].min : low;
    high = c == 0 || all[c].max > high ? all[c].max : high;
  }
  const bool is_reduced = b->extent.height != maps->height || b->extent.width != maps->width;
  const int flags = view->flags | (is_signed ? FV__FMAP_SIGNED : 0) | (view->range_each ? FV__FMAP_RANGES : 0) |
                    (is_reduced ? FV__FMAP_REDUCED : 0) | (view->pool == FV_PLANE_PEAK ? FV__FMAP_PEAKS : 0);
  uint8_t *at = b->bytes;
  memcpy(at, "FMP1", 4);
  put_16(at + 4, codes[view->type]);
  put_16(at + 6, flags);
  const uint32_t extents[] = {(uint32_t)view->count, (uint32_t)b->extent.height, (uint32_t)b->extent.width,
                              (uint32_t)view->first, (uint32_t)maps->height,     (uint32_t)maps->width};
  for (int i = 0; i < 6; i++) put_32(at + 8 + 4 * i, extents[i]);
  put_float(at + 32, low);
  put_float(at + 36, high);
  put_32(at + 40, (uint32_t)view->run);
  put_32(at + 44, (uint32_t)(view->run >> 32));
  put_32(at + 48, FV__FMAP_HEADER);
  put_32(at + 52, (uint32_t)b->data);
  put_32(at + 56, FV__FMAP_ROW);
}

/* Statistics of all channels, for the common range; those of the view's go into the block. */
static fv_status fill(block *b, const fv_channel_maps *maps, const fv__fmap_view *view, fv_channel_statistics *all,
                      fv_channel_range *ranges) {
  fv_channel_maps_measure(all, maps, NULL);
  const fv_channel_range common = fv_channel_range_of(all, maps->channels, false);
  ranges[0] = common;
  for (int64_t i = 0; i < view->count && view->range_each; i++)
    ranges[i] = fv_channel_range_of(&all[view->first + i], 1, common.is_signed);
  put_header(b, maps, view, all, common.is_signed);
  for (int64_t i = 0; i < view->count; i++)
    put_row(b->bytes + FV__FMAP_HEADER + (size_t)i * FV__FMAP_ROW, &all[view->first + i],
            view->off && view->off[view->first + i]);
  return fv_channel_maps_draw(b->bytes + b->data, maps,
                              &(fv_plane_options){.first = view->first,
                                                  .count = view->count,
                                                  .fit = (int32_t)view->fit,
                                                  .pool = view->pool,
                                                  .type = view->type,
                                                  .ranges = ranges,
                                                  .range_each = view->range_each});
}

void fv__fmap_answer(fv__answer *answer, const fv_channel_maps *maps, const fv__fmap_view *view) {
  block b = {0};
  fv_channel_statistics *all = calloc((size_t)maps->channels + 1, sizeof *all);
  fv_channel_range *ranges = calloc((size_t)view->count + 1, sizeof *ranges);
  fv_status status = all && ranges && take_block(&b, maps, view) ? fill(&b, maps, view, all, ranges)
                                                                 : fv_error_set(FV_ERROR_MEMORY, "no memory for maps");
  free(all);
  free(ranges);
  if (status) {
    free(b.bytes);
    fv__answer_failure(answer, status, NULL);
  } else {
    fv__answer_bytes(answer, "application/vnd.fmap", b.bytes, b.size);
  }
}
