/* A ring of events and those who listen.
 *
 *   ring   | 41 | 42 | 43 | 44 |      next: 45
 *            ^first          ^ a listener that has seen 43 reads 44 next
 */
#include "serve/hub.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/connections.h"

enum { HEARTBEAT = 15000, LAGGING = 200, OUT = 1024 };

typedef struct event {
  char *text; /* as it is sent */
  size_t size;
  bool droppable;
  char topic[64];
} event;

struct fv__listener {
  fv__hub *hub;
  struct fv__listener *next;
  char topics[FV__HUB_TOPICS]; /* ",run:r_1,job:*,"; "": all */
  int64_t seen;                /* number of the last event taken */
  char *out;                   /* what is being sent */
  size_t out_size, out_at, out_room;
  int64_t last; /* when something was sent */
  bool waits, was_reset;
  void (*wake)(void *context);
  void *context;
};

struct fv__hub {
  pthread_mutex_t lock;
  uint64_t boot;
  event *ring;
  int64_t first, next; /* numbers: those kept are [first, next) */
  size_t bytes;
  fv__listener *listeners;
  int listener_count;
  bool closed;
};

fv_status fv__hub_create(fv__hub **out, uint64_t boot) {
  fv__hub *hub = *out = calloc(1, sizeof *hub);
  if (hub) hub->ring = calloc(FV__HUB_KEPT, sizeof *hub->ring);
  if (!hub || !hub->ring) {
    free(hub);
    *out = NULL;
    return fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  }
  pthread_mutex_init(&hub->lock, NULL);
  hub->boot = boot;
  hub->first = hub->next = 1;
  return FV_OK;
}

void fv__hub_destroy(fv__hub *hub) {
  if (!hub) return;
  for (int i = 0; i < FV__HUB_KEPT; i++) free(hub->ring[i].text);
  free(hub->ring);
  pthread_mutex_destroy(&hub->lock);
  free(hub);
}

/* ---- telling */

static void drop_first(fv__hub *hub) {
  event *old = &hub->ring[hub->first++ % FV__HUB_KEPT];
  hub->bytes -= old->size;
  free(old->text);
  old->text = NULL;
}

static void wake_all(fv__hub *hub) {
  for (fv__listener *l = hub->listeners; l; l = l->next) {
    if (!l->waits) continue;
    l->waits = false;
    l->wake(l->context);
  }
}

void fv__hub_publish(fv__hub *hub, const char *name, const char *topic, fv__writer *json, bool droppable) {
  const size_t room = json->size + strlen(name) + 80;
  char *text = json->failed || !json->text ? NULL : malloc(room);
  if (text) {
    pthread_mutex_lock(&hub->lock);
    const int size = snprintf(text, room, "id: %" PRIx64 "-%" PRId64 "\nevent: %s\ndata: %s\n\n", hub->boot, hub->next,
                              name, json->text);
    while (hub->first < hub->next &&
           (hub->next - hub->first == FV__HUB_KEPT || hub->bytes + (size_t)size > FV__HUB_BYTES))
      drop_first(hub);
    event *e = &hub->ring[hub->next++ % FV__HUB_KEPT];
    *e = (event){.text = text, .size = (size_t)size, .droppable = droppable};
    snprintf(e->topic, sizeof e->topic, "%s", topic);
    hub->bytes += e->size;
    wake_all(hub);
    pthread_mutex_unlock(&hub->lock);
  }
  free(json->text);
  *json = (fv__writer){0};
}

/* ---- listening */

/* Whether a list ",a,b:*," holds a topic, by itself or by its kind. */
static bool wants(const fv__listener *listener, const char *topic) {
  if (!listener->topics[0]) return true;
  char word[80];
  snprintf(word, sizeof word, ",%.64s,", topic);
  if (strstr(listener->topics, word)) return true;
  const char *colon = strchr(topic, ':');
  if (!colon) return false;
  snprintf(word, sizeof word, ",%.*s:*,", (int)(colon - topic), topic);
  return strstr(listener->topics, word) != NULL;
}

static void put(fv__listener *l, const char *text, size_t size) {
  if (l->out_size + size > l->out_room) {
    const size_t room = l->out_size + size + OUT;
    char *more = realloc(l->out, room);
    if (!more) return; /* it will be told to fetch anew */
    l->out = more;
    l->out_room = room;
  }
  memcpy(l->out + l->out_size, text, size);
  l->out_size += size;
}

static void put_text(fv__listener *l, const char *text) { put(l, text, strlen(text)); }

/* "reset" with the number of the last event there is: what came before must be asked for. */
static void put_reset(fv__listener *l) {
  char text[120];
  snprintf(text, sizeof text, "id: %" PRIx64 "-%" PRId64 "\nevent: reset\ndata: {}\n\n", l->hub->boot,
           l->hub->next - 1);
  put_text(l, text);
  l->seen = l->hub->next - 1;
}

fv__listener *fv__hub_listen(fv__hub *hub, const char *topics, uint64_t boot, int64_t after,
                             void (*wake)(void *context), void *context) {
  fv__listener *l = calloc(1, sizeof *l);
  if (!l) return NULL;
  if (topics && topics[0] && strlen(topics) < sizeof l->topics - 3)
    snprintf(l->topics, sizeof l->topics, ",%s,", topics);
  l->hub = hub;
  l->wake = wake;
  l->context = context;
  l->last = fv__milliseconds();
  put_text(l, "retry: 1500\n\n");
  pthread_mutex_lock(&hub->lock);
  const bool fits = hub->listener_count < FV__HUB_LISTENERS && !hub->closed;
  if (fits) {
    l->seen = hub->next - 1;
    const bool is_known = boot == hub->boot && after >= hub->first - 1 && after < hub->next;
    if (after >= 0 && is_known) l->seen = after;
    if (after >= 0 && !is_known) put_reset(l);
    l->next = hub->listeners;
    hub->listeners = l;
    hub->listener_count++;
  }
  pthread_mutex_unlock(&hub->lock);
  if (fits) return l;
  free(l->out);
  free(l);
  return NULL;
}

void fv__hub_leave(fv__listener *listener) {
  fv__hub *hub = listener->hub;
  pthread_mutex_lock(&hub->lock);
  for (fv__listener **at = &hub->listeners; *at; at = &(*at)->next) {
    if (*at != listener) continue;
    *at = listener->next;
    hub->listener_count--;
    break;
  }
  pthread_mutex_unlock(&hub->lock);
  free(listener->out);
  free(listener);
}

/* Fills `out` with the next events that the listener wants. */
static void gather(fv__listener *l) {
  fv__hub *hub = l->hub;
  if (l->seen + 1 < hub->first) put_reset(l);
  while (l->seen + 1 < hub->next && l->out_size < 16384) {
    const event *e = &hub->ring[++l->seen % FV__HUB_KEPT];
    const bool is_late = hub->next - l->seen > LAGGING;
    if (wants(l, e->topic) && !(is_late && e->droppable)) put(l, e->text, e->size);
  }
}

ssize_t fv__hub_read(fv__listener *l, char *bytes, size_t room, void (*pause)(void *context)) {
  pthread_mutex_lock(&l->hub->lock);
  if (l->out_at == l->out_size) {
    l->out_at = l->out_size = 0;
    gather(l);
  }
  size_t size = l->out_size - l->out_at;
  if (size > room) size = room;
  if (size) memcpy(bytes, l->out + l->out_at, size);
  l->out_at += size;
  ssize_t result = (ssize_t)size;
  if (size) {
    l->last = fv__milliseconds();
  } else if (l->hub->closed) {
    result = -1;
  } else {
    l->waits = true;
    pause(l->context);
  }
  pthread_mutex_unlock(&l->hub->lock);
  return result;
}

void fv__hub_tick(fv__hub *hub) {
  const int64_t now = fv__milliseconds();
  pthread_mutex_lock(&hub->lock);
  for (fv__listener *l = hub->listeners; l; l = l->next) {
    if (!l->waits || now - l->last < HEARTBEAT) continue;
    put_text(l, ":\n\n");
    l->waits = false;
    l->wake(l->context);
  }
  pthread_mutex_unlock(&hub->lock);
}

void fv__hub_close(fv__hub *hub) {
  if (!hub) return;
  pthread_mutex_lock(&hub->lock);
  hub->closed = true;
  wake_all(hub);
  pthread_mutex_unlock(&hub->lock);
}

int fv__hub_listeners(fv__hub *hub) {
  pthread_mutex_lock(&hub->lock);
  const int count = hub->listener_count;
  pthread_mutex_unlock(&hub->lock);
  return count;
}
