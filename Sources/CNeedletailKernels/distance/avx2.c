#if defined(__x86_64__)
#include "rows.h"

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

// Sums of four registers, in order.
static inline __m128 sums_f32(__m256 a, __m256 b, __m256 c, __m256 d) {
  __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
  return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

static inline __m128i sums_i32(__m256i a, __m256i b, __m256i c, __m256i d) {
  __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
}

// The last n % 8 elements followed by zeros.
static inline __m256 tail_f32(const float *values, size_t n) {
  float padded[8] = {0};
  memcpy(padded, values, n * sizeof(float));
  return _mm256_loadu_ps(padded);
}

static inline __m256 tail_f16(const uint16_t *values, size_t n) {
  uint16_t padded[8] = {0};
  memcpy(padded, values, n * sizeof(uint16_t));
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)padded));
}

static inline __m256i tail_i8(const int8_t *values, size_t n) {
  int8_t padded[32] = {0};
  memcpy(padded, values, n);
  return _mm256_loadu_si256((const __m256i *)padded);
}

static inline __m256 load_f32(const float *values) { return _mm256_loadu_ps(values); }

static inline __m256 load_f16(const uint16_t *values) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)values));
}

static inline __m256 add_product(__m256 query, __m256 row, __m256 sum) { return _mm256_fmadd_ps(query, row, sum); }

static inline __m256 add_square(__m256 query, __m256 row, __m256 sum) {
  __m256 difference = _mm256_sub_ps(query, row);
  return _mm256_fmadd_ps(difference, difference, sum);
}

// `step` adds what eight elements of query and row contribute to the sum.
#define DEFINE_FLOAT_TILES(name, Row, load, tail, step)                                                                \
  static inline void name##_four(const float *query, const Row *const rows[4], size_t n, float *results) {             \
    __m256 sum[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};              \
    size_t i = 0;                                                                                                      \
    for (; i + 8 <= n; i += 8) {                                                                                       \
      __m256 part = _mm256_loadu_ps(query + i);                                                                        \
      for (size_t j = 0; j < 4; j++) sum[j] = step(part, load(rows[j] + i), sum[j]);                                   \
    }                                                                                                                  \
    if (i < n) {                                                                                                       \
      __m256 part = tail_f32(query + i, n - i);                                                                        \
      for (size_t j = 0; j < 4; j++) sum[j] = step(part, tail(rows[j] + i, n - i), sum[j]);                            \
    }                                                                                                                  \
    _mm_storeu_ps(results, sums_f32(sum[0], sum[1], sum[2], sum[3]));                                                  \
  }                                                                                                                    \
  static inline float name##_one(const float *query, const Row *row, size_t n) {                                       \
    __m256 even = _mm256_setzero_ps(), odd = _mm256_setzero_ps();                                                      \
    size_t i = 0;                                                                                                      \
    for (; i + 16 <= n; i += 16) {                                                                                     \
      even = step(_mm256_loadu_ps(query + i), load(row + i), even);                                                    \
      odd = step(_mm256_loadu_ps(query + i + 8), load(row + i + 8), odd);                                              \
    }                                                                                                                  \
    if (i + 8 <= n) {                                                                                                  \
      even = step(_mm256_loadu_ps(query + i), load(row + i), even);                                                    \
      i += 8;                                                                                                          \
    }                                                                                                                  \
    if (i < n) odd = step(tail_f32(query + i, n - i), tail(row + i, n - i), odd);                                      \
    __m256 zero = _mm256_setzero_ps();                                                                                 \
    return _mm_cvtss_f32(sums_f32(_mm256_add_ps(even, odd), zero, zero, zero));                                        \
  }

DEFINE_FLOAT_TILES(dot_f32, float, load_f32, tail_f32, add_product)
DEFINE_FLOAT_TILES(squared_l2_f32, float, load_f32, tail_f32, add_square)
DEFINE_FLOAT_TILES(dot_f16, uint16_t, load_f16, tail_f16, add_product)
DEFINE_FLOAT_TILES(squared_l2_f16, uint16_t, load_f16, tail_f16, add_square)

// maddubs multiplies unsigned by signed, so the row's sign moves to the query. A pair of products is at most
// 2 * 127 * 127 = 32,258 and does not saturate.
static inline __m256i add_codes(__m256i query, __m256i row, __m256i sum) {
  __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(row), _mm256_sign_epi8(query, row));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

static inline void dot_i8_four(const int8_t *query, const int8_t *const rows[4], size_t n, int32_t *results) {
  __m256i sum[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m256i part = _mm256_loadu_si256((const __m256i *)(query + i));
    for (size_t j = 0; j < 4; j++)
      sum[j] = add_codes(part, _mm256_loadu_si256((const __m256i *)(rows[j] + i)), sum[j]);
  }
  if (i < n) {
    __m256i part = tail_i8(query + i, n - i);
    for (size_t j = 0; j < 4; j++) sum[j] = add_codes(part, tail_i8(rows[j] + i, n - i), sum[j]);
  }
  _mm_storeu_si128((__m128i *)results, sums_i32(sum[0], sum[1], sum[2], sum[3]));
}

static inline int32_t dot_i8_one(const int8_t *query, const int8_t *row, size_t n) {
  __m256i sum = _mm256_setzero_si256(), zero = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 32 <= n; i += 32)
    sum = add_codes(_mm256_loadu_si256((const __m256i *)(query + i)),
                    _mm256_loadu_si256((const __m256i *)(row + i)), sum);
  if (i < n) sum = add_codes(tail_i8(query + i, n - i), tail_i8(row + i, n - i), sum);
  return _mm_cvtsi128_si32(sums_i32(sum, zero, zero, zero));
}

static void f16_from_f32(const float *values, size_t count, uint16_t *results) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128((__m128i *)(results + i), _mm256_cvtps_ph(_mm256_loadu_ps(values + i), _MM_FROUND_TO_NEAREST_INT));
  if (i < count) {
    uint16_t last[8];
    _mm_storeu_si128((__m128i *)last, _mm256_cvtps_ph(tail_f32(values + i, count - i), _MM_FROUND_TO_NEAREST_INT));
    memcpy(results + i, last, (count - i) * sizeof(uint16_t));
  }
}

static void f32_from_f16(const uint16_t *values, size_t count, float *results) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(results + i, load_f16(values + i));
  if (i < count) {
    float last[8];
    _mm256_storeu_ps(last, tail_f16(values + i, count - i));
    memcpy(results + i, last, (count - i) * sizeof(float));
  }
}

NEEDLETAIL_DEFINE_SCORE(dot_f32, float, float, float, dot_f32_one, dot_f32_four)
NEEDLETAIL_DEFINE_SCORE(squared_l2_f32, float, float, float, squared_l2_f32_one, squared_l2_f32_four)
NEEDLETAIL_DEFINE_SCORE(dot_f16, float, uint16_t, float, dot_f16_one, dot_f16_four)
NEEDLETAIL_DEFINE_SCORE(squared_l2_f16, float, uint16_t, float, squared_l2_f16_one, squared_l2_f16_four)
NEEDLETAIL_DEFINE_SCORE(dot_i8, int8_t, int8_t, int32_t, dot_i8_one, dot_i8_four)

#pragma clang attribute pop

const needletail_distance_kernels needletail_distance_avx2 = {
    .isa = NEEDLETAIL_ISA_AVX2,
    .dot_f32 = dot_f32,
    .squared_l2_f32 = squared_l2_f32,
    .dot_f16 = dot_f16,
    .squared_l2_f16 = squared_l2_f16,
    .dot_i8 = dot_i8,
    .f16_from_f32 = f16_from_f32,
    .f32_from_f16 = f32_from_f16,
};
#endif
