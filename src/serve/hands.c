/* A ring of waiting work and the threads that empty it. */
#include "serve/hands.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct piece {
  void (*work)(void *context);
  void *context;
} piece;

struct fv__hands {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  piece ring[FV__HANDS_WAITING];
  int first, count;
  int working; /* threads that do work and do not rest: at most FV__HANDS begin a piece */
  int idle;
  bool closing;
  pthread_t threads[FV__HANDS_MOST];
  int thread_count;
};

static _Thread_local fv__hands *own; /* the hands that this thread is one of; NULL: none */

static void *work_on(void *pointer) {
  fv__hands *hands = own = pointer;
  pthread_mutex_lock(&hands->lock);
  for (;;) {
    hands->idle++;
    while ((!hands->count || hands->working >= FV__HANDS) && !(hands->closing && !hands->count))
      pthread_cond_wait(&hands->changed, &hands->lock);
    hands->idle--;
    if (!hands->count) break;
    const piece next = hands->ring[hands->first];
    hands->first = (hands->first + 1) % FV__HANDS_WAITING;
    hands->count--;
    hands->working++;
    pthread_mutex_unlock(&hands->lock);
    next.work(next.context);
    pthread_mutex_lock(&hands->lock);
    hands->working--;
    pthread_cond_signal(&hands->changed);
  }
  pthread_cond_broadcast(&hands->changed);
  pthread_mutex_unlock(&hands->lock);
  return NULL;
}

/* With the lock held: somebody for the work that waits. A thread that cannot be started is done without. */
static void call_somebody(fv__hands *hands) {
  if (!hands->count || hands->working >= FV__HANDS || hands->closing) return;
  if (hands->idle)
    pthread_cond_signal(&hands->changed);
  else if (hands->thread_count < FV__HANDS_MOST &&
           !pthread_create(&hands->threads[hands->thread_count], NULL, work_on, hands))
    hands->thread_count++;
}

fv_status fv__hands_create(fv__hands **out) {
  fv__hands *hands = *out = calloc(1, sizeof *hands);
  if (!hands) return fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  pthread_mutex_init(&hands->lock, NULL);
  pthread_cond_init(&hands->changed, NULL);
  while (hands->thread_count < FV__HANDS && !pthread_create(&hands->threads[hands->thread_count], NULL, work_on, hands))
    hands->thread_count++;
  if (hands->thread_count) return FV_OK;
  fv__hands_destroy(hands);
  *out = NULL;
  return fv_error_set(FV_ERROR_MEMORY, "the system starts no more threads");
}

void fv__hands_destroy(fv__hands *hands) {
  if (!hands) return;
  pthread_mutex_lock(&hands->lock);
  hands->closing = true;
  pthread_cond_broadcast(&hands->changed);
  pthread_mutex_unlock(&hands->lock);
  for (int i = 0; i < hands->thread_count; i++) pthread_join(hands->threads[i], NULL);
  pthread_cond_destroy(&hands->changed);
  pthread_mutex_destroy(&hands->lock);
  free(hands);
}

bool fv__hands_give(fv__hands *hands, void (*work)(void *context), void *context) {
  pthread_mutex_lock(&hands->lock);
  const bool fits = hands->count < FV__HANDS_WAITING && !hands->closing;
  if (fits) hands->ring[(hands->first + hands->count++) % FV__HANDS_WAITING] = (piece){work, context};
  if (fits) call_somebody(hands);
  pthread_mutex_unlock(&hands->lock);
  return fits;
}

void fv__hands_rest(void) {
  fv__hands *hands = own;
  if (!hands) return;
  pthread_mutex_lock(&hands->lock);
  hands->working--;
  call_somebody(hands);
  pthread_mutex_unlock(&hands->lock);
}

void fv__hands_go_on(void) {
  fv__hands *hands = own;
  if (!hands) return;
  pthread_mutex_lock(&hands->lock);
  hands->working++;
  pthread_mutex_unlock(&hands->lock);
}
