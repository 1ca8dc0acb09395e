/* Training without memory: every allocation of a training, and of one that goes on from a backup, fails in turn; each
 * time training answers with an error or does without, and leaves nothing behind. Backups are not written meanwhile:
 * jansson, which composes what Keras reads, ends the process in some of its own failures (2.14: an assertion).
 *
 * The program brings its own malloc and its kin around the C library's. Sanitizers bring theirs; under them there is
 * nothing to do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea/file.h>
#include <fovea/fit.h>
#include <fovea/fovea.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if !defined(SANITIZED) && defined(__GLIBC__)

#define EXPORTED __attribute__((visibility("default"))) /* so that the other libraries call them as well */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);
EXPORTED void *malloc(size_t size);
EXPORTED void *calloc(size_t count, size_t size);
EXPORTED void *realloc(void *memory, size_t size);
EXPORTED void *aligned_alloc(size_t alignment, size_t size);
EXPORTED void free(void *memory);
EXPORTED void *reallocarray(void *memory, size_t count, size_t size);

static atomic_long countdown = -1; /* allocations that still succeed; -1: all */
static atomic_bool for_ever;
static atomic_long alive; /* pieces of memory */

static bool refuse(void) {
  long left = atomic_load(&countdown);
  if (left < 0) return false;
  if (left > 0) {
    atomic_store(&countdown, left - 1);
    return false;
  }
  if (!atomic_load(&for_ever)) atomic_store(&countdown, -1);
  errno = ENOMEM;
  return true;
}

static void *counted(void *memory) {
  if (memory) atomic_fetch_add(&alive, 1);
  return memory;
}

void *malloc(size_t size) { return refuse() ? NULL : counted(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return refuse() ? NULL : counted(__libc_calloc(count, size)); }

void *aligned_alloc(size_t alignment, size_t size) {
  return refuse() ? NULL : counted(__libc_memalign(alignment, size));
}

void *realloc(void *memory, size_t size) {
  if (refuse()) return NULL;
  void *larger = __libc_realloc(memory, size);
  return memory ? larger : counted(larger);
}

void *reallocarray(void *memory, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) return NULL;
  return realloc(memory, count * size);
}

void free(void *memory) {
  if (memory) atomic_fetch_sub(&alive, 1);
  __libc_free(memory);
}

enum { SAMPLES = 6, INPUTS = 4, CLASSES = 2 };
static float numbers[SAMPLES * INPUTS], targets[SAMPLES * CLASSES];
static const float *const inputs_of[1] = {numbers}, *const targets_of[1] = {targets};
static const fv_fit_arrays arrays = {SAMPLES, inputs_of, targets_of, NULL};
static char backup[64];

static fv_model *make_model(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {INPUTS});
  x = fv_dense(g, x, .units = CLASSES, .activation = "softmax");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  return model;
}

static fv_status train(fv_model *model, bool resumes, bool writes) {
  static const fv_fit_metric accuracy = {.name = "sparse_categorical_accuracy"};
  fv_callback callback;
  fv_status status = fv_callback_create(&callback, "EarlyStopping",
                                        &(fv_callback_options){.patience = 5, .restore_best_weights = true});
  if (!status)
    status = fv_fit(model,
                    &(fv_fit_options){.arrays = &arrays,
                                      .validation_arrays = &arrays,
                                      .epochs = resumes ? 3 : 2,
                                      .batch_size = 4,
                                      .optimizer = "adam",
                                      .metrics = &accuracy,
                                      .metric_count = 1,
                                      .callbacks = &callback,
                                      .callback_count = 1,
                                      .backup = writes ? backup : NULL,
                                      .resume = resumes ? backup : NULL,
                                      .threads = 1},
                    NULL);
  fv_callback_destroy(&callback);
  return status;
}

/* One training with allocation `number` failing; false when it never came to that. */
static bool train_with_failure(bool resumes, long number, bool ever) {
  const long before = atomic_load(&alive);
  fv_model *model = make_model();
  atomic_store(&for_ever, ever);
  atomic_store(&countdown, number);
  fv_status status = train(model, resumes, false);
  const bool reached = ever ? atomic_exchange(&countdown, -1) == 0 : atomic_exchange(&countdown, -1) < 0;
  if (status && !*fv_error_message()) fail_msg("failure %ld gave no sentence", number);
  fv_model_destroy(model);
  if (atomic_load(&alive) != before)
    fail_msg("failure %ld left %ld pieces after: %s", number, atomic_load(&alive) - before, fv_error_message());
  return reached;
}

static void every_failure_is_an_error(void **state) {
  (void)state;
  for (int i = 0; i < SAMPLES; i++) {
    numbers[i * INPUTS + i % INPUTS] = 1;
    targets[i * CLASSES + i % CLASSES] = 1;
  }
  /* In memory where that can be: a disk takes its time to keep a file safe. */
  snprintf(backup, sizeof backup, "%s/fovea-fit-memory-%d", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
           (int)getpid());
  fv_model *model = make_model();
  assert_int_equal(train(model, false, true), FV_OK);
  for (int resumes = 0; resumes < 2; resumes++)
    for (int ever = 0; ever < 2; ever++) {
      long number = 0;
      while (train_with_failure(resumes, number, ever)) number++;
      assert_true(number > 50);
    }
  fv_model_destroy(model);
  remove(backup);
}

#else

static void every_failure_is_an_error(void **state) {
  (void)state;
  skip();
}

#endif

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_failure_is_an_error)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
