#if defined(__x86_64__)
#include "lexical.h"

#include <immintrin.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

// Eight numbers of `width` bits begin at a byte of their own, so that one pattern does for all of them: each number's four bytes are
// shuffled into a lane, which is then shifted and masked.
void needletail_unpack_avx2(const uint32_t *words, size_t available, unsigned width, size_t count, uint32_t *numbers) {
  size_t i = 0;
  if (width >= 1 && width <= needletail_unpacking_widths) {
    const needletail_unpacking *pattern = needletail_unpackings() + width;
    const uint8_t *bytes = (const uint8_t *)words;
    size_t limit = available * sizeof *words;
    __m256i shuffle = _mm256_loadu_si256((const __m256i *)pattern->shuffle);
    __m256i shifts = _mm256_loadu_si256((const __m256i *)pattern->shifts);
    __m256i mask = _mm256_set1_epi32((int)((1u << width) - 1));
    size_t high = pattern->high;
    for (size_t place = 0; i + 8 <= count && place + high + 16 <= limit; i += 8, place += width) {
      __m128i low = _mm_loadu_si128((const __m128i *)(bytes + place));
      __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), _mm_loadu_si128((const __m128i *)(bytes + place + high)), 1);
      __m256i lanes = _mm256_srlv_epi32(_mm256_shuffle_epi8(both, shuffle), shifts);
      _mm256_storeu_si256((__m256i *)(numbers + i), _mm256_and_si256(lanes, mask));
    }
  }
  needletail_unpack_from(words, available, width, i, count, numbers);
}

void needletail_add_up_avx2(uint32_t *numbers, size_t count, uint32_t start) {
  size_t i = 0;
  __m256i one = _mm256_set1_epi32(1), last = _mm256_set1_epi32(7), middle = _mm256_set1_epi32(3);
  __m256i sum = _mm256_set1_epi32((int)start);
  for (; i + 8 <= count; i += 8) {
    __m256i x = _mm256_add_epi32(_mm256_loadu_si256((const __m256i *)(numbers + i)), one);
    x = _mm256_add_epi32(x, _mm256_slli_si256(x, 4));
    x = _mm256_add_epi32(x, _mm256_slli_si256(x, 8));
    // The total of the lower half goes to all of the upper one.
    x = _mm256_add_epi32(x, _mm256_blend_epi32(_mm256_setzero_si256(), _mm256_permutevar8x32_epi32(x, middle), 0xf0));
    x = _mm256_add_epi32(x, sum);
    _mm256_storeu_si256((__m256i *)(numbers + i), x);
    sum = _mm256_permutevar8x32_epi32(x, last);
  }
  start = (uint32_t)_mm256_extract_epi32(sum, 0);
  for (; i < count; i++) numbers[i] = start += numbers[i] + 1;
}

// Whole numbers without sign, rounded once: both halves and their product are exact.
static inline __attribute__((always_inline)) __m256 floats(__m256i numbers) {
  __m256 high = _mm256_cvtepi32_ps(_mm256_srli_epi32(numbers, 16));
  __m256 low = _mm256_cvtepi32_ps(_mm256_and_si256(numbers, _mm256_set1_epi32(0xffff)));
  return _mm256_add_ps(_mm256_mul_ps(high, _mm256_set1_ps(65536)), low);
}

static void accumulate(const uint32_t *rows, const uint32_t *frequencies, size_t count, const uint32_t *lengths,
                       needletail_term_scorer scorer, uint32_t first, uint32_t *sums) {
  __m256 ceiling = _mm256_set1_ps(scorer.ceiling), flat = _mm256_set1_ps(scorer.flat), slope = _mm256_set1_ps(scorer.slope);
  __m256i one = _mm256_set1_epi32(1);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    uint32_t shares[8];
    __m256i at = _mm256_loadu_si256((const __m256i *)(rows + i));
    __m256 length = floats(_mm256_i32gather_epi32((const int *)lengths, at, 4));
    __m256 frequency = floats(_mm256_add_epi32(_mm256_loadu_si256((const __m256i *)(frequencies + i)), one));
    __m256 norm = _mm256_add_ps(flat, _mm256_mul_ps(slope, length));
    __m256 share = _mm256_mul_ps(ceiling, _mm256_div_ps(frequency, _mm256_add_ps(frequency, norm)));
    _mm256_storeu_si256((__m256i *)shares, _mm256_max_epi32(_mm256_cvttps_epi32(share), one));
    for (size_t k = 0; k < 8; k++) sums[rows[i + k] - first] += shares[k];
  }
  needletail_accumulate_serial(rows + i, frequencies + i, count - i, lengths, scorer, first, sums);
}

static size_t select_above(uint32_t *sums, size_t count, uint32_t floor, uint32_t *places) {
  __m256i least = _mm256_set1_epi32((int)floor);
  size_t found = 0, start = 0;
  for (; start + 8 <= count; start += 8) {
    __m256i *at = (__m256i *)(sums + start), values = _mm256_loadu_si256(at), above = _mm256_cmpgt_epi32(values, least);
    unsigned mask = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(above));
    _mm256_storeu_si256(at, _mm256_and_si256(values, above));
    for (; mask; mask &= mask - 1) places[found++] = (uint32_t)start + (uint32_t)__builtin_ctz(mask);
  }
  for (; start < count; start++) {
    if (sums[start] > floor) places[found++] = (uint32_t)start; else sums[start] = 0;
  }
  return found;
}

#pragma clang attribute pop

const needletail_lexical_kernels needletail_lexical_avx2 = {
    .isa = NEEDLETAIL_ISA_AVX2, .unpack = needletail_unpack_avx2, .add_up = needletail_add_up_avx2, .accumulate = accumulate,
    .select = select_above};
#endif
