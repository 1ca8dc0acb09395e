/* The passes of resizing. With AVX2, shuffles bring the two pixels of each output beside each other as 16-bit numbers,
 * and one instruction multiplies and adds them in pairs:
 *
 *   gray   16 bytes from the left pixel of output i on hold the pixels of i .. i + 3 unless it shrinks by more than 4.6
 *   RGB    r0 g0 b0 r1 g1 b1 -> r0 r1 g0 g1 b0 b1
 *
 * Ends of rows, where 16 bytes would reach beyond, and other levels take the plain loops.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"

/* Keeps a product from being fused with a sum. */
#if defined(__x86_64__)
#define SEPARATE(vector) __asm__("" : "+x"(vector))
#else
#define SEPARATE(vector) __asm__("" : "+w"(vector))
#endif

V_INLINE void pairs_plain(int16_t *out, const uint8_t *row, const int32_t *first, const int16_t *weights, int64_t from,
                          int64_t to, const int channels) {
  for (int64_t i = from; i < to; i++) {
    const uint8_t *at = row + (int64_t)first[i] * channels;
    for (int c = 0; c < channels; c++)
      out[i * channels + c] = (int16_t)((weights[2 * i] * at[c] + weights[2 * i + 1] * at[c + channels]) >> 4);
  }
}

/* How many of the outputs, from the first, may load `bytes` bytes at their left pixel; `first` never falls. */
V_INLINE int64_t loadable(const int32_t *first, int64_t count, int64_t row_bytes, int64_t bytes, int channels) {
  while (count > 0 && (int64_t)first[count - 1] * channels + bytes > row_bytes) count--;
  return count;
}

#if defined(__AVX2__)
V_INLINE __m256i load_two(const void *low, const void *high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(low)), _mm_loadu_si128(high), 1);
}

V_INLINE __m256i load_whole(const void *from) { return _mm256_loadu_si256(from); }

/* Eight pairs of gray pixels as 16-bit numbers, where four outputs lie within 16 bytes. */
V_INLINE __m256i near_pairs(const uint8_t *row, const int32_t *first) {
  const __m256i places = load_whole(first);
  const __m256i steps = _mm256_sub_epi32(places, _mm256_shuffle_epi32(places, 0));
  const __m256i shuffle =
      _mm256_add_epi32(_mm256_or_si256(steps, _mm256_slli_epi32(steps, 16)), _mm256_set1_epi32((int)0x80018000u));
  return _mm256_shuffle_epi8(load_two(row + first[0], row + first[4]), shuffle);
}

/* The same anywhere. */
V_INLINE __m256i far_pairs(const uint8_t *row, const int32_t *first) {
  uint16_t pairs[8];
  V_UNROLL
  for (int i = 0; i < 8; i++) memcpy(&pairs[i], row + first[i], 2);
  return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)pairs));
}

V_INLINE int64_t pairs_gray(int16_t *out, const uint8_t *row, const int32_t *first, const int16_t *weights,
                            int64_t count, const bool near) {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256i a = near ? near_pairs(row, first + i) : far_pairs(row, first + i);
    const __m256i b = near ? near_pairs(row, first + i + 8) : far_pairs(row, first + i + 8);
    const __m256i low = _mm256_srai_epi32(_mm256_madd_epi16(a, load_whole(weights + 2 * i)), 4);
    const __m256i high = _mm256_srai_epi32(_mm256_madd_epi16(b, load_whole(weights + 2 * i + 16)), 4);
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
    _mm256_storeu_si256((__m256i *)(void *)(out + i), packed);
  }
  return i;
}

/* Two pixels of several channels, one to a half, with the weights of places `low` and `high` of four. */
V_INLINE __m256i pairs_two(const uint8_t *low, const uint8_t *high, __m256i weights, __m256i choose, __m256i shuffle) {
  const __m256i pixels = _mm256_shuffle_epi8(load_two(low, high), shuffle);
  const __m256i scale = (__m256i)_mm256_permutevar_ps((__m256)weights, choose);
  return _mm256_srai_epi32(_mm256_madd_epi16(pixels, scale), 4);
}

V_INLINE int64_t pairs_colour(int16_t *out, const uint8_t *row, const int32_t *first, const int16_t *weights,
                              int64_t count, const int channels) {
  const __m256i three = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 0, -1, 3, -1, 1, -1,
                                         4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const __m256i four = _mm256_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1, 0, -1, 4, -1, 1, -1, 5,
                                        -1, 2, -1, 6, -1, 3, -1, 7, -1);
  const __m256i close = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 8, 9,
                                         10, 11, 12, 13, -1, -1, -1, -1);
  const __m256i shuffle = channels == 3 ? three : four;
  const __m256i even = _mm256_setr_epi32(0, 0, 0, 0, 2, 2, 2, 2), odd = _mm256_setr_epi32(1, 1, 1, 1, 3, 3, 3, 3);
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const uint8_t *at[4];
    V_UNROLL
    for (int k = 0; k < 4; k++) at[k] = row + (int64_t)first[i + k] * channels;
    const __m256i scale =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(weights + 2 * i)));
    const __m256i a = pairs_two(at[0], at[2], scale, even, shuffle), b = pairs_two(at[1], at[3], scale, odd, shuffle);
    __m256i packed = _mm256_packs_epi32(a, b);
    if (channels == 3) packed = _mm256_shuffle_epi8(packed, close);
    int16_t *to = out + i * channels;
    _mm_storeu_si128((__m128i *)(void *)to, _mm256_castsi256_si128(packed));
    _mm_storeu_si128((__m128i *)(void *)(to + 2 * channels), _mm256_extracti128_si256(packed, 1));
  }
  return i;
}

/* Whether any four outputs that follow each other lie within 16 bytes. */
V_INLINE bool all_near(const int32_t *first, int64_t count) {
  int32_t widest = 0;
  for (int64_t i = 0; i + 3 < count; i++) widest = first[i + 3] - first[i] > widest ? first[i + 3] - first[i] : widest;
  return widest <= 14;
}

V_INLINE int64_t pairs_vectors(int16_t *out, const uint8_t *row, int64_t pixels, const int32_t *first,
                               const int16_t *weights, int64_t count, const int channels) {
  const int64_t safe = loadable(first, count, pixels * channels, 16, channels);
  if (channels > 1) return pairs_colour(out, row, first, weights, safe, channels);
  return all_near(first, count) ? pairs_gray(out, row, first, weights, safe, true)
                                : pairs_gray(out, row, first, weights, count, false);
}
#else
V_INLINE int64_t pairs_vectors(int16_t *out, const uint8_t *row, int64_t pixels, const int32_t *first,
                               const int16_t *weights, int64_t count, const int channels) {
  (void)out, (void)row, (void)pixels, (void)first, (void)weights, (void)count, (void)channels;
  return 0;
}
#endif

V_INLINE void pairs_of(int16_t *out, const uint8_t *row, int64_t pixels, const int32_t *first, const int16_t *weights,
                       int64_t count, const int channels) {
  const int64_t done = pairs_vectors(out, row, pixels, first, weights, count, channels);
  pairs_plain(out, row, first, weights, done, count, channels);
}

static void pairs_across(int16_t *out, const uint8_t *row, int64_t pixels, const int32_t *first, const int16_t *weights,
                         int64_t count, int channels) {
  switch (channels) {
  case 1: pairs_of(out, row, pixels, first, weights, count, 1); break;
  case 3: pairs_of(out, row, pixels, first, weights, count, 3); break;
  default: pairs_of(out, row, pixels, first, weights, count, 4);
  }
}

static void pairs_down(uint8_t *restrict out, const int16_t *restrict upper, const int16_t *restrict lower,
                       const int16_t weights[2], int64_t count) {
  int64_t i = 0;
  const int16_t above = weights[0], below = weights[1];
#if defined(__AVX2__)
  const __m256i w0 = _mm256_set1_epi16(above), w1 = _mm256_set1_epi16(below), half = _mm256_set1_epi16(2);
  for (; i + 32 <= count; i += 32) {
    __m256i sums[2];
    V_UNROLL
    for (int k = 0; k < 2; k++) {
      const __m256i a = _mm256_mulhi_epi16(load_whole(upper + i + 16 * k), w0);
      const __m256i b = _mm256_mulhi_epi16(load_whole(lower + i + 16 * k), w1);
      sums[k] = _mm256_srai_epi16(_mm256_add_epi16(_mm256_add_epi16(a, b), half), 2);
    }
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(sums[0], sums[1]), 0xd8);
    _mm256_storeu_si256((__m256i *)(void *)(out + i), packed);
  }
#endif
  for (; i < count; i++) out[i] = (uint8_t)((((above * upper[i]) >> 16) + ((below * lower[i]) >> 16) + 2) >> 2);
}

/* ---- halves */

V_INLINE void halve_bytes_plain(uint8_t *out, const uint8_t *upper, const uint8_t *lower, int64_t from, int64_t count,
                                const int channels) {
  for (int64_t i = from; i < count; i++)
    for (int c = 0; c < channels; c++) {
      const int64_t at = 2 * i * channels + c;
      out[i * channels + c] = (uint8_t)((upper[at] + upper[at + channels] + lower[at] + lower[at + channels] + 2) >> 2);
    }
}

#if defined(__AVX2__)
/* Sums of neighbours of two rows, rounded: 16 of 16 bits. */
V_INLINE __m256i quarters(__m256i upper, __m256i lower) {
  const __m256i ones = _mm256_set1_epi8(1);
  const __m256i sums = _mm256_add_epi16(_mm256_maddubs_epi16(upper, ones), _mm256_maddubs_epi16(lower, ones));
  return _mm256_srli_epi16(_mm256_add_epi16(sums, _mm256_set1_epi16(2)), 2);
}

static int64_t halve_gray(uint8_t *out, const uint8_t *upper, const uint8_t *lower, int64_t count) {
  int64_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i a = quarters(load_whole(upper + 2 * i), load_whole(lower + 2 * i));
    const __m256i b = quarters(load_whole(upper + 2 * i + 32), load_whole(lower + 2 * i + 32));
    _mm256_storeu_si256((__m256i *)(void *)(out + i), _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xd8));
  }
  return i;
}

/* Two output pixels, 12 or 16 bytes of the input, to a half; the first four bytes stored beyond are written again. */
V_INLINE int64_t halve_colour(uint8_t *out, const uint8_t *upper, const uint8_t *lower, int64_t count,
                              const int channels) {
  const __m256i three = _mm256_setr_epi8(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, -1, -1, -1, -1, 0, 3, 1, 4, 2, 5, 6, 9,
                                         7, 10, 8, 11, -1, -1, -1, -1);
  const __m256i four = _mm256_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15, 0, 4, 1, 5, 2, 6, 3, 7, 8,
                                        12, 9, 13, 10, 14, 11, 15);
  const __m256i shuffle = channels == 3 ? three : four;
  int64_t i = 0;
  for (; i + 6 <= count; i += 4) { /* two pixels remain for what is loaded and stored too much */
    const int64_t at = 2 * i * channels;
    const __m256i a = load_two(upper + at, upper + at + 4 * channels);
    const __m256i b = load_two(lower + at, lower + at + 4 * channels);
    const __m256i sums = quarters(_mm256_shuffle_epi8(a, shuffle), _mm256_shuffle_epi8(b, shuffle));
    const __m256i packed = _mm256_packus_epi16(sums, sums);
    _mm_storel_epi64((__m128i *)(void *)(out + i * channels), _mm256_castsi256_si128(packed));
    _mm_storel_epi64((__m128i *)(void *)(out + (i + 2) * channels), _mm256_extracti128_si256(packed, 1));
  }
  return i;
}
#endif

V_INLINE void halve_bytes_of(uint8_t *out, const uint8_t *upper, const uint8_t *lower, int64_t count,
                             const int channels) {
  int64_t done = 0;
#if defined(__AVX2__)
  done = channels == 1 ? halve_gray(out, upper, lower, count) : halve_colour(out, upper, lower, count, channels);
#endif
  halve_bytes_plain(out, upper, lower, done, count, channels);
}

static void halve_bytes(uint8_t *out, const uint8_t *upper, const uint8_t *lower, int64_t count, int channels) {
  switch (channels) {
  case 1: halve_bytes_of(out, upper, lower, count, 1); break;
  case 3: halve_bytes_of(out, upper, lower, count, 3); break;
  default: halve_bytes_of(out, upper, lower, count, 4);
  }
}

V_INLINE void halve_floats_of(float *restrict out, const float *restrict upper, const float *restrict lower,
                              int64_t count, const int channels) {
  int64_t i = 0;
#if defined(__AVX2__)
  for (; channels == 1 && i + 8 <= count; i += 8) {
    const __m256 a = _mm256_loadu_ps(upper + 2 * i) + _mm256_loadu_ps(lower + 2 * i);
    const __m256 b = _mm256_loadu_ps(upper + 2 * i + 8) + _mm256_loadu_ps(lower + 2 * i + 8);
    const __m256i sums = (__m256i)(_mm256_shuffle_ps(a, b, 0x88) + _mm256_shuffle_ps(a, b, 0xdd));
    _mm256_storeu_ps(out + i, (__m256)_mm256_permute4x64_epi64(sums, 0xd8) * _mm256_set1_ps(0.25f));
  }
  for (; channels > 1 && i + 2 <= count; i++) { /* four numbers at a time; what is too much is written again */
    const float *a = upper + 2 * i * channels, *b = lower + 2 * i * channels;
    const __m128 sums = (_mm_loadu_ps(a) + _mm_loadu_ps(b)) + (_mm_loadu_ps(a + channels) + _mm_loadu_ps(b + channels));
    _mm_storeu_ps(out + i * channels, sums * _mm_set1_ps(0.25f));
  }
#endif
  for (; i < count; i++)
    for (int c = 0; c < channels; c++) {
      const int64_t at = 2 * i * channels + c;
      out[i * channels + c] = ((upper[at] + lower[at]) + (upper[at + channels] + lower[at + channels])) * 0.25f;
    }
}

static void halve_floats(float *out, const float *upper, const float *lower, int64_t count, int channels) {
  switch (channels) {
  case 1: halve_floats_of(out, upper, lower, count, 1); break;
  case 3: halve_floats_of(out, upper, lower, count, 3); break;
  default: halve_floats_of(out, upper, lower, count, 4);
  }
}

/* ---- floats */

V_INLINE void floats_plain(float *out, const float *row, const int32_t *first, const float *weights, int64_t from,
                           int64_t to, const int channels) {
  for (int64_t i = from; i < to; i++) {
    const float *at = row + (int64_t)first[i] * channels;
    for (int c = 0; c < channels; c++) {
      float left = weights[2 * i] * at[c], right = weights[2 * i + 1] * at[c + channels];
      SEPARATE(left);
      SEPARATE(right);
      out[i * channels + c] = left + right;
    }
  }
}

#if defined(__AVX2__)
V_INLINE __m256 load_halves(const float *low, const float *high) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
}

/* Two pairs of pixels. */
V_INLINE __m128 load_pairs(const float *row, const int32_t *first) {
  const __m128 low = _mm_loadl_pi(_mm_setzero_ps(), (const __m64 *)(const void *)(row + first[0]));
  return _mm_loadh_pi(low, (const __m64 *)(const void *)(row + first[1]));
}

/* Eight outputs: the pairs of 0 1 4 5 and 2 3 6 7, then left and right pixels in order. */
V_INLINE int64_t floats_gray(float *out, const float *row, const int32_t *first, const float *weights, int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const int32_t *f = first + i;
    const float *w = weights + 2 * i;
    const __m256 a = _mm256_insertf128_ps(_mm256_castps128_ps256(load_pairs(row, f)), load_pairs(row, f + 4), 1);
    const __m256 b = _mm256_insertf128_ps(_mm256_castps128_ps256(load_pairs(row, f + 2)), load_pairs(row, f + 6), 1);
    const __m256 u = load_halves(w, w + 8), v = load_halves(w + 4, w + 12);
    __m256 left = _mm256_shuffle_ps(a, b, 0x88) * _mm256_shuffle_ps(u, v, 0x88);
    __m256 right = _mm256_shuffle_ps(a, b, 0xdd) * _mm256_shuffle_ps(u, v, 0xdd);
    SEPARATE(left);
    SEPARATE(right);
    _mm256_storeu_ps(out + i, left + right);
  }
  return i;
}

/* Four numbers at a time; what is too much is written again or beyond. */
V_INLINE int64_t floats_colour(float *out, const float *row, const int32_t *first, const float *weights, int64_t count,
                               const int channels) {
  for (int64_t i = 0; i < count; i++) {
    const float *at = row + (int64_t)first[i] * channels;
    __m128 left = _mm_loadu_ps(at) * _mm_set1_ps(weights[2 * i]);
    __m128 right = _mm_loadu_ps(at + channels) * _mm_set1_ps(weights[2 * i + 1]);
    SEPARATE(left);
    SEPARATE(right);
    _mm_storeu_ps(out + i * channels, left + right);
  }
  return count;
}
#endif

V_INLINE void floats_of(float *out, const float *row, int64_t pixels, const int32_t *first, const float *weights,
                        int64_t count, const int channels) {
  int64_t done = 0;
#if defined(__AVX2__)
  const int64_t safe = loadable(first, count, pixels * channels, 4 + channels, channels);
  done = channels == 1 ? floats_gray(out, row, first, weights, count)
                       : floats_colour(out, row, first, weights, safe, channels);
#else
  (void)pixels;
#endif
  floats_plain(out, row, first, weights, done, count, channels);
}

static void floats_across(float *out, const float *row, int64_t pixels, const int32_t *first, const float *weights,
                          int64_t count, int channels) {
  switch (channels) {
  case 1: floats_of(out, row, pixels, first, weights, count, 1); break;
  case 3: floats_of(out, row, pixels, first, weights, count, 3); break;
  default: floats_of(out, row, pixels, first, weights, count, 4);
  }
}

/* `fixed`: the number of rows where the loop is to be unrolled, else 0. */
V_INLINE vfloat weighted(const float *const *rows, const float *weights, int64_t rows_count, int64_t i, int64_t left,
                         const int fixed) {
  vfloat sum = {0};
  const int64_t count = fixed ? fixed : rows_count;
  for (int64_t k = 0; k < count; k++) {
    vfloat product = v_load_some(rows[k] + i, left) * v_set(weights[k]);
    SEPARATE(product);
    sum += product;
  }
  return sum;
}

/* With `stream` the first vector, up to the next that is aligned, is written twice. */
V_INLINE void down_of(float *out, const float *const *given, const float *weights, int64_t rows_count, int64_t count,
                      const bool stream, const int fixed) {
  const float *near[3] = {0}; /* kept in registers */
  for (int k = 0; k < fixed; k++) near[k] = given[k];
  const float *const *rows = fixed ? near : given;
  int64_t i = 0;
  if (stream && count >= 2 * FV__WIDTH) {
    v_store(out, weighted(rows, weights, rows_count, 0, FV__WIDTH, fixed));
    for (i = -((int64_t)((uintptr_t)out / sizeof *out)) & (FV__WIDTH - 1); i + FV__WIDTH <= count; i += FV__WIDTH)
      v_stream(out + i, weighted(rows, weights, rows_count, i, FV__WIDTH, fixed));
    v_stream_end();
  }
  for (; i + FV__WIDTH <= count; i += FV__WIDTH)
    v_store(out + i, weighted(rows, weights, rows_count, i, FV__WIDTH, fixed));
  if (i < count) v_store_part(out + i, weighted(rows, weights, rows_count, i, count - i, fixed), count - i);
}

static void floats_down(float *out, const float *const *rows, const float *weights, int64_t rows_count, int64_t count,
                        bool stream) {
  switch (rows_count) {
  case 1: down_of(out, rows, weights, rows_count, count, stream, 1); break;
  case 2: down_of(out, rows, weights, rows_count, count, stream, 2); break;
  case 3: down_of(out, rows, weights, rows_count, count, stream, 3); break;
  default: down_of(out, rows, weights, rows_count, count, stream, 0);
  }
}

/* ---- sums and rounding */

static void add_bytes(float *out, const uint8_t *row, int64_t count) {
  int64_t i = 0;
  for (; i + FV__WIDTH <= count; i += FV__WIDTH) v_store(out + i, v_load(out + i) + v_load_bytes(row + i));
  for (; i < count; i++) out[i] += (float)row[i];
}

static void round_row(uint8_t *out, const float *row, float factor, int64_t count) {
  int64_t i = 0;
  for (; i < count; i += FV__WIDTH) {
    vfloat value = v_load_some(row + i, count - i) * v_set(factor);
    SEPARATE(value);
    value = v_clamp(value, v_set(0), v_set(255));
    if (count - i >= FV__WIDTH) {
      v_store_bytes(out + i, value);
      continue;
    }
    uint8_t last[FV__WIDTH];
    v_store_bytes(last, value);
    memcpy(out + i, last, (size_t)(count - i));
  }
}

const fv__resize_kernels FV__LEVEL_NAME(fv__kernels_resize) = {.pairs_across = pairs_across,
                                                               .pairs_down = pairs_down,
                                                               .halve_bytes = halve_bytes,
                                                               .halve_floats = halve_floats,
                                                               .floats_across = floats_across,
                                                               .floats_down = floats_down,
                                                               .add_bytes = add_bytes,
                                                               .round = round_row};
