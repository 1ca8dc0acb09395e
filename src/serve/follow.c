/* Watches on folders, and what they saw, gathered for half a second. */
#include "serve/follow.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "serve/identify.h"

/* A file is there when it was written, not when it was made: until then it would be shown as broken. */
enum {
  COMES = IN_CLOSE_WRITE | IN_MOVED_TO,
  GOES = IN_DELETE | IN_MOVED_FROM,
  FOLLOWED_EVENTS = COMES | GOES | IN_CREATE | IN_ONLYDIR
};

typedef struct watched {
  int number; /* inotify's; -1: free */
  char *path;
  int64_t came, went; /* since the last tick */
} watched;

struct fv__follow {
  pthread_mutex_t lock;
  fv__hub *hub;
  int descriptor; /* -1: the system lends none */
  watched list[FV__FOLLOWED];
  int next; /* to be let go */
};

fv_status fv__follow_create(fv__follow **out, fv__hub *hub) {
  fv__follow *follow = *out = calloc(1, sizeof *follow);
  if (!follow) return fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  follow->hub = hub;
  follow->descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  for (int i = 0; i < FV__FOLLOWED; i++) follow->list[i].number = -1;
  pthread_mutex_init(&follow->lock, NULL);
  return FV_OK;
}

void fv__follow_destroy(fv__follow *follow) {
  if (!follow) return;
  if (follow->descriptor >= 0) close(follow->descriptor);
  for (int i = 0; i < FV__FOLLOWED; i++) free(follow->list[i].path);
  pthread_mutex_destroy(&follow->lock);
  free(follow);
}

static watched *find(fv__follow *follow, int number) {
  for (int i = 0; i < FV__FOLLOWED; i++)
    if (follow->list[i].number == number) return &follow->list[i];
  return NULL;
}

/* With the lock held. */
static void remember(fv__follow *follow, int number, const char *path) {
  watched *place = find(follow, -1);
  char *copy = strdup(path);
  if (!place) {
    place = &follow->list[follow->next++ % FV__FOLLOWED];
    inotify_rm_watch(follow->descriptor, place->number);
    free(place->path);
  }
  *place = (watched){copy ? number : -1, copy, 0, 0};
}

void fv__follow_folder(fv__follow *follow, const fv__folder *folder, const char *path) {
  DIR *list;
  char opened[64];
  if (follow->descriptor < 0 || fv__folder_list(&list, folder, path)) return;
  snprintf(opened, sizeof opened, "/proc/self/fd/%d", dirfd(list));
  pthread_mutex_lock(&follow->lock);
  const int number = inotify_add_watch(follow->descriptor, opened, FOLLOWED_EVENTS);
  if (number >= 0 && !find(follow, number)) remember(follow, number, path);
  pthread_mutex_unlock(&follow->lock);
  closedir(list);
}

/* ---- what was seen */

static void note(fv__follow *follow, const struct inotify_event *event) {
  watched *place = event->wd >= 0 ? find(follow, event->wd) : NULL;
  for (int i = 0; (event->mask & IN_Q_OVERFLOW) && i < FV__FOLLOWED; i++) follow->list[i].came++;
  if (!place) return;
  if (event->mask & IN_IGNORED) { /* the folder is gone, or was let go */
    free(place->path);
    *place = (watched){.number = -1};
    return;
  }
  const bool is_folder = event->mask & IN_ISDIR;
  if (!event->len || (!is_folder && !fv__looks_like_picture(event->name))) return;
  if ((event->mask & COMES) || (is_folder && (event->mask & IN_CREATE))) place->came++;
  if (event->mask & GOES) place->went++;
}

static void read_events(fv__follow *follow) {
  _Alignas(struct inotify_event) char bytes[16384];
  for (ssize_t size; (size = read(follow->descriptor, bytes, sizeof bytes)) > 0;) {
    for (const char *at = bytes; at < bytes + size;) {
      const struct inotify_event *event = (const void *)at;
      note(follow, event);
      at += sizeof *event + event->len;
    }
  }
}

static void tell(fv__hub *hub, const char *path, int64_t came, int64_t went) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "dir", path);
  fv__writer_whole(&json, "added", came);
  fv__writer_whole(&json, "removed", went);
  fv__writer_end(&json);
  fv__hub_publish(hub, "images", "images", &json, false);
}

void fv__follow_tick(fv__follow *follow) {
  if (follow->descriptor < 0) return;
  pthread_mutex_lock(&follow->lock);
  read_events(follow);
  for (int i = 0; i < FV__FOLLOWED; i++) {
    watched *place = &follow->list[i];
    const int64_t came = place->came, went = place->went;
    place->came = place->went = 0;
    if (place->number < 0 || (!came && !went)) continue;
    tell(follow->hub, place->path, came, went);
  }
  pthread_mutex_unlock(&follow->lock);
}
