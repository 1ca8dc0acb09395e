/* Three lists of waiting jobs, one running, some finished ones that are remembered. */
#include "serve/queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/hands.h"

struct fv__job {
  fv__job *next;
  fv__queue *queue;
  fv__task task;
  fv__job_view view;
  atomic_bool cancelled;
  const char *type; /* of the result */
  void *bytes;
  size_t size;
};

struct fv__queue {
  pthread_mutex_t lock;
  pthread_cond_t changed, ended;
  pthread_t thread;
  fv__hub *hub;
  fv__job *waiting[FV__PRIORITIES]; /* the next first */
  fv__job *running;                 /* first the one that is computed, then those that have given way to it */
  fv__job *finished;                /* the newest first */
  int waiting_count, finished_count;
  bool closing;
};

static void forget(fv__job *job) {
  if (job->task.release) job->task.release(job->task.context);
  free(job->bytes);
  free(job);
}

/* ---- events */

static void tell(fv__job *job, const char *event) {
  if (job->task.is_silent || !job->queue->hub) return;
  char topic[FV__ID_SIZE + 8];
  snprintf(topic, sizeof topic, "job:%s", job->view.id);
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_text(&json, "j", job->view.id);
  fv__writer_whole(&json, "done", job->view.done);
  fv__writer_whole(&json, "of", job->view.of);
  if (job->view.message[0]) fv__writer_text(&json, "detail", job->view.message);
  fv__writer_end(&json);
  fv__hub_publish(job->queue->hub, event, topic, &json, !strcmp(event, "job.progress"));
}

/* ---- the thread */

/* The first job of a priority before `end`. */
static fv__job *take_next(fv__queue *queue, int end) {
  for (int p = 0; p < end; p++) {
    fv__job *job = queue->waiting[p];
    if (!job) continue;
    queue->waiting[p] = job->next;
    queue->waiting_count--;
    job->next = NULL;
    return job;
  }
  return NULL;
}

/* Finished jobs are remembered for a while, so that their results can be fetched. */
static void finish(fv__queue *queue, fv__job *job) {
  job->next = queue->finished;
  queue->finished = job;
  if (++queue->finished_count <= FV__QUEUE_REMEMBERED) return;
  fv__job **last = &queue->finished;
  while ((*last)->next) last = &(*last)->next;
  fv__job *old = *last;
  *last = NULL;
  queue->finished_count--;
  forget(old);
}

static void do_job(fv__queue *queue, fv__job *job) {
  const fv_status status = atomic_load(&job->cancelled) ? fv_error_set(FV_ERROR_STOPPED, "it was cancelled")
                                                        : job->task.work(job, job->task.context);
  pthread_mutex_lock(&queue->lock);
  job->view.status = status;
  job->view.state = !status ? FV__JOB_DONE : atomic_load(&job->cancelled) ? FV__JOB_CANCELLED : FV__JOB_FAILED;
  if (status) {
    const char *sentence = fv_error_message();
    memcpy(job->view.message, sentence, strnlen(sentence, sizeof job->view.message - 1));
  }
  pthread_mutex_unlock(&queue->lock);
  tell(job, status ? "job.error" : "job.done");
}

/* With the lock held, which is left meanwhile. */
static void run_job(fv__queue *queue, fv__job *job) {
  if (queue->closing) atomic_store(&job->cancelled, true);
  job->next = queue->running;
  queue->running = job;
  job->view.state = FV__JOB_RUNNING;
  pthread_mutex_unlock(&queue->lock);
  do_job(queue, job);
  pthread_mutex_lock(&queue->lock);
  queue->running = job->next;
  finish(queue, job);
  pthread_cond_broadcast(&queue->ended);
}

void fv__job_give_way(fv__job *job) {
  fv__queue *queue = job->queue;
  pthread_mutex_lock(&queue->lock);
  for (fv__job *next; (next = take_next(queue, (int)job->task.priority)) != NULL;) run_job(queue, next);
  pthread_mutex_unlock(&queue->lock);
}

static void *work(void *pointer) {
  fv__queue *queue = pointer;
  pthread_mutex_lock(&queue->lock);
  for (;;) {
    fv__job *job;
    while (!(job = take_next(queue, FV__PRIORITIES)) && !queue->closing)
      pthread_cond_wait(&queue->changed, &queue->lock);
    if (!job) break;
    run_job(queue, job);
  }
  pthread_mutex_unlock(&queue->lock);
  return NULL;
}

fv_status fv__queue_create(fv__queue **out, fv__hub *hub) {
  fv__queue *queue = *out = calloc(1, sizeof *queue);
  if (!queue) return fv_error_set(FV_ERROR_MEMORY, "no memory for a server");
  queue->hub = hub;
  pthread_mutex_init(&queue->lock, NULL);
  pthread_cond_init(&queue->changed, NULL);
  pthread_cond_init(&queue->ended, NULL);
  if (!pthread_create(&queue->thread, NULL, work, queue)) return FV_OK;
  pthread_cond_destroy(&queue->changed);
  pthread_cond_destroy(&queue->ended);
  pthread_mutex_destroy(&queue->lock);
  free(queue);
  *out = NULL;
  return fv_error_set(FV_ERROR_MEMORY, "the system starts no more threads");
}

void fv__queue_destroy(fv__queue *queue) {
  if (!queue) return;
  pthread_mutex_lock(&queue->lock);
  queue->closing = true;
  for (fv__job *job = queue->running; job; job = job->next) atomic_store(&job->cancelled, true);
  pthread_cond_signal(&queue->changed);
  pthread_mutex_unlock(&queue->lock);
  pthread_join(queue->thread, NULL);
  for (fv__job *job = queue->finished, *next; job; job = next) {
    next = job->next;
    forget(job);
  }
  pthread_cond_destroy(&queue->changed);
  pthread_cond_destroy(&queue->ended);
  pthread_mutex_destroy(&queue->lock);
  free(queue);
}

/* ---- from outside */

static fv__job *find_in(fv__job *job, const char *id) {
  while (job && strcmp(job->view.id, id) != 0) job = job->next;
  return job;
}

static fv__job *find_living(fv__queue *queue, const char *id) {
  fv__job *job = find_in(queue->running, id);
  for (int p = 0; p < FV__PRIORITIES && !job; p++) job = find_in(queue->waiting[p], id);
  return job;
}

static fv__job *find(fv__queue *queue, const char *id) {
  fv__job *job = find_living(queue, id);
  return job ? job : find_in(queue->finished, id);
}

bool fv__queue_add(fv__queue *queue, const fv__task *task, uint64_t key, char id[FV__ID_SIZE]) {
  fv__job *job = calloc(1, sizeof *job);
  char name[FV__ID_SIZE];
  fv__hash_id(name, 'j', key);
  if (id) memcpy(id, name, sizeof name);
  pthread_mutex_lock(&queue->lock);
  const bool is_there = find_living(queue, name) != NULL;
  const bool fits = !is_there && job && queue->waiting_count < FV__QUEUE_WAITING && !queue->closing;
  if (fits) {
    job->queue = queue;
    job->task = *task;
    memcpy(job->view.id, name, sizeof name);
    fv__job **last = &queue->waiting[task->priority];
    while (*last) last = &(*last)->next;
    *last = job;
    queue->waiting_count++;
    pthread_cond_signal(&queue->changed);
  }
  pthread_mutex_unlock(&queue->lock);
  if (fits) return true;
  free(job);
  if (task->release) task->release(task->context);
  return is_there;
}

bool fv__queue_look(fv__queue *queue, const char *id, fv__job_view *view) {
  pthread_mutex_lock(&queue->lock);
  const fv__job *job = find(queue, id);
  if (job) *view = job->view;
  pthread_mutex_unlock(&queue->lock);
  return job != NULL;
}

void fv__queue_wait(fv__queue *queue, const char *id) {
  fv__hands_rest();
  pthread_mutex_lock(&queue->lock);
  while (find_living(queue, id)) pthread_cond_wait(&queue->ended, &queue->lock);
  pthread_mutex_unlock(&queue->lock);
  fv__hands_go_on();
}

bool fv__queue_cancel(fv__queue *queue, const char *id) {
  pthread_mutex_lock(&queue->lock);
  fv__job *job = find(queue, id);
  if (job) atomic_store(&job->cancelled, true);
  pthread_mutex_unlock(&queue->lock);
  return job != NULL;
}

void *fv__queue_result(fv__queue *queue, const char *id, const char **type, size_t *size) {
  void *copy = NULL;
  pthread_mutex_lock(&queue->lock);
  const fv__job *job = find(queue, id);
  if (job && job->bytes && (copy = malloc(job->size ? job->size : 1))) {
    memcpy(copy, job->bytes, job->size);
    *type = job->type;
    *size = job->size;
  }
  pthread_mutex_unlock(&queue->lock);
  return copy;
}

void fv__job_give(fv__job *job, const char *type, void *bytes, size_t size) {
  pthread_mutex_lock(&job->queue->lock);
  free(job->bytes);
  job->type = type;
  job->bytes = bytes;
  job->size = size;
  pthread_mutex_unlock(&job->queue->lock);
}

bool fv__job_is_cancelled(const fv__job *job) { return atomic_load(&job->cancelled); }

void fv__job_progress(fv__job *job, int64_t done, int64_t of) {
  pthread_mutex_lock(&job->queue->lock);
  job->view.done = done;
  job->view.of = of;
  pthread_mutex_unlock(&job->queue->lock);
  tell(job, "job.progress");
}

const char *fv__job_id(const fv__job *job) { return job->view.id; }

int fv__queue_waiting(fv__queue *queue) {
  pthread_mutex_lock(&queue->lock);
  const int count = queue->waiting_count;
  pthread_mutex_unlock(&queue->lock);
  return count;
}
