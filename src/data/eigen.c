/* Householder's reduction to three diagonals, then QL steps with implicit shifts (Martin, Reinsch, Wilkinson:
 * Numerische Mathematik 11 and 12, 1968). */
#include "data/eigen.h"

#include <float.h>
#include <math.h>

enum { TURNS_MAX = 60 };

/* The reflection that clears row i left of its neighbour; 0 where there is nothing to clear. Row i then holds its
 * vector v, with v v^T / h the reflection's part; `side` gets the number beside the diagonal. */
static double make_reflection(double *row, int32_t i, double *side) {
  double scale = 0, h = 0;
  for (int32_t k = 0; k < i; k++) scale += fabs(row[k]);
  *side = row[i - 1];
  if (i == 1 || scale == 0) return 0;
  for (int32_t k = 0; k < i; k++) {
    row[k] /= scale;
    h += row[k] * row[k];
  }
  const double f = row[i - 1], g = f >= 0 ? -sqrt(h) : sqrt(h);
  *side = scale * g;
  row[i - 1] = f - g;
  return h - f * g;
}

/* The leading i x i part becomes P a P, its lower half alone: a - v q^T - q v^T. `p` has room for i numbers. */
static void reflect_both_sides(double *a, const double *v, double *p, double h, int32_t i, int32_t n) {
  double sum = 0;
  for (int32_t j = 0; j < i; j++) {
    double g = 0;
    for (int32_t k = 0; k <= j; k++) g += a[(int64_t)j * n + k] * v[k];
    for (int32_t k = j + 1; k < i; k++) g += a[(int64_t)k * n + j] * v[k];
    p[j] = g / h;
    sum += p[j] * v[j];
  }
  const double half = sum / (2 * h);
  for (int32_t j = 0; j < i; j++) {
    p[j] -= half * v[j];
    for (int32_t k = 0; k <= j; k++) a[(int64_t)j * n + k] -= v[j] * p[k] + p[j] * v[k];
  }
}

/* Makes the leading (i + 1) x (i + 1) part of the product of reflections out of its leading i x i part. */
static void accumulate(double *a, double h, int32_t i, int32_t n) {
  const double *v = a + (int64_t)i * n;
  for (int32_t j = 0; h != 0 && j < i; j++) {
    double g = 0;
    for (int32_t k = 0; k < i; k++) g += v[k] * a[(int64_t)k * n + j];
    for (int32_t k = 0; k < i; k++) a[(int64_t)k * n + j] -= g / h * v[k];
  }
  for (int32_t k = 0; k < i; k++) a[(int64_t)i * n + k] = a[(int64_t)k * n + i] = 0;
  a[(int64_t)i * n + i] = 1;
}

/* `sides` (n) gets the numbers beside the diagonal, sides[0] unused; `a` the product of the reflections. */
static void reduce(double *a, double *diagonal, double *sides, int32_t n) {
  for (int32_t i = n - 1; i > 0; i--) {
    double side;
    const double h = make_reflection(a + (int64_t)i * n, i, &side);
    if (h != 0) reflect_both_sides(a, a + (int64_t)i * n, sides, h, i, n);
    sides[i] = side;
    diagonal[i] = h;
  }
  for (int32_t i = 0; i < n; i++) {
    const double h = i ? diagonal[i] : 0;
    diagonal[i] = a[(int64_t)i * n + i];
    accumulate(a, h, i, n);
  }
}

static void turn_columns(double *a, int32_t n, int32_t i, double c, double s) {
  for (int32_t k = 0; k < n; k++) {
    double *at = &a[(int64_t)k * n + i];
    const double f = at[1];
    at[1] = s * at[0] + c * f;
    at[0] = c * at[0] - s * f;
  }
}

/* One QL step on the part from l to m. */
static void step(double *a, double *d, double *e, int32_t l, int32_t m, int32_t n) {
  double g = (d[l + 1] - d[l]) / (2 * e[l]), r = hypot(g, 1);
  g = d[m] - d[l] + e[l] / (g + copysign(r, g));
  double s = 1, c = 1, p = 0;
  for (int32_t i = m - 1; i >= l; i--) {
    const double f = s * e[i], b = c * e[i];
    e[i + 1] = r = hypot(f, g);
    if (r == 0) { /* it falls apart here */
      d[i + 1] -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    turn_columns(a, n, i, c, s);
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
}

fv_status fv__eigen_symmetric(double *a, double *values, double *spare, int32_t n) {
  double *e = spare;
  reduce(a, values, e, n);
  for (int32_t i = 1; i < n; i++) e[i - 1] = e[i];
  e[n - 1] = 0;
  for (int32_t l = 0; l < n; l++)
    for (int turn = 0;; turn++) {
      int32_t m = l;
      while (m < n - 1 && !(fabs(e[m]) <= DBL_EPSILON * (fabs(values[m]) + fabs(values[m + 1])))) m++;
      if (m == l) break;
      if (turn == TURNS_MAX) return fail(FV_ERROR_NUMBERS, "no eigenvalues found; are there NaN among the numbers?");
      step(a, values, e, l, m, n);
    }
  return FV_OK;
}
