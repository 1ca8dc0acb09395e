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
  bool closing;
  pthread_t threads[FV__HANDS];
  int thread_count;
};

static void *work_on(void *pointer) {
  fv__hands *hands = pointer;
  pthread_mutex_lock(&hands->lock);
  for (;;) {
    while (!hands->count && !hands->closing) pthread_cond_wait(&hands->changed, &hands->lock);
    if (!hands->count) break;
    const piece next = hands->ring[hands->first];
    hands->first = (hands->first + 1) % FV__HANDS_WAITING;
    hands->count--;
    pthread_mutex_unlock(&hands->lock);
    next.work(next.context);
    pthread_mutex_lock(&hands->lock);
  }
  pthread_mutex_unlock(&hands->lock);
  return NULL;
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
  if (fits) pthread_cond_signal(&hands->changed);
  pthread_mutex_unlock(&hands->lock);
  return fits;
}
