/* Identities of picture files. */
#include "serve/identify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "serve/album.h"

enum { HEAD = 64, END = 32, WHOLE = 1 << 20, PIECES = 16, PIECE = 16384 };

bool fv__looks_like_picture(const char *name) {
  static const char *const endings[] = {".jpg",  ".jpeg", ".png", ".bmp",  ".ppm",  ".pgm",  ".pnm",
                                        ".webp", ".gif",  ".tif", ".tiff", ".heic", ".avif", ".jp2"};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
    if (!strcasecmp(dot, endings[i])) return true;
  return false;
}

typedef enum kind { KIND_NONE, KIND_JPEG, KIND_PNG, KIND_WEBP, KIND_PLAIN } kind;

static kind kind_of(const uint8_t *head, size_t size) {
  if (size >= 3 && !memcmp(head, "\xff\xd8\xff", 3)) return KIND_JPEG;
  if (size >= 8 && !memcmp(head, "\x89PNG\r\n\x1a\n", 8)) return KIND_PNG;
  if (size >= 12 && !memcmp(head, "RIFF", 4) && !memcmp(head + 8, "WEBP", 4)) return KIND_WEBP;
  if (size >= 2 && (!memcmp(head, "BM", 2) || (head[0] == 'P' && head[1] >= '1' && head[1] <= '6'))) return KIND_PLAIN;
  return KIND_NONE;
}

static bool contains(const uint8_t *bytes, size_t size, const char *word, size_t length) {
  for (size_t i = 0; i + length <= size; i++)
    if (!memcmp(bytes + i, word, length)) return true;
  return false;
}

static bool is_whole(kind k, const uint8_t *head, const uint8_t *end, size_t size, int64_t bytes) {
  if (k == KIND_JPEG) return contains(end, size, "\xff\xd9", 2);
  if (k == KIND_PNG) return contains(end, size, "IEND", 4);
  if (k != KIND_WEBP) return false;
  return (head[4] | head[5] << 8 | head[6] << 16 | (int64_t)head[7] << 24) + 8 <= bytes;
}

/* ---- reading */

static bool read_at(int descriptor, void *bytes, size_t size, int64_t offset) {
  for (uint8_t *at = bytes; size;) {
    const ssize_t got = pread(descriptor, at, size, offset);
    if (got <= 0) return false;
    at += got;
    size -= (size_t)got;
    offset += got;
  }
  return true;
}

fv_status fv__read_whole(void **bytes, int descriptor, int64_t size) {
  *bytes = malloc(size ? (size_t)size : 1);
  if (!*bytes) return fv_error_set(FV_ERROR_MEMORY, "no memory for a picture");
  if (read_at(descriptor, *bytes, (size_t)size, 0)) return FV_OK;
  free(*bytes);
  *bytes = NULL;
  return fv_error_set(FV_ERROR_IO, "the file cannot be read");
}

/* ---- identities */

/* Where piece `i` of a large file begins. */
static int64_t piece_at(int64_t size, int i) { return (size - PIECE) / (PIECES - 1) * i; }

static bool is_small(kind k, int64_t size) { return size <= WHOLE || k == KIND_PLAIN; }

uint64_t fv__identify_bytes(const void *bytes, size_t size) {
  const uint64_t start = fv__hash_number(FV__HASH_START, size);
  if (is_small(kind_of(bytes, size), (int64_t)size)) return fv__hash_bytes(start, bytes, size);
  uint64_t hash = start;
  for (int i = 0; i < PIECES; i++)
    hash = fv__hash_bytes(hash, (const uint8_t *)bytes + piece_at((int64_t)size, i), PIECE);
  return hash;
}

static bool hash_pieces(uint64_t *hash, int descriptor, int64_t size) {
  uint8_t piece[PIECE];
  *hash = fv__hash_number(FV__HASH_START, (uint64_t)size);
  for (int i = 0; i < PIECES; i++) {
    if (!read_at(descriptor, piece, PIECE, piece_at(size, i))) return false;
    *hash = fv__hash_bytes(*hash, piece, PIECE);
  }
  return true;
}

static bool refuse(char reason[256], const char *why) {
  snprintf(reason, 256, "%s", why);
  return false;
}

/* The decoder's own sentence about these bytes. */
static bool can_decode(char reason[256], const void *bytes, size_t size) {
  fv_image image;
  if (fv_image_decode(&image, bytes, size, NULL)) return refuse(reason, fv_error_message());
  fv_image_destroy(&image);
  return true;
}

static bool identify_whole(uint64_t *identity, char reason[256], int descriptor, int64_t size, bool in_doubt) {
  void *bytes;
  if (fv__read_whole(&bytes, descriptor, size)) return refuse(reason, fv_error_message());
  *identity = fv__identify_bytes(bytes, (size_t)size);
  const bool is_good = !in_doubt || can_decode(reason, bytes, (size_t)size);
  free(bytes);
  return is_good;
}

bool fv__identify(uint64_t *identity, char reason[256], int descriptor, const fv__file_facts *facts) {
  uint8_t head[HEAD] = {0}, end[END] = {0};
  const int64_t size = facts->size;
  const size_t head_size = size < HEAD ? (size_t)size : HEAD, end_size = size < END ? (size_t)size : END;
  if (size > FV__PICTURE_BYTES) return refuse(reason, "is too large: 128 MiB at most");
  if (!read_at(descriptor, head, head_size, 0) || !read_at(descriptor, end, end_size, size - (int64_t)end_size))
    return refuse(reason, "cannot be read");
  const kind k = kind_of(head, head_size);
  if (k == KIND_NONE) return can_decode(reason, head, head_size); /* says what it is */
  const bool in_doubt = !is_whole(k, head, end, end_size, size);
  if (in_doubt || is_small(k, size)) return identify_whole(identity, reason, descriptor, size, in_doubt);
  return hash_pieces(identity, descriptor, size) || refuse(reason, "cannot be read");
}
