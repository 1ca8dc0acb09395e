/* Shape arithmetic never wraps: products and sums at the edges of 64 bits against 128 bits, shapes at the edges of what
 * a value may hold. 23 x 23 pairs and every rank. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/shape.h>

#include "base/size.h"

__extension__ typedef __int128 wide;

/* Where arithmetic of others has wrapped: around 0, 31, 32, 62 and 63 bits, roots, pads of SIZE_MAX - 3. */
static const int64_t edges[] = {INT64_MIN,
                                INT64_MIN + 1,
                                -4,
                                -1,
                                0,
                                1,
                                2,
                                3,
                                4,
                                (INT64_C(1) << 31) - 1,
                                INT64_C(1) << 31,
                                (INT64_C(1) << 32) - 1,
                                INT64_C(1) << 32,
                                INT64_C(3037000499), /* the root of 2^63 */
                                INT64_C(3037000500),
                                (INT64_C(1) << 40) - 1,
                                INT64_C(1) << 40,
                                (INT64_C(1) << 40) + 1,
                                (INT64_C(1) << 62) - 1,
                                INT64_C(1) << 62,
                                INT64_MAX / 2 + 1,
                                INT64_MAX - 3,
                                INT64_MAX};
enum { EDGES = sizeof edges / sizeof *edges };

static void expect(bool done, int64_t found, wide exact, int64_t a, int64_t b) {
  bool fits = a >= 0 && b >= 0 && exact <= INT64_MAX;
  if (done != fits || found != (fits ? (int64_t)exact : 7))
    fail_msg("%lld and %lld: %d, %lld", (long long)a, (long long)b, done, (long long)found);
}

static void products_and_sums(void **state) {
  (void)state;
  for (int i = 0; i < EDGES; i++)
    for (int k = 0; k < EDGES; k++) {
      int64_t a = edges[i], b = edges[k], result = 7;
      bool done = fv__size_multiply(&result, a, b);
      expect(done, result, (wide)a * b, a, b);
      result = 7;
      done = fv__size_add(&result, a, b);
      expect(done, result, (wide)a + b, a, b);
      if (a < 0 || b < 0) continue;
      assert_true(fv__size_product(a, b) == ((wide)a * b <= INT64_MAX ? a * b : INT64_MAX));
    }
}

static void bytes_of_elements(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 2, 4, 8, SIZE_MAX / 2, SIZE_MAX - 3, SIZE_MAX};
  for (int i = 0; i < EDGES; i++)
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
      size_t bytes = 7;
      wide exact = (wide)edges[i] * (wide)sizes[k];
      bool fits = edges[i] >= 0 && exact <= (wide)SIZE_MAX;
      assert_int_equal(fv__size_bytes(&bytes, edges[i], sizes[k]), fits);
      assert_true(bytes == (fits ? (size_t)exact : 7));
    }
}

/* Two extents, at the two ends of shapes of every rank. A zero among them is an empty value, whose other extents have
 * the same limit. */
static void elements_of_shapes(void **state) {
  (void)state;
  const wide most = (wide)1 << 40;
  for (int32_t rank = 2; rank <= FV_MAX_RANK; rank++)
    for (int i = 0; i < EDGES; i++)
      for (int k = 0; k < EDGES; k++) {
        fv_shape shape = {rank, {1, 1, 1, 1, 1, 1, 1, 1}};
        int64_t count = 7;
        shape.dims[0] = edges[i];
        shape.dims[rank - 1] = edges[k];
        wide exact = (wide)edges[i] * edges[k];
        wide others = (wide)(edges[i] ? edges[i] : 1) * (edges[k] ? edges[k] : 1);
        bool fits = edges[i] >= 0 && edges[k] >= 0 && others <= most;
        fv_status status = fv_shape_elements(&count, &shape);
        if (status != (fits ? FV_OK : FV_ERROR_SHAPE) || count != (fits ? (int64_t)exact : 7))
          fail_msg("%lld x %lld: status %d, %lld", (long long)edges[i], (long long)edges[k], status, (long long)count);
      }
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &(fv_shape){.rank = FV_MAX_RANK + 1}), FV_ERROR_SHAPE);
  assert_int_equal(fv_shape_elements(&count, &(fv_shape){.rank = -1}), FV_ERROR_SHAPE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_and_sums),
      cmocka_unit_test(bytes_of_elements),
      cmocka_unit_test(elements_of_shapes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
