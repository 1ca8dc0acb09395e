/* The shelf: an array of places under one lock, the last used first. */
#include "serve/shelf.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct place {
  uint64_t key;
  void *bytes; /* NULL: free */
  size_t size;
} place;

struct fv__shelf {
  pthread_mutex_t lock;
  place places[FV__SHELF_PLACES]; /* the last used first, free ones behind */
  size_t bytes;
};

fv_status fv__shelf_create(fv__shelf **out) {
  fv__shelf *shelf = *out = calloc(1, sizeof *shelf);
  if (!shelf) return fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  pthread_mutex_init(&shelf->lock, NULL);
  return FV_OK;
}

void fv__shelf_destroy(fv__shelf *shelf) {
  if (!shelf) return;
  for (int i = 0; i < FV__SHELF_PLACES; i++) free(shelf->places[i].bytes);
  pthread_mutex_destroy(&shelf->lock);
  free(shelf);
}

/* With the lock held: which place has the key, or -1. */
static int find(const fv__shelf *shelf, uint64_t key) {
  for (int i = 0; i < FV__SHELF_PLACES && shelf->places[i].bytes; i++)
    if (shelf->places[i].key == key) return i;
  return -1;
}

/* Takes a place out; those behind it move up. */
static place take(fv__shelf *shelf, int at) {
  const place taken = shelf->places[at];
  memmove(shelf->places + at, shelf->places + at + 1, (size_t)(FV__SHELF_PLACES - 1 - at) * sizeof taken);
  shelf->places[FV__SHELF_PLACES - 1] = (place){0};
  shelf->bytes -= taken.size;
  return taken;
}

/* Puts one in front, where there is a free place. */
static void put_first(fv__shelf *shelf, place one) {
  memmove(shelf->places + 1, shelf->places, (FV__SHELF_PLACES - 1) * sizeof one);
  shelf->places[0] = one;
  shelf->bytes += one.size;
}

static void drop_last(fv__shelf *shelf) {
  int last = FV__SHELF_PLACES - 1;
  while (last > 0 && !shelf->places[last].bytes) last--;
  free(take(shelf, last).bytes);
}

static void *copied(const void *bytes, size_t size) {
  char *copy = size < FV__SHELF_BYTES ? malloc(size + 1) : NULL;
  if (!copy) return NULL;
  memcpy(copy, bytes, size);
  copy[size] = '\0';
  return copy;
}

void fv__shelf_put(fv__shelf *shelf, uint64_t key, const void *bytes, size_t size) {
  const place one = {key, copied(bytes, size), size};
  if (!one.bytes) return;
  pthread_mutex_lock(&shelf->lock);
  const int before = find(shelf, key);
  if (before >= 0) free(take(shelf, before).bytes);
  while (shelf->bytes + size > FV__SHELF_BYTES || shelf->places[FV__SHELF_PLACES - 1].bytes) drop_last(shelf);
  put_first(shelf, one);
  pthread_mutex_unlock(&shelf->lock);
}

void *fv__shelf_get(fv__shelf *shelf, uint64_t key, size_t *size) {
  void *copy = NULL;
  pthread_mutex_lock(&shelf->lock);
  const int at = find(shelf, key);
  if (at >= 0) {
    const place one = take(shelf, at);
    put_first(shelf, one);
    copy = copied(one.bytes, one.size);
    if (size) *size = one.size;
  }
  pthread_mutex_unlock(&shelf->lock);
  return copy;
}
