/* Pictures by identity: decoded ones are kept while memory lasts, the last used ones. */
#include "serve/album.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/album_private.h"
#include "serve/identify.h"

enum { DECODED_BYTES = 192 << 20, ADDED_BYTES = 128 << 20, CARD_SIDE = 256 };

/* ---- the table */

static size_t bucket_of(const char *text) { return (size_t)(fv__hash_text(FV__HASH_START, text) % FV__ALBUM_BUCKETS); }

fv__entry *fv__album_by_id(fv__album *album, const char *id) {
  fv__entry *entry = album->by_id[bucket_of(id)];
  while (entry && strcmp(entry->id, id) != 0) entry = entry->next_id;
  return entry;
}

static fv__entry *by_path(fv__album *album, const char *path) {
  fv__entry *entry = album->by_path[bucket_of(path)];
  while (entry && strcmp(entry->path, path) != 0) entry = entry->next_path;
  return entry;
}

fv__entry *fv__album_known(fv__album *album, const char *path, const fv__file_facts *facts) {
  fv__entry *entry = by_path(album, path);
  const bool same = entry && entry->facts.size == facts->size && entry->facts.nanoseconds == facts->nanoseconds;
  return same ? entry : NULL;
}

static void leave_id(fv__album *album, fv__entry *entry) {
  fv__entry **at = &album->by_id[bucket_of(entry->id)];
  while (*at && *at != entry) at = &(*at)->next_id;
  if (*at) *at = entry->next_id;
  entry->id[0] = '\0';
}

static void take_id(fv__album *album, fv__entry *entry, const char *id) {
  const size_t bucket = bucket_of(id);
  memcpy(entry->id, id, FV__ID_SIZE);
  entry->next_id = album->by_id[bucket];
  album->by_id[bucket] = entry;
}

static fv__entry *add_entry(fv__album *album, const char *path) {
  fv__entry *entry = calloc(1, sizeof *entry);
  if (!entry || !(entry->path = strdup(path))) {
    free(entry);
    return NULL;
  }
  const size_t bucket = bucket_of(path);
  entry->next_path = album->by_path[bucket];
  album->by_path[bucket] = entry;
  return entry;
}

fv__entry *fv__album_note(fv__album *album, const char *path, const fv__file_facts *facts, const char *id,
                          const char *reason) {
  fv__entry *entry = by_path(album, path);
  if (!entry) entry = add_entry(album, path);
  if (!entry) return NULL;
  if (entry->id[0]) leave_id(album, entry);
  free(entry->reason);
  entry->reason = reason ? strdup(reason) : NULL;
  entry->facts = *facts;
  if (id) take_id(album, entry, id);
  return entry;
}

static void end_entry(fv__entry *entry) {
  free(entry->path);
  free(entry->reason);
  free(entry->bytes);
  free(entry);
}

/* ---- decoded pictures */

static size_t bytes_of(const fv__picture *picture) {
  return (size_t)picture->image.height * (size_t)picture->image.width * (size_t)picture->image.channels;
}

void fv__picture_leave(fv__picture *picture) {
  if (!picture || atomic_fetch_sub(&picture->references, 1) != 1) return;
  fv_image_destroy(&picture->image);
  free(picture->name);
  free(picture);
}

/* Takes the image over, also without memory. */
static fv__picture *make_picture(const char *id, const char *name, fv_image *image) {
  fv__picture *picture = calloc(1, sizeof *picture);
  if (!picture || !(picture->name = strdup(name))) {
    free(picture);
    fv_image_destroy(image);
    return NULL;
  }
  atomic_store(&picture->references, 1);
  memcpy(picture->id, id, FV__ID_SIZE);
  picture->image = *image;
  return picture;
}

static fv__picture *find_decoded(fv__album *album, const char *id) {
  for (fv__picture **at = &album->decoded; *at; at = &(*at)->next) {
    fv__picture *picture = *at;
    if (strcmp(picture->id, id) != 0) continue;
    *at = picture->next; /* to the front */
    picture->next = album->decoded;
    album->decoded = picture;
    atomic_fetch_add(&picture->references, 1);
    return picture;
  }
  return NULL;
}

static void keep_decoded(fv__album *album, fv__picture *picture) {
  atomic_fetch_add(&picture->references, 1);
  picture->next = album->decoded;
  album->decoded = picture;
  album->decoded_bytes += bytes_of(picture);
  while (album->decoded_bytes > DECODED_BYTES && album->decoded->next) {
    fv__picture **last = &album->decoded;
    while ((*last)->next) last = &(*last)->next;
    fv__picture *old = *last;
    *last = NULL;
    album->decoded_bytes -= bytes_of(old);
    fv__picture_leave(old);
  }
}

/* ---- reading */

static fv_status no_memory(void) { return fv_error_set(FV_ERROR_MEMORY, "no memory for a picture"); }

/* As the network gets it: as it is stored, unless pictures are turned. */
static fv_status decode(fv__picture **picture, const fv__album *album, const char *id, const char *name,
                        const void *bytes, size_t size) {
  fv_image image;
  fv_status status = fv_image_decode(&image, bytes, size, NULL);
  if (!status && album->upright) status = fv_image_upright(&image);
  if (!status && (int64_t)image.height * image.width > FV__PICTURE_PIXELS)
    status = fv_error_set(FV_ERROR_MEMORY, "is too large: 67,108,864 pixels at most");
  if (status) {
    fv_image_destroy(&image);
    return status;
  }
  *picture = make_picture(id, name, &image);
  return *picture ? FV_OK : no_memory();
}

/* What is needed of an entry to read it without the lock: copies. */
typedef struct source {
  char path[1024];
  void *bytes; /* a copy of what was sent; NULL: in the folder */
  size_t size;
} source;

static bool find_source(source *from, fv__album *album, const char *id) {
  const fv__entry *entry = fv__album_by_id(album, id);
  if (!entry) return false;
  snprintf(from->path, sizeof from->path, "%s", entry->path);
  from->size = (size_t)entry->facts.size;
  from->bytes = entry->bytes ? malloc(from->size) : NULL;
  if (from->bytes) memcpy(from->bytes, entry->bytes, from->size);
  return true;
}

static fv_status read_source(source *from, fv__album *album, const char *id) {
  int descriptor;
  fv__file_facts facts;
  if (from->bytes) return FV_OK;
  fv_status status = fv__folder_file(&descriptor, &facts, &album->folder, from->path);
  if (status) return status;
  if (facts.size > FV__PICTURE_BYTES) status = fv_error_set(FV_ERROR_MEMORY, "is too large: 128 MiB at most");
  if (!status) status = fv__read_whole(&from->bytes, descriptor, facts.size);
  close(descriptor);
  from->size = (size_t)facts.size;
  char now[FV__ID_SIZE];
  if (!status && strcmp(fv__hash_id(now, 'i', fv__identify_bytes(from->bytes, from->size)), id) != 0)
    status = fv_error_set(FV_ERROR_NOT_FOUND, "the file has changed meanwhile");
  return status;
}

/* A picture that could not be decoded is among those that cannot be shown from then on. */
static void note_failure(fv__album *album, const char *id) {
  char reason[512];
  snprintf(reason, sizeof reason, "%s", fv_error_message());
  pthread_mutex_lock(&album->lock);
  fv__entry *entry = fv__album_by_id(album, id);
  if (entry && !entry->reason) entry->reason = strdup(reason);
  pthread_mutex_unlock(&album->lock);
}

fv_status fv__album_picture(fv__picture **out, fv__album *album, const char *id) {
  source from = {0};
  *out = NULL;
  if (!strcmp(id, album->card->id)) {
    atomic_fetch_add(&album->card->references, 1);
    *out = album->card;
    return FV_OK;
  }
  pthread_mutex_lock(&album->lock);
  *out = find_decoded(album, id);
  bool is_known = *out || find_source(&from, album, id);
  pthread_mutex_unlock(&album->lock);
  if (*out) return FV_OK;
  if (!is_known) {
    fv__album_search(album);
    pthread_mutex_lock(&album->lock);
    is_known = find_source(&from, album, id);
    pthread_mutex_unlock(&album->lock);
  }
  if (!is_known) return fv_error_set(FV_ERROR_NOT_FOUND, "there is no such picture in the folder");
  fv_status status = read_source(&from, album, id);
  if (!status) status = decode(out, album, id, from.path, from.bytes, from.size);
  free(from.bytes);
  if (status == FV_ERROR_FORMAT || status == FV_ERROR_UNSUPPORTED) note_failure(album, id);
  if (status) return status;
  pthread_mutex_lock(&album->lock);
  keep_decoded(album, *out);
  pthread_mutex_unlock(&album->lock);
  return FV_OK;
}

/* ---- pictures that were sent */

static void drop_oldest(fv__album *album) {
  fv__entry **last = &album->added;
  while ((*last)->next_added) last = &(*last)->next_added;
  fv__entry *old = *last, **at = &album->by_path[bucket_of(old->path)];
  *last = NULL;
  album->added_bytes -= (size_t)old->facts.size;
  while (*at != old) at = &(*at)->next_path;
  *at = old->next_path;
  leave_id(album, old);
  end_entry(old);
}

fv_status fv__album_add(char id[FV__ID_SIZE], fv__album *album, const char *name, const void *bytes, size_t size) {
  fv__picture *picture;
  char path[300];
  fv__hash_id(id, 'i', fv__identify_bytes(bytes, size));
  const fv_status status = decode(&picture, album, id, name, bytes, size);
  if (status) return status;
  uint8_t *copy = malloc(size);
  if (copy) memcpy(copy, bytes, size);
  snprintf(path, sizeof path, "/%s/%.200s", id, name); /* no file of the folder is called so */
  pthread_mutex_lock(&album->lock);
  fv__entry *entry = copy && !fv__album_by_id(album, id)
                         ? fv__album_note(album, path, &(fv__file_facts){.size = (int64_t)size}, id, NULL)
                         : NULL;
  if (entry) {
    entry->bytes = copy;
    copy = NULL;
    entry->next_added = album->added;
    album->added = entry;
    album->added_bytes += size;
    while (album->added_bytes > ADDED_BYTES && album->added->next_added) drop_oldest(album);
  }
  keep_decoded(album, picture);
  pthread_mutex_unlock(&album->lock);
  fv__picture_leave(picture);
  free(copy);
  return FV_OK;
}

/* ---- the test card: a gradient, stripes that become narrower, a disc */

static fv__picture *make_card(void) {
  fv_image image;
  if (fv_image_create(&image, CARD_SIDE, CARD_SIDE, 3)) return NULL;
  uint8_t *at = image.pixels;
  for (int y = 0; y < CARD_SIDE; y++) {
    for (int x = 0; x < CARD_SIDE; x++, at += 3) {
      const int dx = x - 176, dy = y - 176;
      const bool in_disc = dx * dx + dy * dy < 52 * 52, in_stripes = y < 96 && (x * x / 700) % 2;
      at[0] = (uint8_t)(in_disc ? 220 : in_stripes ? 20 : x);
      at[1] = (uint8_t)(in_disc ? 60 : in_stripes ? 20 : y);
      at[2] = (uint8_t)(in_disc ? 40 : in_stripes ? 20 : 255 - x);
    }
  }
  char id[FV__ID_SIZE];
  fv__hash_id(id, 'i', fv__hash_bytes(FV__HASH_START, image.pixels, (size_t)CARD_SIDE * CARD_SIDE * 3));
  return make_picture(id, "test card", &image);
}

/* ---- begin and end */

fv_status fv__album_create(fv__album **out, const char *folder, bool upright) {
  fv__album *album = *out = calloc(1, sizeof *album);
  if (!album) return no_memory();
  album->upright = upright;
  album->card = make_card();
  fv_status status = album->card ? fv__folder_open(&album->folder, folder) : no_memory();
  if (status) {
    fv__picture_leave(album->card);
    free(album);
    *out = NULL;
    return status;
  }
  pthread_mutex_init(&album->lock, NULL);
  pthread_mutex_init(&album->scans, NULL);
  return FV_OK;
}

void fv__album_destroy(fv__album *album) {
  if (!album) return;
  for (int i = 0; i < FV__ALBUM_BUCKETS; i++) {
    for (fv__entry *entry = album->by_path[i], *next; entry; entry = next) {
      next = entry->next_path;
      end_entry(entry);
    }
  }
  for (fv__picture *picture = album->decoded, *next; picture; picture = next) {
    next = picture->next;
    fv__picture_leave(picture);
  }
  fv__picture_leave(album->card);
  fv__folder_close(&album->folder);
  pthread_mutex_destroy(&album->lock);
  pthread_mutex_destroy(&album->scans);
  free(album);
}

const struct fv__folder *fv__album_folder(const fv__album *album) { return &album->folder; }

bool fv__album_name(fv__album *album, const char *id, char name[512]) {
  if (!strcmp(id, album->card->id)) {
    snprintf(name, 512, "%s", album->card->name);
    return true;
  }
  pthread_mutex_lock(&album->lock);
  const fv__entry *entry = fv__album_by_id(album, id);
  const char *sent = entry && entry->bytes ? strrchr(entry->path, '/') : NULL;
  if (entry) snprintf(name, 512, "%s", sent ? sent + 1 : entry->path);
  pthread_mutex_unlock(&album->lock);
  return entry != NULL;
}

size_t fv__album_bytes(fv__album *album) {
  pthread_mutex_lock(&album->lock);
  const size_t bytes = album->decoded_bytes + album->added_bytes;
  pthread_mutex_unlock(&album->lock);
  return bytes;
}
