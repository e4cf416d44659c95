#if defined(__x86_64__)
#include "codes.h"

#include <immintrin.h>

// The integer products need VNNI, `hamming` VPOPCNTDQ; dispatch.c takes AVX2's where they are missing.
#pragma clang attribute push(                                                                                          \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq,fma"))), apply_to = function)

static inline __mmask16 first16(size_t n) { return (__mmask16)((1u << n) - 1u); }

static inline __m512 wide_bf16(__m256i values) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(values), 16));
}

static void dot_bf16(const float *query, const uint16_t *rows, size_t stride, size_t count, size_t dimension,
                     float *results) {
  for (size_t r = 0; r < count; r++) {
    const uint16_t *row = rows + r * stride;
    __m512 even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + 32 <= dimension; i += 32) {
      even = _mm512_fmadd_ps(_mm512_loadu_ps(query + i), wide_bf16(_mm256_loadu_si256((const __m256i *)(row + i))), even);
      odd = _mm512_fmadd_ps(_mm512_loadu_ps(query + i + 16), wide_bf16(_mm256_loadu_si256((const __m256i *)(row + i + 16))),
                            odd);
    }
    for (; i < dimension; i += 16) {
      __mmask16 lanes = dimension - i >= 16 ? (__mmask16)0xffff : first16(dimension - i);
      even = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, query + i), wide_bf16(_mm256_maskz_loadu_epi16(lanes, row + i)),
                             even);
    }
    results[r] = _mm512_reduce_add_ps(_mm512_add_ps(even, odd));
  }
}

static void dot_u4(const int8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t dimension,
                   int32_t *results) {
  const __m256i low = _mm256_set1_epi8(15);
  for (size_t r = 0; r < count; r++) {
    __m256i first = _mm256_setzero_si256(), second = _mm256_setzero_si256();
    for (size_t i = 0; i < dimension; i += 64) {
      __m256i codes = _mm256_loadu_si256((const __m256i *)(rows + r * stride + i / 2));
      first = _mm256_dpbusd_epi32(first, _mm256_and_si256(codes, low), _mm256_loadu_si256((const __m256i *)(query + i)));
      second = _mm256_dpbusd_epi32(second, _mm256_and_si256(_mm256_srli_epi16(codes, 4), low),
                                   _mm256_loadu_si256((const __m256i *)(query + i + 32)));
    }
    results[r] = _mm512_reduce_add_epi32(_mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1));
  }
}

static void dot_planes(const int8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t dimension,
                       size_t planes, int32_t *results) {
  const __m512i one = _mm512_set1_epi8(1);
  for (size_t r = 0; r < count; r++) {
    __m512i sum = _mm512_setzero_si512();
    for (size_t plane = 0; plane < planes; plane++) {
      const uint8_t *bits = rows + r * stride + plane * (dimension / 8);
      sum = _mm512_slli_epi32(sum, 1);
      for (size_t i = 0; i < dimension; i += 64) {
        __mmask64 mask;
        __builtin_memcpy(&mask, bits + i / 8, sizeof mask);
        sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_mov_epi8(mask, one), _mm512_loadu_si512(query + i));
      }
    }
    results[r] = _mm512_reduce_add_epi32(sum);
  }
}

static void hamming(const uint8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t bytes,
                    uint32_t *results) {
  for (size_t r = 0; r < count; r++) {
    const uint8_t *row = rows + r * stride;
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < bytes; i += 64) {
      __mmask64 lanes = bytes - i >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << (bytes - i)) - 1;
      __m512i differing = _mm512_xor_si512(_mm512_maskz_loadu_epi8(lanes, query + i), _mm512_maskz_loadu_epi8(lanes, row + i));
      sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(differing));
    }
    results[r] = (uint32_t)_mm512_reduce_add_epi64(sum);
  }
}

// As in avx2.c, with four parts in a register.
typedef struct sums {
  __m512i both, odd;
} sums;

static inline void add(sums *sum, __m512i entries) {
  sum->both = _mm512_add_epi16(sum->both, entries);
  sum->odd = _mm512_add_epi16(sum->odd, _mm512_srli_epi16(entries, 8));
}

static inline __m128i lanes_added(__m512i v) {
  __m256i half = _mm256_add_epi16(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
  return _mm_add_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

static inline void finish(sums sum, int continues, uint32_t *results) {
  __m128i even = lanes_added(_mm512_sub_epi16(sum.both, _mm512_slli_epi16(sum.odd, 8)));
  __m128i odd = lanes_added(sum.odd);
  __m256i rows = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_unpacklo_epi16(even, odd)),
                                         _mm_unpackhi_epi16(even, odd), 1);
  __m512i wide = _mm512_cvtepu16_epi32(rows);
  if (continues) wide = _mm512_add_epi32(wide, _mm512_loadu_si512(results));
  _mm512_storeu_si512(results, wide);
}

static inline __attribute__((always_inline)) void scan(const uint8_t *tables, const uint8_t *blocks, size_t stride, size_t n,
                                                       size_t parts, uint32_t *results) {
  const __m512i low = _mm512_set1_epi8(15);
  for (size_t start = 0; start < parts; start += needletail_parts_per_sum) {
    size_t end = start + needletail_parts_per_sum < parts ? start + needletail_parts_per_sum : parts;
    sums first[4], second[4];
    for (size_t j = 0; j < n; j++) first[j].both = first[j].odd = second[j].both = second[j].odd = _mm512_setzero_si512();
    for (size_t part = start; part < end; part += 4) {
      __m512i table = _mm512_loadu_si512(tables + 16 * part);
      for (size_t j = 0; j < n; j++) {
        __m512i codes = _mm512_loadu_si512(blocks + j * stride + part * 16);
        add(&first[j], _mm512_shuffle_epi8(table, _mm512_and_si512(codes, low)));
        add(&second[j], _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(codes, 4), low)));
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
  for (; block + 4 <= block_count; block += 4) scan(tables, blocks + block * block_stride, block_stride, 4, parts, sums + 32 * block);
  for (; block < block_count; block++) scan(tables, blocks + block * block_stride, block_stride, 1, parts, sums + 32 * block);
}

#pragma clang attribute pop

const needletail_code_kernels needletail_codes_avx512 = {
    .isa = NEEDLETAIL_ISA_AVX512,
    .dot_bf16 = dot_bf16,
    .dot_u4 = dot_u4,
    .dot_planes = dot_planes,
    .hamming = hamming,
    .sum_nibbles = sum_nibbles,
};
#endif
