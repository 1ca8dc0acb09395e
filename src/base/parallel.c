/* The pool: workers sleep on a condition, the caller publishes a job (body, context, count) under a new number,
 * everyone takes pieces, and the last to leave wakes the caller.
 *
 *   caller   publish job n, open it | take pieces ... | close it | wait until nobody is inside
 *   worker   wait for job n | enter unless closed | take pieces ... | leave
 *
 * Each thread begins with a contiguous share of the pieces, the same for every job: what a step wrote is read by the
 * next step on the same core, from its own cache, as neighbouring pieces work on neighbouring rows. Who is done early
 * takes from the others' shares, one piece at a time.
 *
 * A worker that the system wakes late finds the job closed: nobody waits for it, which counts on a busy machine.
 *
 * Workers spin for a short while before they sleep: steps of a network follow each other within microseconds, and a
 * sleep and wake costs more than a small step.
 */
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include <fovea/cpu.h>

enum { MAX_THREADS = 256, SPIN_NANOSECONDS = 50000, CLOSED = 1 << 16 /* a bit of `inside` */ };

/* The pieces of a thread that nobody has taken. On a cache line of its own. */
typedef struct share {
  _Alignas(64) atomic_int_fast64_t next;
  int64_t end;
} share;

typedef struct worker {
  struct fv__pool *pool;
  pthread_t handle;
  int number; /* 1 .. threads - 1; the caller is 0 */
} worker;

struct fv__pool {
  int threads;
  worker *workers;
  pthread_mutex_t lock;
  pthread_cond_t work_ready, work_done;

  fv__parallel_body *body;
  void *context;
  share *shares;            /* one per thread */
  atomic_uint_fast64_t job; /* number of the current job; a change tells workers to start */
  atomic_int inside;        /* workers inside the current job, and CLOSED when no more may enter */
  atomic_bool closing;
};

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int64_t now_nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void take_pieces(fv__pool *pool, int thread) {
  for (int i = 0; i < pool->threads; i++) {
    share *from = &pool->shares[(thread + i) % pool->threads];
    while (atomic_load_explicit(&from->next, memory_order_relaxed) < from->end) {
      const int64_t piece = atomic_fetch_add_explicit(&from->next, 1, memory_order_relaxed);
      if (piece >= from->end) break;
      pool->body(pool->context, piece, thread);
    }
  }
}

/* Waits until the job number is no longer `seen`: spins a while, then sleeps. */
static uint64_t wait_for_job(fv__pool *pool, uint64_t seen) {
  const int64_t give_up = now_nanoseconds() + SPIN_NANOSECONDS;
  for (int turn = 1;; turn++) {
    uint64_t job = atomic_load_explicit(&pool->job, memory_order_acquire);
    if (job != seen) return job;
    pause_briefly();
    if (turn % 64 == 0 && now_nanoseconds() > give_up) break;
  }
  pthread_mutex_lock(&pool->lock);
  uint64_t job;
  while ((job = atomic_load_explicit(&pool->job, memory_order_acquire)) == seen)
    pthread_cond_wait(&pool->work_ready, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
  return job;
}

/* The job may be a newer one than the worker woke for: it has pieces as well. */
static bool enter(fv__pool *pool) {
  int inside = atomic_load_explicit(&pool->inside, memory_order_relaxed);
  while (!(inside & CLOSED))
    if (atomic_compare_exchange_weak_explicit(&pool->inside, &inside, inside + 1, memory_order_acquire,
                                              memory_order_relaxed))
      return true;
  return false;
}

static void leave(fv__pool *pool) {
  if (atomic_fetch_sub_explicit(&pool->inside, 1, memory_order_acq_rel) != CLOSED + 1) return;
  pthread_mutex_lock(&pool->lock);
  pthread_cond_signal(&pool->work_done);
  pthread_mutex_unlock(&pool->lock);
}

static void *work(void *argument) {
  worker *self = argument;
  fv__pool *pool = self->pool;
  uint64_t seen = 0;
  for (;;) {
    seen = wait_for_job(pool, seen);
    if (atomic_load_explicit(&pool->closing, memory_order_relaxed)) return NULL;
    if (!enter(pool)) continue;
    take_pieces(pool, self->number);
    leave(pool);
  }
}

static void publish(fv__pool *pool) {
  pthread_mutex_lock(&pool->lock);
  atomic_fetch_add_explicit(&pool->job, 1, memory_order_release);
  pthread_cond_broadcast(&pool->work_ready);
  pthread_mutex_unlock(&pool->lock);
}

fv_status fv__pool_create(fv__pool **out, int threads) {
  *out = NULL;
  if (threads < 0 || threads > MAX_THREADS)
    return fail(FV_ERROR_INVALID, "threads must be between 0 and %d, not %d", MAX_THREADS, threads);
  if (threads == 0) threads = fv_cpu_threads();
  if (threads > MAX_THREADS) threads = MAX_THREADS;
  fv__pool *pool = calloc(1, sizeof *pool);
  worker *workers = calloc((size_t)threads, sizeof *workers);
  share *shares = aligned_alloc(_Alignof(share), (size_t)threads * sizeof *shares);
  if (!pool || !workers || !shares) {
    free(pool);
    free(workers);
    free(shares);
    return fail(FV_ERROR_MEMORY, "no memory for a pool of %d threads", threads);
  }
  pool->workers = workers;
  pool->shares = shares;
  pool->threads = 1;
  atomic_init(&pool->inside, CLOSED);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->work_ready, NULL);
  pthread_cond_init(&pool->work_done, NULL);

  /* Workers must not run the program's signal handlers. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool->threads < threads) {
    worker *w = &workers[pool->threads];
    *w = (worker){.pool = pool, .number = pool->threads};
    if (pthread_create(&w->handle, NULL, work, w)) break; /* fewer threads instead of a failure */
    pool->threads++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  *out = pool;
  return FV_OK;
}

void fv__pool_destroy(fv__pool *pool) {
  if (!pool) return;
  atomic_store_explicit(&pool->closing, true, memory_order_relaxed);
  publish(pool);
  for (int i = 1; i < pool->threads; i++) pthread_join(pool->workers[i].handle, NULL);
  pthread_cond_destroy(&pool->work_ready);
  pthread_cond_destroy(&pool->work_done);
  pthread_mutex_destroy(&pool->lock);
  free(pool->workers);
  free(pool->shares);
  free(pool);
}

int fv__pool_threads(const fv__pool *pool) { return pool ? pool->threads : 1; }

/* Where the share of a thread starts: count * thread / threads, without overflow. */
static int64_t share_start(int64_t count, int thread, int threads) {
  return count / threads * thread + count % threads * thread / threads;
}

/* Lets nobody in any more and waits until all are out. */
static void finish(fv__pool *pool) {
  atomic_fetch_or_explicit(&pool->inside, CLOSED, memory_order_acq_rel);
  const int64_t give_up = now_nanoseconds() + SPIN_NANOSECONDS;
  for (int turn = 1; atomic_load_explicit(&pool->inside, memory_order_acquire) != CLOSED; turn++) {
    pause_briefly();
    if (turn % 64 != 0 || now_nanoseconds() <= give_up) continue;
    pthread_mutex_lock(&pool->lock);
    while (atomic_load_explicit(&pool->inside, memory_order_acquire) != CLOSED)
      pthread_cond_wait(&pool->work_done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
  }
}

void fv__parallel_for(fv__pool *pool, int64_t count, fv__parallel_body *body, void *context) {
  if (!pool || pool->threads == 1 || count <= 1) {
    for (int64_t piece = 0; piece < count; piece++) body(context, piece, 0);
    return;
  }
  pool->body = body;
  pool->context = context;
  for (int i = 0; i < pool->threads; i++) {
    atomic_store_explicit(&pool->shares[i].next, share_start(count, i, pool->threads), memory_order_relaxed);
    pool->shares[i].end = share_start(count, i + 1, pool->threads);
  }
  atomic_store_explicit(&pool->inside, 0, memory_order_release);
  publish(pool);
  take_pieces(pool, 0);
  finish(pool);
}
