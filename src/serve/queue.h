/* The queue: one thread that computes, and the jobs that wait for it.
 *
 * A job has an identity, can be asked how far it is, and can be stopped: it looks at `fv__job_is_cancelled` between
 * layers. Those that a user waits for come before previews, and these before what nobody waits for. At most 16 wait.
 *
 * Plans and their threads belong to the thread that made them: everything that runs a model runs here.
 */
#ifndef FOVEA_SERVE_QUEUE_H
#define FOVEA_SERVE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/hash.h"
#include "serve/hub.h"

enum { FV__QUEUE_WAITING = 16, FV__QUEUE_REMEMBERED = 64 };

typedef enum fv__priority { FV__INTERACTIVE, FV__PREVIEW, FV__BACKGROUND, FV__PRIORITIES } fv__priority;

typedef enum fv__job_state {
  FV__JOB_WAITING,
  FV__JOB_RUNNING,
  FV__JOB_DONE,
  FV__JOB_FAILED,
  FV__JOB_CANCELLED
} fv__job_state;

typedef struct fv__queue fv__queue;
typedef struct fv__job fv__job;

/* What a job does. `work` runs on the queue's thread and returns a status, whose sentence is kept; `release` ends the
 * context when the job is forgotten. */
typedef struct fv__task {
  fv_status (*work)(fv__job *job, void *context);
  void (*release)(void *context);
  void *context;
  fv__priority priority;
  bool is_silent; /* no events of its own: job.progress, job.done, job.error */
} fv__task;

/* How a job is: a copy. */
typedef struct fv__job_view {
  char id[FV__ID_SIZE];
  fv__job_state state;
  int64_t done, of;
  fv_status status;
  char message[512];
} fv__job_view;

fv_status fv__queue_create(fv__queue **queue, fv__hub *hub) FV_CHECK;
void fv__queue_destroy(fv__queue *queue); /* what runs is stopped, what waits is cancelled; NULL is fine */

/* Adds a job; its identity is made from `key` ("j_..."): while a job of this identity waits or runs, it is not added
 * again, and the task is released. False, and the task released, when too many wait. `id` may be NULL. */
bool fv__queue_add(fv__queue *queue, const fv__task *task, uint64_t key, char id[FV__ID_SIZE]);

/* Whether there is a job of this identity, and how it is. */
bool fv__queue_look(fv__queue *queue, const char *id, fv__job_view *view);
bool fv__queue_cancel(fv__queue *queue, const char *id);

/* Waits until a job that was added is no longer waiting or running. Not on the queue's own thread. */
void fv__queue_wait(fv__queue *queue, const char *id);

/* What a job made: bytes of the heap and their type, taken over by the job. */
void fv__job_give(fv__job *job, const char *type, void *bytes, size_t size);

/* A copy of them, to be freed; NULL: none. */
void *fv__queue_result(fv__queue *queue, const char *id, const char **type, size_t *size);

/* For `work`. */
bool fv__job_is_cancelled(const fv__job *job);
void fv__job_progress(fv__job *job, int64_t done, int64_t of);
const char *fv__job_id(const fv__job *job);

/* Lets jobs of a higher priority that wait be done before this one goes on. They use the models' plans: what a plan
 * holds is another run's afterwards. */
void fv__job_give_way(fv__job *job);

int fv__queue_waiting(fv__queue *queue);

#endif
