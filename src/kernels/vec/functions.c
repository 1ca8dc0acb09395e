/* Activation functions and softmax on vectors. The polynomials are near-minimax (Chebyshev) fits made for these
 * intervals; relative errors are below 3e-7 unless said. NaN passes through everywhere.
 *
 *   exp     x = n ln 2 + r, |r| <= ln 2 / 2:  exp(x) = 2^n (1 + r + r^2 q(r))
 *   expm1   x + x^2 q(x) for |x| <= 1/2, else exp(x) - 1
 *   tanh    x p(x^2) / q(x^2) for |x| <= 9, by weighted least squares, off by 3.2e-7; 1 or -1 beyond
 *   log1p   u p(u) for u in [0, 1]
 */
#include "kernels/kernels.h"
#include "kernels/simd.h"

/* c[0] + c[1] x + ... */
V_INLINE vfloat polynomial(vfloat x, const float *c, const int degree) {
  vfloat sum = v_set(c[degree]);
  V_UNROLL for (int i = degree - 1; i >= 0; i--) sum = sum * x + v_set(c[i]);
  return sum;
}

V_INLINE vfloat magnitude(vfloat x) { return (vfloat)((vint)x & v_set_int(0x7fffffff)); }

/* 2^n for n in [-126, 127]. */
V_INLINE vfloat power_of_two(vint n) { return (vfloat)((n + 127) << 23); }

V_INLINE vfloat exponential(vfloat x) {
  static const float Q[] = {0.5f, 0.1666657667f, 0.04166655421f, 0.008363232884f, 0.001392625083f};
  const vfloat inside = v_clamp(x, v_set(-104), v_set(89)); /* 0 and infinity beyond */
  const vfloat to_integer = v_set(12582912);                /* 1.5 * 2^23: adding it rounds to an integer */
  const vfloat shifted = inside * v_set(1.4426950409f) + to_integer;
  const vint n = (vint)shifted - (vint)to_integer;
  const vfloat whole = shifted - to_integer;
  /* ln 2 in two parts; the first has few digits, so that its products are exact. */
  const vfloat r = inside - whole * v_set(0.693359375f) + whole * v_set(2.12194440e-4f);
  const vfloat value = r * r * polynomial(r, Q, 4) + r + v_set(1);
  const vint half = n >> 1; /* two steps, since 2^n itself may be below or above what a float holds */
  return value * power_of_two(half) * power_of_two(n - half);
}

V_INLINE vfloat exponential_minus_1(vfloat x) {
  static const float Q[] = {0.5000000122f,   0.166666668f,    0.04166579123f,
                            0.008333236134f, 0.001398218605f, 0.0001994487444f};
  return v_select(magnitude(x) <= v_set(0.5f), x + x * x * polynomial(x, Q, 5), exponential(x) - v_set(1));
}

V_INLINE vfloat hyperbolic_tangent(vfloat x) {
  static const float P[] = {
      1, 0.1308401078f, 0.003103957744f, 1.115432042e-05f, -2.022526324e-08f, 5.277960013e-11f, -8.488726351e-14f};
  static const float Q[] = {1, 0.4641733766f, 0.02449518442f, 0.0002546147152f};
  const vfloat inside = v_clamp(x, v_set(-9), v_set(9)), square = inside * inside;
  return v_clamp(inside * polynomial(square, P, 6) / polynomial(square, Q, 3), v_set(-1), v_set(1));
}

V_INLINE vfloat logistic(vfloat x) { return v_set(1) / (v_set(1) + exponential(-x)); }

/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)) */
V_INLINE vfloat soft_plus(vfloat x) {
  static const float P[] = {0.9999999947f,  -0.4999989265f, 0.333297105f,    -0.2495161626f, 0.1966327426f,
                            -0.1526966707f, 0.105436238f,   -0.05637361283f, 0.01954252726f, -0.003176057018f};
  const vfloat u = exponential(-magnitude(x));
  return v_at_least(x, (vfloat){0}) + u * polynomial(u, P, 9);
}

V_INLINE vfloat rectified(vfloat x, const float p[4]) {
  const vfloat below = p[0] == 0 ? (vfloat){0} : (x - v_set(p[1])) * v_set(p[0]);
  return v_select(x < v_set(p[1]), below, v_at_most(x, v_set(p[2])));
}

V_INLINE vfloat hard_logistic(vfloat x, float slope, float shift) {
  return v_clamp(x * v_set(slope) + v_set(shift), (vfloat){0}, v_set(1));
}

#define SELU_SCALE 1.0507009873554805f
#define SELU_ALPHA 1.6732632423543772f

/* One function per line: name, its value at x with parameters p. */
#define FUNCTIONS(F)                                                                                                   \
  F(relu, rectified(x, p))                                                                                             \
  F(sigmoid, logistic(x))                                                                                              \
  F(tanh, hyperbolic_tangent(x))                                                                                       \
  F(exponential, exponential(x))                                                                                       \
  F(elu, v_select(x <= v_set(0), exponential_minus_1(x) * v_set(p[0]), x))                                             \
  F(selu, v_select(x <= v_set(0), exponential_minus_1(x) * v_set(SELU_SCALE * SELU_ALPHA), x * v_set(SELU_SCALE)))     \
  F(silu, x / (v_set(1) + exponential(-x)))                                                                            \
  F(hard_sigmoid, hard_logistic(x, p[0], p[1]))                                                                        \
  F(hard_silu, x *hard_logistic(x, 1.0f / 6, 0.5f))                                                                    \
  F(softplus, soft_plus(x))                                                                                            \
  F(softsign, x / (v_set(1) + magnitude(x)))

#define OVER_ROW(name, value)                                                                                          \
  static void over_row_##name(const float *from, float *to, int64_t count, const float p[4]) {                         \
    (void)p;                                                                                                           \
    for (int64_t i = 0; i < count; i += FV__WIDTH) {                                                                   \
      const vfloat x = v_load_some(from + i, count - i);                                                               \
      v_store_some(to + i, value, count - i);                                                                          \
    }                                                                                                                  \
  }
FUNCTIONS(OVER_ROW)

/* Derivatives: name, that at x. */
#define DERIVATIVES(F)                                                                                                 \
  F(relu, v_select(x > v_set(p[1]), v_select(x < v_set(p[2]), v_set(1), v_set(0)), v_set(p[0])))                       \
  F(elu, v_select(x > v_set(0), v_set(1), exponential(x) * v_set(p[0])))                                               \
  F(selu, v_select(x > v_set(0), v_set(SELU_SCALE), exponential(x) * v_set(SELU_SCALE * SELU_ALPHA)))                  \
  F(silu, logistic(x) + x * logistic(x) * logistic(-x))                                                                \
  F(hard_sigmoid, within(x *v_set(p[0]) + v_set(p[1]), 0, 1, v_set(p[0])))                                             \
  F(hard_silu, v_select(x >= v_set(3), v_set(1), within(x, -3, 3, x * v_set(1.0f / 3) + v_set(0.5f))))                 \
  F(softplus, logistic(x))                                                                                             \
  F(softsign, v_set(1) / ((v_set(1) + magnitude(x)) * (v_set(1) + magnitude(x))))

/* Those that the result is enough for; relu's where nothing below the threshold, 0, becomes more than it. */
#define DERIVATIVES_BY_RESULT(F)                                                                                       \
  F(relu_by_result, v_select(x > v_set(0), v_select(x < v_set(p[2]), v_set(1), v_set(0)), v_set(p[0])))                \
  F(sigmoid_by_result, x *(v_set(1) - x))                                                                              \
  F(tanh_by_result, v_set(1) - x * x)                                                                                  \
  F(exponential_by_result, x)

V_INLINE vfloat within(vfloat x, float low, float high, vfloat value) {
  return v_select((x > v_set(low)) & (x < v_set(high)), value, (vfloat){0});
}

#define GRADIENT(name, derivative)                                                                                     \
  static void gradient_##name(const float *from, const float *dy, float *dx, int64_t count, const float p[4],          \
                              bool overwrite) {                                                                        \
    (void)p;                                                                                                           \
    for (int64_t i = 0; i < count; i += FV__WIDTH) {                                                                   \
      const vfloat x = v_load_some(from + i, count - i);                                                               \
      const vfloat before = overwrite ? (vfloat){0} : v_load_some(dx + i, count - i);                                  \
      v_store_some(dx + i, before + v_load_some(dy + i, count - i) * (derivative), count - i);                         \
    }                                                                                                                  \
  }
DERIVATIVES(GRADIENT)
DERIVATIVES_BY_RESULT(GRADIENT)

/* Lanes in a fixed order. */
V_INLINE float total(vfloat value) {
  float lanes[FV__WIDTH], sum = 0;
  v_store(lanes, value);
  for (int i = 0; i < FV__WIDTH; i++) sum += lanes[i];
  return sum;
}

static float largest(const float *x, int64_t count) {
  float best = x[0];
  for (int64_t i = 1; i < count; i++)
    if (x[i] > best || x[i] != x[i]) best = x[i];
  return best;
}

/* The exponentials are read back for the sum: lanes beyond the row are 0 then. */
static void softmax(const float *x, float *y, int64_t count) {
  const vfloat best = v_set(largest(x, count));
  vfloat sums = {0};
  for (int64_t i = 0; i < count; i += FV__WIDTH) {
    v_store_some(y + i, exponential(v_load_some(x + i, count - i) - best), count - i);
    sums += v_load_some(y + i, count - i);
  }
  const vfloat sum = v_set(total(sums));
  for (int64_t i = 0; i < count; i += FV__WIDTH) v_store_some(y + i, v_load_some(y + i, count - i) / sum, count - i);
}

static void softmax_gradient(const float *y, const float *dy, float *dx, int64_t count) {
  vfloat sums = {0};
  for (int64_t i = 0; i < count; i += FV__WIDTH) sums += v_load_some(y + i, count - i) * v_load_some(dy + i, count - i);
  const vfloat sum = v_set(total(sums));
  for (int64_t i = 0; i < count; i += FV__WIDTH) {
    const vfloat added = v_load_some(y + i, count - i) * (v_load_some(dy + i, count - i) - sum);
    v_store_some(dx + i, v_load_some(dx + i, count - i) + added, count - i);
  }
}

/* Squares are kept for a piece of the row at a time, with those of its neighbours. */
enum { NEIGHBOURHOOD = 256 };

V_INLINE vfloat root_power(vfloat value, fv__root_power power) {
  if (power == FV__POWER_ONE) return value;
  const vfloat root = v_sqrt(value);
  return power == FV__POWER_HALF ? root : root * v_sqrt(root);
}

static void local_response(const float *x, float *y, int64_t count, int32_t radius, float bias, float alpha,
                           fv__root_power power) {
  float squares[FV__NEIGHBOURS_MAX + NEIGHBOURHOOD + FV__NEIGHBOURS_MAX + FV__WIDTH];
  for (int64_t first = 0; first < count; first += NEIGHBOURHOOD) {
    const int64_t rest = count - first, here = rest < NEIGHBOURHOOD ? rest : NEIGHBOURHOOD;
    for (int64_t i = 0; i < here + 2 * radius + FV__WIDTH; i++) {
      const int64_t at = first + i - radius;
      squares[i] = at >= 0 && at < count ? x[at] * x[at] : 0;
    }
    for (int64_t i = 0; i < here; i += FV__WIDTH) {
      vfloat sum = {0};
      for (int32_t k = 0; k <= 2 * radius; k++) sum += v_load(squares + i + k);
      const vfloat divisor = root_power(v_set(bias) + v_set(alpha) * sum, power);
      v_store_some(y + first + i, v_load_some(x + first + i, here - i) / divisor, here - i);
    }
  }
}

const fv__function_kernels FV__LEVEL_NAME(fv__kernels_functions) = {
    .unary = {[FV__UNARY_RELU] = over_row_relu,
              [FV__UNARY_SIGMOID] = over_row_sigmoid,
              [FV__UNARY_TANH] = over_row_tanh,
              [FV__UNARY_EXPONENTIAL] = over_row_exponential,
              [FV__UNARY_ELU] = over_row_elu,
              [FV__UNARY_SELU] = over_row_selu,
              [FV__UNARY_SILU] = over_row_silu,
              [FV__UNARY_HARD_SIGMOID] = over_row_hard_sigmoid,
              [FV__UNARY_HARD_SILU] = over_row_hard_silu,
              [FV__UNARY_SOFTPLUS] = over_row_softplus,
              [FV__UNARY_SOFTSIGN] = over_row_softsign},
    .gradient = {[FV__UNARY_RELU] = gradient_relu,
                 [FV__UNARY_ELU] = gradient_elu,
                 [FV__UNARY_SELU] = gradient_selu,
                 [FV__UNARY_SILU] = gradient_silu,
                 [FV__UNARY_HARD_SIGMOID] = gradient_hard_sigmoid,
                 [FV__UNARY_HARD_SILU] = gradient_hard_silu,
                 [FV__UNARY_SOFTPLUS] = gradient_softplus,
                 [FV__UNARY_SOFTSIGN] = gradient_softsign},
    .gradient_by_result = {[FV__UNARY_RELU] = gradient_relu_by_result,
                           [FV__UNARY_SIGMOID] = gradient_sigmoid_by_result,
                           [FV__UNARY_TANH] = gradient_tanh_by_result,
                           [FV__UNARY_EXPONENTIAL] = gradient_exponential_by_result},
    .softmax = softmax,
    .softmax_gradient = softmax_gradient,
    .local_response = local_response};
