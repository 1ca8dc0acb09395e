/* Vectors of floats, one width per CPU level, from GCC's and Clang's vector types. Only files compiled per level
 * include this header.
 *
 *   level      FV__WIDTH   FV__REGISTERS   FV__TILE_ROWS   by two vectors: the sums a matrix product keeps in registers
 *   avx512     16          32              14
 *   avx2       8           16              6
 *   neon       4           32              10              aarch64's baseline
 *   baseline   4           16              4
 *
 * a * b + c becomes one fused instruction where the level has it (-ffp-contract=fast). Intrinsics stand in for what
 * vector types cannot say: maxima that treat NaN in a known way. Loads and stores need 4-byte alignment only.
 */
#ifndef FOVEA_KERNELS_SIMD_H
#define FOVEA_KERNELS_SIMD_H

#include <stdint.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define FV__WIDTH 16
#define FV__REGISTERS 32
#define FV__TILE_ROWS 14
#elif defined(__AVX2__)
#include <immintrin.h>
#define FV__WIDTH 8
#define FV__REGISTERS 16
#define FV__TILE_ROWS 6
#elif defined(__SSE2__)
#include <emmintrin.h>
#define FV__WIDTH 4
#define FV__REGISTERS 16
#define FV__TILE_ROWS 4
#elif defined(__aarch64__)
#include <arm_neon.h>
#define FV__WIDTH 4
#define FV__REGISTERS 32
#define FV__TILE_ROWS 10 /* gcc loads six values of a column at once */
#else
#define FV__WIDTH 4
#define FV__REGISTERS 16
#define FV__TILE_ROWS 4
#endif

/* FV__LEVEL_NAME(fv__kernels_vec) is fv__kernels_vec_avx2. */
#define FV__JOIN(a, b) a##_##b
#define FV__JOIN_EXPANDED(a, b) FV__JOIN(a, b)
#define FV__LEVEL_NAME(name) FV__JOIN_EXPANDED(name, FV__LEVEL)

/* Before a loop whose bounds are constants once its function is expanded: no loop remains, and arrays of vectors that
 * it indexes become registers. V_UNROLL_TWICE is for loops that remain loops. */
#if defined(__clang__)
#define V_UNROLL _Pragma("clang loop unroll(full)")
#define V_UNROLL_TWICE _Pragma("clang loop unroll_count(2)")
#else
#define V_UNROLL _Pragma("GCC unroll 32")
#define V_UNROLL_TWICE _Pragma("GCC unroll 2")
#endif

/* Holds a pointer in one register, from which loads then count: gcc otherwise makes an address for each of them. */
#define V_ADDRESS(pointer) __asm__("" : "+r"(pointer))

/* Holds a vector in a register: gcc otherwise loads one that is used several times again for each of them. */
#if defined(__x86_64__)
#define V_HOLD(vector) __asm__("" : "+v"(vector))
#elif defined(__aarch64__)
#define V_HOLD(vector) __asm__("" : "+w"(vector))
#else
#define V_HOLD(vector) (void)0
#endif

#define V_INLINE static inline __attribute__((always_inline, unused))

typedef float vfloat __attribute__((vector_size(4 * FV__WIDTH)));
typedef int32_t vint __attribute__((vector_size(4 * FV__WIDTH)));
typedef float vfloat_anywhere __attribute__((vector_size(4 * FV__WIDTH), aligned(4), may_alias));

V_INLINE vfloat v_load(const float *from) { return (vfloat) * (const vfloat_anywhere *)from; }
V_INLINE void v_store(float *to, vfloat value) { *(vfloat_anywhere *)to = (vfloat_anywhere)value; }

/* Past the caches, to an address aligned to the vector: for results larger than they are, which would be read before
 * they are written otherwise. v_stream_end comes after the last, before another thread may know of them. */
V_INLINE void v_stream(float *to, vfloat value) {
#if defined(__AVX512F__)
  _mm512_stream_ps(to, (__m512)value);
#elif defined(__AVX2__)
  _mm256_stream_ps(to, (__m256)value);
#elif defined(__SSE2__)
  _mm_stream_ps(to, (__m128)value);
#else
  v_store(to, value);
#endif
}

V_INLINE void v_stream_end(void) {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

/* One number in all lanes. Subtracting zeros folds into a broadcasting load; adding to zeros does not (-0). */
V_INLINE vfloat v_set(float value) { return value - (vfloat){0}; }
V_INLINE vint v_set_int(int32_t value) { return value - (vint){0}; }

/* mask lanes are all ones or all zeros, as comparisons give them. */
V_INLINE vfloat v_select(vint mask, vfloat yes, vfloat no) { return (vfloat)((mask & (vint)yes) | (~mask & (vint)no)); }

/* The larger or smaller of two; where either is NaN: `value`. So NaN of value passes through a bound. */
V_INLINE vfloat v_at_least(vfloat value, vfloat bound) {
#if defined(__AVX512F__)
  return (vfloat)_mm512_max_ps((__m512)bound, (__m512)value);
#elif defined(__AVX2__)
  return (vfloat)_mm256_max_ps((__m256)bound, (__m256)value);
#elif defined(__SSE2__)
  return (vfloat)_mm_max_ps((__m128)bound, (__m128)value);
#else
  return v_select(value < bound, bound, value);
#endif
}

V_INLINE vfloat v_at_most(vfloat value, vfloat bound) {
#if defined(__AVX512F__)
  return (vfloat)_mm512_min_ps((__m512)bound, (__m512)value);
#elif defined(__AVX2__)
  return (vfloat)_mm256_min_ps((__m256)bound, (__m256)value);
#elif defined(__SSE2__)
  return (vfloat)_mm_min_ps((__m128)bound, (__m128)value);
#else
  return v_select(value > bound, bound, value);
#endif
}

/* Lanes in which either is NaN. */
V_INLINE vint v_unordered(vfloat a, vfloat b) {
#if defined(__AVX2__) && !defined(__AVX512F__)
  return (vint)_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_UNORD_Q);
#elif defined(__SSE2__) && !defined(__AVX2__)
  return (vint)_mm_cmpunord_ps((__m128)a, (__m128)b);
#else
  return (a != a) | (b != b);
#endif
}

V_INLINE vfloat v_clamp(vfloat value, vfloat low, vfloat high) { return v_at_most(v_at_least(value, low), high); }

/* Square roots, rounded as IEEE 754 says; NaN of what is below 0. */
V_INLINE vfloat v_sqrt(vfloat value) {
#if defined(__AVX512F__)
  return (vfloat)_mm512_sqrt_ps((__m512)value);
#elif defined(__AVX2__)
  return (vfloat)_mm256_sqrt_ps((__m256)value);
#elif defined(__SSE2__)
  return (vfloat)_mm_sqrt_ps((__m128)value);
#elif defined(__aarch64__)
  return (vfloat)vsqrtq_f32((float32x4_t)value);
#else
  for (int i = 0; i < FV__WIDTH; i++) value[i] = __builtin_sqrtf(value[i]);
  return value;
#endif
}

/* Whole numbers: FV__WIDTH bytes as floats; floats of 0 to 255 rounded half to even to bytes. */
V_INLINE vfloat v_load_bytes(const uint8_t *from) {
#if defined(__AVX512F__)
  return (vfloat)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)from)));
#elif defined(__AVX2__)
  return (vfloat)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)from)));
#else
  vfloat value;
  for (int i = 0; i < FV__WIDTH; i++) value[i] = (float)from[i];
  return value;
#endif
}

V_INLINE void v_store_bytes(uint8_t *to, vfloat value) {
#if defined(__AVX512F__)
  _mm_storeu_si128((__m128i *)(void *)to, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32((__m512)value)));
#elif defined(__AVX2__)
  const __m256i whole = _mm256_cvtps_epi32((__m256)value);
  const __m128i shorts = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  _mm_storel_epi64((__m128i *)(void *)to, _mm_packus_epi16(shorts, shorts));
#else /* beside 1.5 * 2^23 a float has no room for fractions: adding it rounds */
  const vint whole = (vint)(value + v_set(0x1.8p23f));
  for (int i = 0; i < FV__WIDTH; i++) to[i] = (uint8_t)whole[i];
#endif
}

/* The first `count` lanes, fewer than all, the rest 0; and back. For the ends of arrays. */
V_INLINE vfloat v_load_part(const float *from, int64_t count) {
#if defined(__AVX512F__)
  return (vfloat)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#elif defined(__AVX2__)
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return (vfloat)_mm256_maskload_ps(from, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lane));
#else
  float lanes[FV__WIDTH] = {0};
  for (int64_t i = 0; i < count; i++) lanes[i] = from[i];
  return v_load(lanes);
#endif
}

V_INLINE void v_store_part(float *to, vfloat value, int64_t count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)value);
#elif defined(__AVX2__) /* masked stores are slow on some processors */
  __m128 part = _mm256_castps256_ps128((__m256)value);
  if (count & 4) {
    _mm_storeu_ps(to, part);
    part = _mm256_extractf128_ps((__m256)value, 1);
    to += 4;
  }
  if (count & 2) {
    _mm_storel_pi((__m64 *)(void *)to, part);
    part = _mm_movehl_ps(part, part);
    to += 2;
  }
  if (count & 1) _mm_store_ss(to, part);
#else
  float lanes[FV__WIDTH];
  v_store(lanes, value);
  for (int64_t i = 0; i < count; i++) to[i] = lanes[i];
#endif
}

/* A whole vector where `left` numbers are enough for one, else a part. */
V_INLINE vfloat v_load_some(const float *from, int64_t left) {
  return left >= FV__WIDTH ? v_load(from) : v_load_part(from, left);
}

V_INLINE void v_store_some(float *to, vfloat value, int64_t left) {
  if (left >= FV__WIDTH)
    v_store(to, value);
  else
    v_store_part(to, value, left);
}

#endif
