/* Following a file that grows. inotify tells of changes; a look every second covers file systems that do not tell. */
#include "serve/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/connections.h"
#include "serve/series.h"

enum { LINE = 64 * 1024, STEP_PAUSE = 250, LOOK = 1000 };

struct fv__watch {
  char *path;
  fv__hub *hub;
  pthread_t thread;
  bool has_thread;
  int stop, notices; /* descriptors */

  pthread_mutex_t lock; /* of what was read */
  char name[64];
  fv__table steps, epochs;
  int64_t bad_lines;

  /* The thread's own. */
  int file;
  ino_t inode;
  int64_t at; /* bytes read */
  char *line; /* what there is of the next line */
  size_t size;
  bool is_too_long; /* the line is skipped */
  bool is_new;      /* what is read now was not there at the start */
  char *pending;    /* the newest step, not told yet */
  int64_t told;     /* when a step was told last */
};

/* ---- telling */

static void tell(fv__watch *watch, const char *event, const char *text, bool droppable) {
  char topic[72];
  fv__writer json = {0};
  snprintf(topic, sizeof topic, "train:%.63s", watch->name);
  fv__writer_raw(&json, NULL, text);
  fv__hub_publish(watch->hub, event, topic, &json, droppable);
}

static void tell_pending(fv__watch *watch) {
  if (!watch->pending) return;
  tell(watch, "train.step", watch->pending, true);
  watch->told = fv__milliseconds();
  free(watch->pending);
  watch->pending = NULL;
}

/* ---- reading lines */

static void take_name(fv__watch *watch, const json_t *object) {
  const char *name = json_string_value(json_object_get(object, "t"));
  if (name && strlen(name) < sizeof watch->name) memcpy(watch->name, name, strlen(name) + 1);
}

/* Only events of a training are passed on, whatever else a log may say. */
static bool is_event(const char *event) {
  if (!event || strncmp(event, "train.", 6) != 0 || strlen(event) > 32) return false;
  return event[6 + strspn(event + 6, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static void take_line(fv__watch *watch) {
  json_error_t error;
  json_t *object = json_loadb(watch->line, watch->size, JSON_REJECT_DUPLICATES, &error);
  const char *event = json_string_value(json_object_get(object, "event"));
  pthread_mutex_lock(&watch->lock);
  if (is_event(event)) {
    take_name(watch, object);
    if (!strcmp(event, "train.step")) fv__table_add(&watch->steps, object);
    if (!strcmp(event, "train.epoch")) fv__table_add(&watch->epochs, object);
  } else {
    watch->bad_lines++;
  }
  pthread_mutex_unlock(&watch->lock);
  char *text = is_event(event) && watch->is_new ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
  if (text && !strcmp(event, "train.step")) {
    free(watch->pending);
    watch->pending = text;
    text = NULL;
  } else if (text) {
    tell_pending(watch); /* an epoch comes after its steps */
    tell(watch, event, text, false);
  }
  free(text);
  json_decref(object);
}

static void take_bytes(fv__watch *watch, const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (bytes[i] != '\n') {
      watch->is_too_long |= watch->size == LINE;
      if (!watch->is_too_long) watch->line[watch->size++] = bytes[i];
      continue;
    }
    if (watch->size && !watch->is_too_long) take_line(watch);
    watch->size = 0;
    watch->is_too_long = false;
  }
}

/* ---- the file */

static void begin_anew(fv__watch *watch) {
  pthread_mutex_lock(&watch->lock);
  fv__table_end(&watch->steps);
  fv__table_end(&watch->epochs);
  pthread_mutex_unlock(&watch->lock);
  watch->at = 0;
  watch->size = 0;
  free(watch->pending);
  watch->pending = NULL;
  if (watch->is_new) tell(watch, "train.state", "{\"state\":\"reset\"}", false);
}

static void open_file(fv__watch *watch) {
  struct stat about;
  const int file = open(watch->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return;
  if (fstat(file, &about) || !S_ISREG(about.st_mode)) {
    close(file);
    return;
  }
  if (watch->inode && watch->inode != about.st_ino) begin_anew(watch); /* another file under this name */
  watch->inode = about.st_ino;
  watch->file = file;
}

static bool is_replaced(const fv__watch *watch) {
  struct stat about;
  return !stat(watch->path, &about) && about.st_ino != watch->inode;
}

static void read_file(fv__watch *watch) {
  char bytes[16384];
  struct stat about;
  if (watch->file >= 0 && is_replaced(watch)) {
    close(watch->file);
    watch->file = -1;
  }
  if (watch->file < 0) open_file(watch);
  if (watch->file < 0 || fstat(watch->file, &about)) return;
  if (about.st_size < watch->at) begin_anew(watch);
  for (;;) {
    const ssize_t got = pread(watch->file, bytes, sizeof bytes, watch->at);
    if (got <= 0) break;
    watch->at += got;
    take_bytes(watch, bytes, (size_t)got);
  }
}

/* ---- the thread */

static int next_look(const fv__watch *watch) {
  if (!watch->pending) return LOOK;
  const int64_t left = watch->told + STEP_PAUSE - fv__milliseconds();
  return left < 0 ? 0 : (int)left;
}

static void *follow(void *pointer) {
  fv__watch *watch = pointer;
  char notices[4096];
  struct pollfd waits[] = {{.fd = watch->stop, .events = POLLIN}, {.fd = watch->notices, .events = POLLIN}};
  for (;;) {
    read_file(watch);
    if (watch->pending && fv__milliseconds() - watch->told >= STEP_PAUSE) tell_pending(watch);
    const int ready = poll(waits, 2, next_look(watch));
    if (waits[0].revents || (ready < 0 && errno != EINTR)) break;
    if (waits[1].revents && read(watch->notices, notices, sizeof notices) < 0 && errno != EAGAIN) break;
  }
  return NULL;
}

/* Changes of the folder, so that a log is seen when it appears. */
static fv_status watch_folder(fv__watch *watch) {
  char sentence[480];
  char *folder = strdup(watch->path), *slash = folder ? strrchr(folder, '/') : NULL;
  if (slash) slash[slash == folder] = '\0';
  watch->notices = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  const int added = inotify_add_watch(watch->notices, !folder || !slash ? "." : folder,
                                      IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
  const bool is_missing = added < 0 && (errno == ENOENT || errno == ENOTDIR);
  free(folder);
  if (!is_missing) return FV_OK;
  snprintf(sentence, sizeof sentence, "%.400s: its folder is not there", watch->path);
  return fv_error_set(FV_ERROR_NOT_FOUND, sentence);
}

fv_status fv__watch_start(fv__watch **out, const char *path, fv__hub *hub) {
  fv__watch *watch = *out = calloc(1, sizeof *watch);
  if (!watch) return fv_error_set(FV_ERROR_MEMORY, "no memory for a log");
  pthread_mutex_init(&watch->lock, NULL);
  watch->hub = hub;
  watch->file = watch->notices = watch->stop = -1;
  memcpy(watch->name, "t_1", 4);
  watch->path = strdup(path);
  watch->line = malloc(LINE);
  watch->stop = eventfd(0, EFD_CLOEXEC);
  fv_status status = watch->path && watch->line && watch->stop >= 0
                         ? watch_folder(watch)
                         : fv_error_set(FV_ERROR_MEMORY, "no memory for a log");
  if (!status) read_file(watch); /* before anyone can listen: what comes from now on is told */
  watch->is_new = true;
  watch->has_thread = !status && !pthread_create(&watch->thread, NULL, follow, watch);
  if (watch->has_thread) return FV_OK;
  fv__watch_stop(watch);
  *out = NULL;
  return status ? status : fv_error_set(FV_ERROR_MEMORY, "the system starts no more threads");
}

void fv__watch_stop(fv__watch *watch) {
  if (!watch) return;
  if (watch->has_thread && eventfd_write(watch->stop, 1) == 0) pthread_join(watch->thread, NULL);
  if (watch->file >= 0) close(watch->file);
  if (watch->notices >= 0) close(watch->notices);
  if (watch->stop >= 0) close(watch->stop);
  fv__table_end(&watch->steps);
  fv__table_end(&watch->epochs);
  pthread_mutex_destroy(&watch->lock);
  free(watch->pending);
  free(watch->line);
  free(watch->path);
  free(watch);
}

/* ---- asking */

void fv__watch_name(fv__watch *watch, char name[64]) {
  pthread_mutex_lock(&watch->lock);
  memcpy(name, watch->name, sizeof watch->name);
  pthread_mutex_unlock(&watch->lock);
}

/* The newest row as an object. */
static void write_last(fv__writer *json, const char *name, const fv__table *table) {
  fv__writer_begin(json, name, '{');
  for (int32_t i = 0; i < table->column_count && table->row_count; i++)
    fv__writer_number(json, table->names[i], table->columns[i][table->row_count - 1]);
  fv__writer_end(json);
}

void fv__watch_write(fv__writer *json, fv__watch *watch) {
  pthread_mutex_lock(&watch->lock);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "t", watch->name);
  fv__writer_text(json, "log", watch->path);
  fv__writer_whole(json, "rev", watch->steps.row_count);
  fv__writer_whole(json, "steps", watch->steps.row_count);
  fv__writer_whole(json, "epochs", watch->epochs.row_count);
  fv__writer_whole(json, "bad_lines", watch->bad_lines);
  write_last(json, "last", &watch->steps);
  write_last(json, "epoch", &watch->epochs);
  fv__writer_end(json);
  pthread_mutex_unlock(&watch->lock);
}

void fv__watch_write_series(fv__writer *json, fv__watch *watch, const char *keys, int64_t from, int64_t points) {
  pthread_mutex_lock(&watch->lock);
  fv__writer_begin(json, NULL, '{');
  fv__writer_text(json, "t", watch->name);
  fv__writer_whole(json, "rev", watch->steps.row_count);
  fv__table_write(json, "cols", &watch->steps, keys, from, points);
  fv__table_write(json, "epoch_cols", &watch->epochs, keys, 0, points);
  fv__writer_end(json);
  pthread_mutex_unlock(&watch->lock);
}
