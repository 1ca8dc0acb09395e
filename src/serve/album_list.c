/* Looking through a folder: what is in it, in order, a piece at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/album_private.h"
#include "serve/identify.h"

enum { MOST_FILES = 20000, MOST_FOLDERS = 500, PATH_SIZE = 1024 };

/* What one look found. */
typedef struct found {
  char *path; /* beneath the album's folder */
  char id[FV__ID_SIZE];
  char *reason; /* why it cannot be shown; NULL: it can */
  fv__file_facts facts;
  bool is_folder;
} found;

typedef struct findings {
  found *list;
  int count, room;
} findings;

static found *more(findings *f) {
  if (f->count == f->room) {
    const int room = f->room ? 2 * f->room : 256;
    found *list = reallocarray(f->list, (size_t)room, sizeof *list);
    if (!list) return NULL;
    f->list = list;
    f->room = room;
  }
  found *next = &f->list[f->count];
  *next = (found){0};
  return next;
}

static void end_findings(findings *f) {
  for (int i = 0; i < f->count; i++) {
    free(f->list[i].path);
    free(f->list[i].reason);
  }
  free(f->list);
}

/* ---- one file */

/* Fills in what is known of a file, or looks at it. False: it is not a file. */
static bool look_at(found *item, fv__album *album) {
  int descriptor;
  if (fv__folder_file(&descriptor, &item->facts, &album->folder, item->path)) return false;
  pthread_mutex_lock(&album->lock);
  const fv__entry *entry = fv__album_known(album, item->path, &item->facts);
  if (entry) memcpy(item->id, entry->id, sizeof item->id);
  if (entry && entry->reason) item->reason = strdup(entry->reason);
  const bool is_known = entry != NULL;
  pthread_mutex_unlock(&album->lock);
  uint64_t identity;
  char reason[256];
  if (!is_known) {
    const bool is_good = fv__identify(&identity, reason, descriptor, &item->facts);
    if (is_good) fv__hash_id(item->id, 'i', identity);
    if (!is_good) item->reason = strdup(reason);
    pthread_mutex_lock(&album->lock);
    fv__album_note(album, item->path, &item->facts, is_good ? item->id : NULL, is_good ? NULL : reason);
    pthread_mutex_unlock(&album->lock);
  }
  close(descriptor);
  return true;
}

/* ---- one folder */

static bool is_folder(DIR *list, const struct dirent *entry) {
  struct stat about;
  if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK) return entry->d_type == DT_DIR;
  return !fstatat(dirfd(list), entry->d_name, &about, 0) && S_ISDIR(about.st_mode);
}

static void take(findings *f, fv__album *album, DIR *list, const char *folder, const struct dirent *entry,
                 bool folders) {
  char path[PATH_SIZE];
  if (entry->d_name[0] == '.' || f->count == MOST_FILES) return;
  const int size = snprintf(path, sizeof path, "%s%s%s", folder, folder[0] ? "/" : "", entry->d_name);
  found *item = size < PATH_SIZE ? more(f) : NULL;
  if (!item || !(item->path = strdup(path))) return;
  item->is_folder = is_folder(list, entry);
  const bool takes = item->is_folder ? folders : fv__looks_like_picture(entry->d_name) && look_at(item, album);
  if (takes)
    f->count++;
  else
    free(item->path);
}

static fv_status look_through(findings *f, fv__album *album, const char *folder, bool folders) {
  DIR *list;
  const fv_status status = fv__folder_list(&list, &album->folder, folder);
  if (status) return status;
  pthread_mutex_lock(&album->scans);
  for (const struct dirent *entry; (entry = readdir(list));) take(f, album, list, folder, entry, folders);
  pthread_mutex_unlock(&album->scans);
  closedir(list);
  return FV_OK;
}

static int by_name(const void *a, const void *b) { return strcmp(((const found *)a)->path, ((const found *)b)->path); }

static int by_time(const void *a, const void *b) {
  const found *one = a, *other = b;
  if (one->facts.nanoseconds != other->facts.nanoseconds)
    return one->facts.nanoseconds < other->facts.nanoseconds ? 1 : -1;
  return by_name(a, b);
}

/* ---- all folders */

void fv__album_search(fv__album *album) {
  findings all = {0};
  int folders = 0;
  if (look_through(&all, album, "", true)) return;
  for (int i = 0; i < all.count && folders < MOST_FOLDERS; i++) {
    if (!all.list[i].is_folder) continue;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s", all.list[i].path); /* the list moves as it grows */
    folders++;
    if (look_through(&all, album, path, true)) continue;
  }
  end_findings(&all);
}

void fv__album_default(fv__album *album, char id[FV__ID_SIZE]) {
  findings f = {0};
  memcpy(id, album->card->id, FV__ID_SIZE);
  if (look_through(&f, album, "", false)) return;
  if (f.count) qsort(f.list, (size_t)f.count, sizeof *f.list, by_name);
  for (int i = 0; i < f.count; i++) {
    if (f.list[i].reason) continue;
    memcpy(id, f.list[i].id, FV__ID_SIZE);
    break;
  }
  end_findings(&f);
}

int fv__album_sample(fv__album *album, char ids[][FV__ID_SIZE], int room) {
  findings f = {0};
  int good = 0, taken = 0;
  if (!look_through(&f, album, "", false) && f.count) qsort(f.list, (size_t)f.count, sizeof *f.list, by_name);
  for (int i = 0; i < f.count; i++) good += !f.list[i].reason;
  for (int i = 0, place = 0; i < f.count && taken < room; i++) {
    if (f.list[i].reason) continue;
    if (good <= room || (int64_t)place * room / good >= taken) memcpy(ids[taken++], f.list[i].id, FV__ID_SIZE);
    place++;
  }
  end_findings(&f);
  if (!taken) memcpy(ids[taken++], album->card->id, FV__ID_SIZE);
  return taken;
}

/* ---- the listing */

static void write_image(fv__writer *json, const char *id, const char *name, int64_t bytes) {
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "id", id);
  fv__writer_text(json, "name", name);
  fv__writer_whole(json, "bytes", bytes);
  fv__writer_end(json);
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Pictures from..from+count; "next" is where the next ones begin. */
static void write_images(fv__writer *json, const findings *f, const fv__album_view *view) {
  int64_t place = 0;
  fv__writer_begin(json, "images", '[');
  for (int i = 0; i < f->count; i++) {
    const found *item = &f->list[i];
    if (item->is_folder || item->reason) continue;
    if (place >= view->from && place < view->from + view->count)
      write_image(json, item->id, item->path, item->facts.size);
    place++;
  }
  fv__writer_end(json);
  fv__writer_whole(json, "total", place);
  if (view->from + view->count < place)
    fv__writer_whole(json, "next", view->from + view->count);
  else
    fv__writer_null(json, "next");
}

static void write_others(fv__writer *json, const findings *f, bool folders) {
  fv__writer_begin(json, folders ? "folders" : "rejects", '[');
  for (int i = 0; i < f->count; i++) {
    const found *item = &f->list[i];
    if (folders ? !item->is_folder : !item->reason) continue;
    fv__writer_begin(json, NULL, '{');
    fv__writer_text(json, "name", folders ? last_part(item->path) : item->path);
    fv__writer_text(json, folders ? "dir" : "reason", folders ? item->path : item->reason);
    fv__writer_end(json);
  }
  fv__writer_end(json);
}

static void write_added(fv__writer *json, fv__album *album) {
  fv__writer_begin(json, "added", '[');
  pthread_mutex_lock(&album->lock);
  for (const fv__entry *entry = album->added; entry; entry = entry->next_added)
    write_image(json, entry->id, last_part(entry->path), entry->facts.size);
  pthread_mutex_unlock(&album->lock);
  fv__writer_end(json);
}

fv_status fv__album_list(fv__writer *json, fv__album *album, const fv__album_view *view) {
  findings f = {0};
  const fv_status status = look_through(&f, album, view->folder, true);
  if (status) return status;
  if (f.count) qsort(f.list, (size_t)f.count, sizeof *f.list, view->by_time ? by_time : by_name);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "dir", view->folder);
  write_images(json, &f, view);
  write_others(json, &f, true);
  write_others(json, &f, false);
  write_added(json, album);
  fv__writer_begin(json, "card", '[');
  write_image(json, album->card->id, album->card->name, 0);
  fv__writer_end(json);
  fv__writer_end(json);
  end_findings(&f);
  return FV_OK;
}
