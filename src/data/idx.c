/* IDX files. zlib unpacks and checks the sum at the end. */
#include "data/idx.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/size.h"

enum { HEAD_MAX = 4 + 4 * FV__IDX_RANK_MAX, PIECE = 1 << 16, GZIP = 16 };

static const int64_t SMALL = INT64_C(64) << 20, PACKED_MOST = 1000;

static bool is_packed(const uint8_t *head, size_t bytes) {
  return bytes >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8;
}

static bool is_plain(const uint8_t *head, size_t bytes) {
  return bytes >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 8 && head[2] <= 14 && head[3] >= 1 && head[3] <= 4;
}

bool fv__idx_matches(const uint8_t *head, size_t bytes) { return is_plain(head, bytes) || is_packed(head, bytes); }

/* ---- the head */

static const char *type_name(int type) {
  static const char *const names[] = {"unsigned bytes", "signed bytes", NULL, "shorts", "ints", "floats", "doubles"};
  return type >= 8 && type <= 14 ? names[type - 8] : NULL;
}

/* Takes rank and extents from the first bytes; `head` may hold more. Gives the bytes behind the head. */
static fv_status read_head(fv__idx *idx, int64_t *payload, const uint8_t *head, size_t bytes) {
  if (bytes < 4 || head[0] || head[1]) return fail(FV_ERROR_FORMAT, "is not an IDX file");
  if (!type_name(head[2])) return fail(FV_ERROR_FORMAT, "is not an IDX file: it has no type %d", head[2]);
  if (head[2] != 8)
    return fail(FV_ERROR_UNSUPPORTED, "holds %s; fovea reads IDX files of unsigned bytes", type_name(head[2]));
  idx->rank = head[3];
  if (idx->rank < 1 || idx->rank > FV__IDX_RANK_MAX)
    return fail(FV_ERROR_UNSUPPORTED, "has %d axes; expected 1 to %d", idx->rank, FV__IDX_RANK_MAX);
  idx->head_bytes = 4 + 4 * (int64_t)idx->rank;
  if ((int64_t)bytes < idx->head_bytes)
    return fail(FV_ERROR_FORMAT, "truncated: the head alone has %d bytes", (int)idx->head_bytes);
  *payload = 1;
  for (int i = 0; i < idx->rank; i++) {
    const uint8_t *at = head + 4 + 4 * i;
    idx->dims[i] = (int64_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
    if (idx->dims[i] < 1) return fail(FV_ERROR_FORMAT, "axis %d has no extent", i);
    if (!fv__size_multiply(payload, *payload, idx->dims[i])) return fail(FV_ERROR_FORMAT, "declares too many numbers");
  }
  return FV_OK;
}

/* ---- unpacking */

typedef struct unpacker {
  z_stream stream;
  const fv__source *source;
  int64_t at; /* bytes of the source given to zlib */
  uint8_t *piece;
} unpacker;

/* Unpacks up to `bytes` bytes; fewer only at the end of the stream. */
static fv_status unpack(unpacker *u, uint8_t *out, int64_t bytes, int64_t *got, bool *is_end) {
  for (*got = 0; *got < bytes && !*is_end;) {
    if (!u->stream.avail_in) {
      const int64_t left = u->source->size - u->at, take = left < PIECE ? left : PIECE;
      if (!take) return fail(FV_ERROR_FORMAT, "truncated: the packed file ends too early");
      TRY(fv__source_read(u->source, u->at, u->piece, (size_t)take));
      u->at += take;
      u->stream.next_in = u->piece;
      u->stream.avail_in = (uInt)take;
    }
    const int64_t left = bytes - *got;
    const uInt room = left < INT_MAX ? (uInt)left : INT_MAX;
    u->stream.next_out = out + *got;
    u->stream.avail_out = room;
    const int result = inflate(&u->stream, Z_NO_FLUSH);
    *got += room - u->stream.avail_out;
    *is_end = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR) return fail(FV_ERROR_MEMORY, "no memory to unpack the file");
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      return fail(FV_ERROR_FORMAT, "damaged: %s", u->stream.msg ? u->stream.msg : "it does not unpack");
  }
  return FV_OK;
}

static fv_status check_declared(int64_t payload, const fv__source *source) {
  if (payload > SMALL && payload / PACKED_MOST > source->size)
    return fail(FV_ERROR_FORMAT, "declares %lld bytes in a packed file of %lld", (long long)payload,
                (long long)source->size);
  return FV_OK;
}

static fv_status unpack_all(fv__idx *idx, unpacker *u) {
  uint8_t head[HEAD_MAX], more;
  int64_t got, payload = 0;
  bool is_end = false;
  TRY(unpack(u, head, 4, &got, &is_end));
  const int rank = got == 4 ? head[3] : 0;
  if (rank >= 1 && rank <= FV__IDX_RANK_MAX) {
    int64_t extents;
    TRY(unpack(u, head + 4, 4 * (int64_t)rank, &extents, &is_end));
    got += extents;
  }
  TRY(read_head(idx, &payload, head, (size_t)got));
  TRY(check_declared(payload, u->source));
  idx->unpacked = malloc((size_t)payload);
  if (!idx->unpacked) return fail(FV_ERROR_MEMORY, "no memory for %lld bytes", (long long)payload);
  TRY(unpack(u, idx->unpacked, payload, &got, &is_end));
  if (got < payload)
    return fail(FV_ERROR_FORMAT, "expected %lld numbers, found %lld", (long long)payload, (long long)got);
  TRY(unpack(u, &more, 1, &got, &is_end)); /* reaches the end, where the sum is checked */
  if (got || u->stream.avail_in || u->at < u->source->size)
    return fail(FV_ERROR_FORMAT, "has more than the %lld numbers it declares", (long long)payload);
  return FV_OK;
}

static fv_status open_packed(fv__idx *idx, const fv__source *source) {
  unpacker u = {.source = source, .piece = malloc(PIECE)};
  if (!u.piece) return fail(FV_ERROR_MEMORY, "no memory to unpack the file");
  fv_status status = inflateInit2(&u.stream, MAX_WBITS + GZIP) == Z_OK
                         ? unpack_all(idx, &u)
                         : fail(FV_ERROR_MEMORY, "no memory to unpack the file");
  inflateEnd(&u.stream);
  free(u.piece);
  return status;
}

/* ---- */

static fv_status open_plain(fv__idx *idx, const fv__source *source, const uint8_t *head, size_t bytes) {
  int64_t payload;
  TRY(read_head(idx, &payload, head, bytes));
  if (payload != source->size - idx->head_bytes)
    return fail(FV_ERROR_FORMAT, "expected %lld numbers behind the head, found %lld", (long long)payload,
                (long long)(source->size - idx->head_bytes));
  return FV_OK;
}

fv_status fv__idx_open(fv__idx *idx, const fv__source *source) {
  uint8_t head[HEAD_MAX];
  const size_t bytes = source->size < HEAD_MAX ? (size_t)source->size : HEAD_MAX;
  *idx = (fv__idx){.source = source};
  TRY(fv__source_read(source, 0, head, bytes));
  fv_status status = is_packed(head, bytes) ? open_packed(idx, source) : open_plain(idx, source, head, bytes);
  if (status) fv__idx_close(idx);
  return status;
}

void fv__idx_close(fv__idx *idx) {
  free(idx->unpacked);
  *idx = (fv__idx){0};
}

fv_status fv__idx_read(uint8_t *numbers, const fv__idx *idx, int64_t first, int64_t count) {
  if (!idx->unpacked) return fv__source_read(idx->source, idx->head_bytes + first, numbers, (size_t)count);
  memcpy(numbers, idx->unpacked + first, (size_t)count);
  return FV_OK;
}
