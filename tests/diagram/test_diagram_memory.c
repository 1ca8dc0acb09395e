/* Every allocation of a diagram may fail: it ends in FV_ERROR_MEMORY and leaks nothing. The program's calloc, which
 * arenas live from, is its own here; with a sanitizer, which has one too, the test is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fovea/diagram.h>
#include <fovea/zoo.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_CALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_CALLOC 0
#endif
#endif
#if !defined(OWN_CALLOC) && defined(__GLIBC__)
#define OWN_CALLOC 1
#elif !defined(OWN_CALLOC)
#define OWN_CALLOC 0
#endif

static int64_t before_failure = -1; /* allocations that still succeed; -1: all */
static int64_t living;              /* allocations not given back */

#if OWN_CALLOC
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_malloc(size_t size);
extern void __libc_free(void *memory);

FV_API void *calloc(size_t count, size_t size) {
  if (before_failure == 0) return NULL;
  if (before_failure > 0) before_failure--;
  living++;
  return __libc_calloc(count, size);
}

FV_API void *malloc(size_t size) { /* qsort's, which can do without */
  if (before_failure == 0) return NULL;
  living++;
  return __libc_malloc(size);
}

FV_API void free(void *memory) {
  if (memory) living--;
  __libc_free(memory);
}
#endif

static fv_status attempt(const fv_model *model, fv_fold fold) {
  fv_diagram *diagram;
  fv_status status = fv_diagram_create(&diagram, model, fold);
  if (!status) status = fv_diagram_lay_out(diagram, NULL);
  fv_diagram_destroy(diagram);
  return status;
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  if (!OWN_CALLOC) skip();
  fv_model *model;
  assert_int_equal(fv_zoo_build(&model, "ResNet18", NULL), FV_OK);
  for (int fold = FV_FOLD_NONE; fold <= FV_FOLD_BLOCKS; fold++) {
    fv_status status = FV_ERROR_MEMORY;
    int64_t failing = 0;
    for (; status; failing++) {
      int64_t already = living;
      before_failure = failing;
      status = attempt(model, (fv_fold)fold);
      before_failure = -1;
      if (status) assert_int_equal(status, FV_ERROR_MEMORY);
      assert_true(living == already);
    }
    assert_true(failing > 10);
  }
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
