/* Maps of channels as one block of bytes, "application/vnd.fmap": what each channel is like, and its picture, in one
 * answer. Little-endian:
 *
 *    0  "FMP1"
 *    4  u16 type of the planes' numbers: 0 u8, 1 f16, 2 f32
 *    6  u16 flags: 1 there are numbers below 0, 2 a range for each channel, 4 reduced, 8 by peaks, 16 with changes
 *    8  u32 channels, height, width of the planes
 *   20  u32 the first channel's number
 *   24  u32 height, width of the value
 *   32  f32 smallest and largest number of all channels
 *   40  u64 the run's identity
 *   48  u32 where the statistics begin, where the planes begin (a multiple of 64), bytes of a row of statistics (32)
 *   60  u32 0
 *
 * A row: f32 minimum, maximum, mean, standard deviation, share of zeros, root of the sum of squares; u16 row and column
 * of the maximum; u32 bits: 1 all zero, 2 not finite, 4 constant, 8 switched off.
 *
 * Code v of u8 planes is minimum + v (maximum - minimum) / 255; with flag 1 it is (v - 128) / 127 times the larger of
 * |minimum| and |maximum|, so that 128 is exactly 0. The range is the layer's, or with flag 2 each channel's own.
 */
#ifndef FOVEA_SERVE_FMAP_H
#define FOVEA_SERVE_FMAP_H

#include <fovea/channel_maps.h>

#include "serve/answer.h"
#include "serve/request.h"

enum { FV__FMAP_SIGNED = 1, FV__FMAP_RANGES = 2, FV__FMAP_REDUCED = 4, FV__FMAP_PEAKS = 8, FV__FMAP_CHANGED = 16 };
enum { FV__FMAP_HEADER = 64, FV__FMAP_ROW = 36 };

typedef struct fv__fmap_view {
  int64_t first, count; /* channels */
  int64_t fit;          /* longest side of the planes; 0: as they are */
  fv_plane_pool pool;
  fv_plane_type type;
  bool range_each;
  uint64_t run;
  const bool *off; /* which channels are switched off, by number; NULL: none */
  uint16_t flags;  /* to add */
} fv__fmap_view;

/* The view that a query asks for: fit, pool, dtype, range, ch. `channels` there are. False: the answer is 422. */
bool fv__fmap_read_view(fv__fmap_view *view, fv__request *request, fv__answer *answer, int64_t channels);

/* Answers with the block. */
void fv__fmap_answer(fv__answer *answer, const fv_channel_maps *maps, const fv__fmap_view *view);

#endif
