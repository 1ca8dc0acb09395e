/* One lock guards all counters; items are pictures to decode, long against the time of a lock. */
#include "data/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { THREADS_MAX = 256 };

typedef struct job {
  int32_t items, next, done; /* next: not yet begun from here on */
} job;

typedef struct seat {
  fv__crew *crew;
  pthread_t handle;
  int number;
} seat;

struct fv__crew {
  pthread_mutex_t lock;
  pthread_cond_t work_ready, item_done;
  fv__crew_body *body;
  void *context;
  job *jobs;
  int32_t *queue; /* jobs under way, first started first */
  int32_t queued;
  seat *seats;
  int threads;
  bool closing;
};

int fv__crew_seats(int threads) { return threads + 1; }

/* The first job with something to begin; -1: none. The lock is held. */
static int32_t find_job(const fv__crew *crew) {
  for (int32_t i = 0; i < crew->queued; i++) {
    const int32_t number = crew->queue[i];
    if (crew->jobs[number].next < crew->jobs[number].items) return number;
  }
  return -1;
}

static void do_item(fv__crew *crew, int32_t number, int thread) {
  const int32_t item = crew->jobs[number].next++;
  pthread_mutex_unlock(&crew->lock);
  crew->body(crew->context, number, item, thread);
  pthread_mutex_lock(&crew->lock);
  crew->jobs[number].done++;
  pthread_cond_signal(&crew->item_done); /* only the caller waits */
}

static void *work(void *argument) {
  const seat *self = argument;
  fv__crew *crew = self->crew;
  pthread_mutex_lock(&crew->lock);
  while (!crew->closing) {
    const int32_t number = find_job(crew);
    if (number < 0)
      pthread_cond_wait(&crew->work_ready, &crew->lock);
    else
      do_item(crew, number, self->number);
  }
  pthread_mutex_unlock(&crew->lock);
  return NULL;
}

/* Signals stay the program's own threads'. */
static void hire(fv__crew *crew, int threads) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int i = 0; i < threads; i++) {
    seat *next = &crew->seats[crew->threads];
    *next = (seat){.crew = crew, .number = crew->threads + 1};
    if (pthread_create(&next->handle, NULL, work, next)) break;
    crew->threads++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

fv_status fv__crew_create(fv__crew **crew, int threads, int32_t jobs, fv__crew_body *body, void *context) {
  if (threads > THREADS_MAX) threads = THREADS_MAX;
  fv__crew *made = calloc(1, sizeof *made);
  *crew = NULL;
  if (!made) return fail(FV_ERROR_MEMORY, "no memory for threads that work ahead");
  made->body = body;
  made->context = context;
  made->jobs = calloc((size_t)jobs, sizeof *made->jobs);
  made->queue = calloc((size_t)jobs, sizeof *made->queue);
  made->seats = calloc((size_t)threads + 1, sizeof *made->seats);
  pthread_mutex_init(&made->lock, NULL);
  pthread_cond_init(&made->work_ready, NULL);
  pthread_cond_init(&made->item_done, NULL);
  if (!made->jobs || !made->queue || !made->seats) {
    fv__crew_destroy(made);
    return fail(FV_ERROR_MEMORY, "no memory for threads that work ahead");
  }
  hire(made, threads);
  *crew = made;
  return FV_OK;
}

void fv__crew_destroy(fv__crew *crew) {
  if (!crew) return;
  pthread_mutex_lock(&crew->lock);
  crew->closing = true;
  pthread_cond_broadcast(&crew->work_ready);
  pthread_mutex_unlock(&crew->lock);
  for (int i = 0; i < crew->threads; i++) pthread_join(crew->seats[i].handle, NULL);
  pthread_cond_destroy(&crew->item_done);
  pthread_cond_destroy(&crew->work_ready);
  pthread_mutex_destroy(&crew->lock);
  free(crew->seats);
  free(crew->queue);
  free(crew->jobs);
  free(crew);
}

void fv__crew_start(fv__crew *crew, int32_t number, int32_t items) {
  pthread_mutex_lock(&crew->lock);
  crew->jobs[number] = (job){.items = items};
  crew->queue[crew->queued++] = number;
  pthread_cond_broadcast(&crew->work_ready);
  pthread_mutex_unlock(&crew->lock);
}

static void leave_queue(fv__crew *crew, int32_t number) {
  int32_t kept = 0;
  for (int32_t i = 0; i < crew->queued; i++)
    if (crew->queue[i] != number) crew->queue[kept++] = crew->queue[i];
  crew->queued = kept;
}

void fv__crew_finish(fv__crew *crew, int32_t number) {
  job *j = &crew->jobs[number];
  pthread_mutex_lock(&crew->lock);
  while (j->done < j->items) {
    if (j->next < j->items)
      do_item(crew, number, 0);
    else
      pthread_cond_wait(&crew->item_done, &crew->lock);
  }
  leave_queue(crew, number);
  pthread_mutex_unlock(&crew->lock);
}

void fv__crew_cancel(fv__crew *crew) {
  pthread_mutex_lock(&crew->lock);
  for (int32_t i = 0; i < crew->queued; i++) {
    job *j = &crew->jobs[crew->queue[i]];
    j->items = j->next;
    while (j->done < j->items) pthread_cond_wait(&crew->item_done, &crew->lock);
  }
  crew->queued = 0;
  pthread_mutex_unlock(&crew->lock);
}
