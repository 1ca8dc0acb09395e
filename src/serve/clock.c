/* A thread that sleeps half a second at a time. */
#include "serve/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct fv__clock {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t stopped;
  bool stopping;
  void (*tick)(void *context);
  void *context;
};

static void *run(void *pointer) {
  fv__clock *clock = pointer;
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  pthread_mutex_lock(&clock->lock);
  while (!clock->stopping) {
    next.tv_nsec += 500000000;
    if (next.tv_nsec >= 1000000000) {
      next.tv_nsec -= 1000000000;
      next.tv_sec++;
    }
    while (!clock->stopping && !pthread_cond_timedwait(&clock->stopped, &clock->lock, &next)) continue;
    if (clock->stopping) break;
    pthread_mutex_unlock(&clock->lock);
    clock->tick(clock->context);
    pthread_mutex_lock(&clock->lock);
  }
  pthread_mutex_unlock(&clock->lock);
  return NULL;
}

fv_status fv__clock_start(fv__clock **out, void (*tick)(void *context), void *context) {
  fv__clock *clock = *out = calloc(1, sizeof *clock);
  if (!clock) return fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  clock->tick = tick;
  clock->context = context;
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&clock->lock, NULL);
  pthread_cond_init(&clock->stopped, &monotonic);
  pthread_condattr_destroy(&monotonic);
  if (!pthread_create(&clock->thread, NULL, run, clock)) return FV_OK;
  pthread_cond_destroy(&clock->stopped);
  pthread_mutex_destroy(&clock->lock);
  free(clock);
  *out = NULL;
  return fv_error_set(FV_ERROR_MEMORY, "the system starts no more threads");
}

void fv__clock_stop(fv__clock *clock) {
  if (!clock) return;
  pthread_mutex_lock(&clock->lock);
  clock->stopping = true;
  pthread_cond_signal(&clock->stopped);
  pthread_mutex_unlock(&clock->lock);
  pthread_join(clock->thread, NULL);
  pthread_cond_destroy(&clock->stopped);
  pthread_mutex_destroy(&clock->lock);
  free(clock);
}
