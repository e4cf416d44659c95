#if defined(__x86_64__)
#include "rows.h"

#include <immintrin.h>

// The 8-bit kernel needs VNNI; dispatch.c takes AVX2's where it is missing.
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c,fma"))),        \
                             apply_to = function)

// Sums of four registers, in order.
static inline __m128 sums_f32(const __m512 sum[4]) {
  __m256 half[4];
  for (size_t j = 0; j < 4; j++)
    half[j] = _mm256_add_ps(_mm512_castps512_ps256(sum[j]), _mm512_extractf32x8_ps(sum[j], 1));
  __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(half[0], half[1]), _mm256_hadd_ps(half[2], half[3]));
  return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

static inline __m128i sums_i32(const __m512i sum[4]) {
  __m256i half[4];
  for (size_t j = 0; j < 4; j++)
    half[j] = _mm256_add_epi32(_mm512_castsi512_si256(sum[j]), _mm512_extracti64x4_epi64(sum[j], 1));
  __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(half[0], half[1]), _mm256_hadd_epi32(half[2], half[3]));
  return _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
}

static inline __mmask16 first16(size_t n) { return (__mmask16)((1u << n) - 1u); }
static inline __mmask64 first64(size_t n) { return ((__mmask64)1 << n) - 1; }

static inline __m512 load_f32(const float *values) { return _mm512_loadu_ps(values); }
static inline __m512 tail_f32(const float *values, size_t n) { return _mm512_maskz_loadu_ps(first16(n), values); }

static inline __m512 load_f16(const uint16_t *values) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)values));
}
static inline __m512 tail_f16(const uint16_t *values, size_t n) {
  return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first16(n), values));
}

static inline __m512 add_product(__m512 query, __m512 row, __m512 sum) { return _mm512_fmadd_ps(query, row, sum); }

static inline __m512 add_square(__m512 query, __m512 row, __m512 sum) {
  __m512 difference = _mm512_sub_ps(query, row);
  return _mm512_fmadd_ps(difference, difference, sum);
}

// `step` adds what sixteen elements of query and row contribute to the sum.
#define DEFINE_FLOAT_TILES(name, Row, load, tail, step)                                                                \
  static inline void name##_four(const float *query, const Row *const rows[4], size_t n, float *results) {             \
    __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};              \
    size_t i = 0;                                                                                                      \
    for (; i + 16 <= n; i += 16) {                                                                                     \
      __m512 part = _mm512_loadu_ps(query + i);                                                                        \
      for (size_t j = 0; j < 4; j++) sum[j] = step(part, load(rows[j] + i), sum[j]);                                   \
    }                                                                                                                  \
    if (i < n) {                                                                                                       \
      __m512 part = tail_f32(query + i, n - i);                                                                        \
      for (size_t j = 0; j < 4; j++) sum[j] = step(part, tail(rows[j] + i, n - i), sum[j]);                            \
    }                                                                                                                  \
    _mm_storeu_ps(results, sums_f32(sum));                                                                             \
  }                                                                                                                    \
  static inline float name##_one(const float *query, const Row *row, size_t n) {                                       \
    __m512 even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();                                                      \
    size_t i = 0;                                                                                                      \
    for (; i + 32 <= n; i += 32) {                                                                                     \
      even = step(_mm512_loadu_ps(query + i), load(row + i), even);                                                    \
      odd = step(_mm512_loadu_ps(query + i + 16), load(row + i + 16), odd);                                            \
    }                                                                                                                  \
    if (i + 16 <= n) {                                                                                                 \
      even = step(_mm512_loadu_ps(query + i), load(row + i), even);                                                    \
      i += 16;                                                                                                         \
    }                                                                                                                  \
    if (i < n) odd = step(tail_f32(query + i, n - i), tail(row + i, n - i), odd);                                      \
    return _mm512_reduce_add_ps(_mm512_add_ps(even, odd));                                                             \
  }

DEFINE_FLOAT_TILES(dot_f32, float, load_f32, tail_f32, add_product)
DEFINE_FLOAT_TILES(squared_l2_f32, float, load_f32, tail_f32, add_square)
DEFINE_FLOAT_TILES(dot_f16, uint16_t, load_f16, tail_f16, add_product)
DEFINE_FLOAT_TILES(squared_l2_f16, uint16_t, load_f16, tail_f16, add_square)

// vpdpbusd multiplies unsigned by signed. Rows are shifted by 128 to be unsigned, which adds 128 times the sum of the
// query to each result; `shift` accumulates that with the same instruction.
static inline void dot_i8_four(const int8_t *query, const int8_t *const rows[4], size_t n, int32_t *results) {
  const __m512i flip = _mm512_set1_epi8((char)0x80);
  __m512i sum[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
  __m512i shift = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    __m512i part = _mm512_loadu_si512(query + i);
    shift = _mm512_dpbusd_epi32(shift, flip, part);
    for (size_t j = 0; j < 4; j++)
      sum[j] = _mm512_dpbusd_epi32(sum[j], _mm512_xor_si512(_mm512_loadu_si512(rows[j] + i), flip), part);
  }
  if (i < n) {
    __mmask64 rest = first64(n - i);
    __m512i part = _mm512_maskz_loadu_epi8(rest, query + i);
    shift = _mm512_dpbusd_epi32(shift, flip, part);
    for (size_t j = 0; j < 4; j++)
      sum[j] = _mm512_dpbusd_epi32(sum[j], _mm512_xor_si512(_mm512_maskz_loadu_epi8(rest, rows[j] + i), flip), part);
  }
  for (size_t j = 0; j < 4; j++) sum[j] = _mm512_sub_epi32(sum[j], shift);
  _mm_storeu_si128((__m128i *)results, sums_i32(sum));
}

static inline int32_t dot_i8_one(const int8_t *query, const int8_t *row, size_t n) {
  const __m512i flip = _mm512_set1_epi8((char)0x80);
  __m512i sum = _mm512_setzero_si512(), shift = _mm512_setzero_si512();
  for (size_t i = 0; i < n; i += 64) {
    __mmask64 lanes = n - i >= 64 ? ~(__mmask64)0 : first64(n - i);
    __m512i part = _mm512_maskz_loadu_epi8(lanes, query + i);
    shift = _mm512_dpbusd_epi32(shift, flip, part);
    sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(_mm512_maskz_loadu_epi8(lanes, row + i), flip), part);
  }
  return _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, shift));
}

static void f16_from_f32(const float *values, size_t count, uint16_t *results) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = count - i >= 16 ? (__mmask16)0xffff : first16(count - i);
    __m256i halves = _mm512_cvtps_ph(_mm512_maskz_loadu_ps(lanes, values + i), _MM_FROUND_TO_NEAREST_INT);
    _mm256_mask_storeu_epi16(results + i, lanes, halves);
  }
}

static void f32_from_f16(const uint16_t *values, size_t count, float *results) {
  for (size_t i = 0; i < count; i += 16) {
    __mmask16 lanes = count - i >= 16 ? (__mmask16)0xffff : first16(count - i);
    _mm512_mask_storeu_ps(results + i, lanes, _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(lanes, values + i)));
  }
}

NEEDLETAIL_DEFINE_SCORE(dot_f32, float, float, float, dot_f32_one, dot_f32_four)
NEEDLETAIL_DEFINE_SCORE(squared_l2_f32, float, float, float, squared_l2_f32_one, squared_l2_f32_four)
NEEDLETAIL_DEFINE_SCORE(dot_f16, float, uint16_t, float, dot_f16_one, dot_f16_four)
NEEDLETAIL_DEFINE_SCORE(squared_l2_f16, float, uint16_t, float, squared_l2_f16_one, squared_l2_f16_four)
NEEDLETAIL_DEFINE_SCORE(dot_i8, int8_t, int8_t, int32_t, dot_i8_one, dot_i8_four)

#pragma clang attribute pop

const needletail_distance_kernels needletail_distance_avx512 = {
    .isa = NEEDLETAIL_ISA_AVX512,
    .dot_f32 = dot_f32,
    .squared_l2_f32 = squared_l2_f32,
    .dot_f16 = dot_f16,
    .squared_l2_f16 = squared_l2_f16,
    .dot_i8 = dot_i8,
    .f16_from_f32 = f16_from_f32,
    .f32_from_f16 = f32_from_f16,
};
#endif
