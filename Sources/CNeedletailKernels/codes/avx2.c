#if defined(__x86_64__)
#include "codes.h"

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

static inline int32_t total_i32(__m256i v) {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  return _mm_cvtsi128_si32(sum);
}

static inline __m256i load(const void *bytes) { return _mm256_loadu_si256((const __m256i *)bytes); }

static inline __m256 load_bf16(const uint16_t *values) {
  __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)values));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}

static void dot_bf16(const float *query, const uint16_t *rows, size_t stride, size_t count, size_t dimension,
                     float *results) {
  for (size_t r = 0; r < count; r++) {
    const uint16_t *row = rows + r * stride;
    __m256 even = _mm256_setzero_ps(), odd = _mm256_setzero_ps();
    size_t i = 0;
    for (; i + 16 <= dimension; i += 16) {
      even = _mm256_fmadd_ps(_mm256_loadu_ps(query + i), load_bf16(row + i), even);
      odd = _mm256_fmadd_ps(_mm256_loadu_ps(query + i + 8), load_bf16(row + i + 8), odd);
    }
    float rest = 0;
    for (; i < dimension; i++) {
      uint32_t bits = (uint32_t)row[i] << 16;
      float value;
      memcpy(&value, &bits, sizeof value);
      rest += query[i] * value;
    }
    __m256 sum = _mm256_add_ps(even, odd);
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    half = _mm_add_ss(half, _mm_movehdup_ps(half));
    results[r] = _mm_cvtss_f32(half) + rest;
  }
}

static void dot_u4(const int8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t dimension,
                   int32_t *results) {
  const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  for (size_t r = 0; r < count; r++) {
    __m256i sum = _mm256_setzero_si256();
    for (size_t i = 0; i < dimension; i += 64) {
      __m256i codes = load(rows + r * stride + i / 2);
      // 2 * 2 * 15 * 127 fits 16 bits.
      __m256i pairs = _mm256_add_epi16(
          _mm256_maddubs_epi16(_mm256_and_si256(codes, low), load(query + i)),
          _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(codes, 4), low), load(query + i + 32)));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
    }
    results[r] = total_i32(sum);
  }
}

// 32 bits as bytes of ones and zeros.
static inline __m256i bytes_of_bits(const uint8_t *bits) {
  int32_t word;
  memcpy(&word, bits, sizeof word);
  const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3,
                                          3, 3, 3, 3, 3);
  const __m256i place = _mm256_set1_epi64x((long long)0x8040201008040201ull);
  __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(word), spread);
  return _mm256_cmpeq_epi8(_mm256_and_si256(bytes, place), place);
}

static void dot_planes(const int8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t dimension,
                       size_t planes, int32_t *results) {
  const __m256i one8 = _mm256_set1_epi8(1), one16 = _mm256_set1_epi16(1);
  for (size_t r = 0; r < count; r++) {
    __m256i sum = _mm256_setzero_si256();
    for (size_t plane = 0; plane < planes; plane++) {
      const uint8_t *bits = rows + r * stride + plane * (dimension / 8);
      sum = _mm256_slli_epi32(sum, 1);
      for (size_t i = 0; i < dimension; i += 32) {
        __m256i chosen = _mm256_and_si256(bytes_of_bits(bits + i / 8), load(query + i));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(one8, chosen), one16));
      }
    }
    results[r] = total_i32(sum);
  }
}

static void hamming(const uint8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t bytes,
                    uint32_t *results) {
  const __m256i low = _mm256_set1_epi8(15);
  const __m256i ones = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3,
                                        2, 3, 3, 4);
  for (size_t r = 0; r < count; r++) {
    const uint8_t *row = rows + r * stride;
    __m256i sum = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 32 <= bytes; i += 32) {
      __m256i differing = _mm256_xor_si256(load(query + i), load(row + i));
      __m256i counts = _mm256_add_epi8(
          _mm256_shuffle_epi8(ones, _mm256_and_si256(differing, low)),
          _mm256_shuffle_epi8(ones, _mm256_and_si256(_mm256_srli_epi16(differing, 4), low)));
      sum = _mm256_add_epi64(sum, _mm256_sad_epu8(counts, _mm256_setzero_si256()));
    }
    uint32_t rest = 0;
    for (; i < bytes; i++) rest += (uint32_t)__builtin_popcount(query[i] ^ row[i]);
    results[r] = (uint32_t)total_i32(sum) + rest;
  }
}

// The sums of even and odd rows are kept apart by letting odd ones spill into the upper byte of even ones, and taking that away
// at the end: two additions for each look-up instead of two unpackings and two additions.
typedef struct sums {
  __m256i both, odd;
} sums;

static inline void add(sums *sum, __m256i entries) {
  sum->both = _mm256_add_epi16(sum->both, entries);
  sum->odd = _mm256_add_epi16(sum->odd, _mm256_srli_epi16(entries, 8));
}

// Writes, or adds, the sums of sixteen rows.
static inline void finish(sums sum, int continues, uint32_t *results) {
  __m256i even = _mm256_sub_epi16(sum.both, _mm256_slli_epi16(sum.odd, 8));
  __m128i even8 = _mm_add_epi16(_mm256_castsi256_si128(even), _mm256_extracti128_si256(even, 1));
  __m128i odd8 = _mm_add_epi16(_mm256_castsi256_si128(sum.odd), _mm256_extracti128_si256(sum.odd, 1));
  __m256i first = _mm256_cvtepu16_epi32(_mm_unpacklo_epi16(even8, odd8));
  __m256i second = _mm256_cvtepu16_epi32(_mm_unpackhi_epi16(even8, odd8));
  if (continues) {
    first = _mm256_add_epi32(first, load(results));
    second = _mm256_add_epi32(second, load(results + 8));
  }
  _mm256_storeu_si256((__m256i *)results, first);
  _mm256_storeu_si256((__m256i *)(results + 8), second);
}

static inline __attribute__((always_inline)) void scan(const uint8_t *tables, const uint8_t *blocks, size_t stride, size_t n,
                                                       size_t parts, uint32_t *results) {
  const __m256i low = _mm256_set1_epi8(15);
  for (size_t start = 0; start < parts; start += needletail_parts_per_sum) {
    size_t end = start + needletail_parts_per_sum < parts ? start + needletail_parts_per_sum : parts;
    sums first[2] = {{_mm256_setzero_si256(), _mm256_setzero_si256()}, {_mm256_setzero_si256(), _mm256_setzero_si256()}};
    sums second[2] = {first[0], first[0]};
    for (size_t part = start; part < end; part += 2) {
      __m256i table = load(tables + 16 * part);
      for (size_t j = 0; j < n; j++) {
        __m256i codes = load(blocks + j * stride + part * 16);
        add(&first[j], _mm256_shuffle_epi8(table, _mm256_and_si256(codes, low)));
        add(&second[j], _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(codes, 4), low)));
      }
    }
    for (size_t j = 0; j < n; j++) {
      finish(first[j], start > 0, results + 32 * j);
      finish(second[j], start > 0, results + 32 * j + 16);
    }
  }
}

static void sum_nibbles(const uint8_t *tables, const uint8_t *blocks, size_t block_stride, size_t block_count, size_t parts,
                        uint32_t *sums) {
  size_t block = 0;
  for (; block + 2 <= block_count; block += 2) scan(tables, blocks + block * block_stride, block_stride, 2, parts, sums + 32 * block);
  if (block < block_count) scan(tables, blocks + block * block_stride, block_stride, 1, parts, sums + 32 * block);
}

#pragma clang attribute pop

const needletail_code_kernels needletail_codes_avx2 = {
    .isa = NEEDLETAIL_ISA_AVX2,
    .dot_bf16 = dot_bf16,
    .dot_u4 = dot_u4,
    .dot_planes = dot_planes,
    .hamming = hamming,
    .sum_nibbles = sum_nibbles,
};
#endif
