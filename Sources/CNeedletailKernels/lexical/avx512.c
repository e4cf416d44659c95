#if defined(__x86_64__)
#include "lexical.h"

#include <immintrin.h>

#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)

static void accumulate(const uint32_t *rows, const uint32_t *frequencies, size_t count, const uint32_t *lengths,
                       needletail_term_scorer scorer, uint32_t first, uint32_t *sums) {
  __m512 ceiling = _mm512_set1_ps(scorer.ceiling), flat = _mm512_set1_ps(scorer.flat), slope = _mm512_set1_ps(scorer.slope);
  __m512i one = _mm512_set1_epi32(1);
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    uint32_t shares[16];
    __m512 length = _mm512_cvtepu32_ps(_mm512_i32gather_epi32(_mm512_loadu_si512(rows + i), lengths, 4));
    __m512 frequency = _mm512_cvtepu32_ps(_mm512_add_epi32(_mm512_loadu_si512(frequencies + i), one));
    __m512 norm = _mm512_add_ps(flat, _mm512_mul_ps(slope, length));
    __m512 share = _mm512_mul_ps(ceiling, _mm512_div_ps(frequency, _mm512_add_ps(frequency, norm)));
    _mm512_storeu_si512(shares, _mm512_max_epi32(_mm512_cvttps_epi32(share), one));
    // Plain additions: instructions that scatter take as long.
    for (size_t k = 0; k < 16; k++) sums[rows[i + k] - first] += shares[k];
  }
  if (i == count) return;
  uint32_t shares[16];
  __mmask16 rest = (__mmask16)((1u << (count - i)) - 1);
  __m512i at = _mm512_maskz_loadu_epi32(rest, rows + i);
  __m512 length = _mm512_cvtepu32_ps(_mm512_mask_i32gather_epi32(_mm512_setzero_si512(), rest, at, lengths, 4));
  __m512 frequency = _mm512_cvtepu32_ps(_mm512_add_epi32(_mm512_maskz_loadu_epi32(rest, frequencies + i), one));
  __m512 norm = _mm512_add_ps(flat, _mm512_mul_ps(slope, length));
  __m512 share = _mm512_mul_ps(ceiling, _mm512_div_ps(frequency, _mm512_add_ps(frequency, norm)));
  _mm512_storeu_si512(shares, _mm512_max_epi32(_mm512_cvttps_epi32(share), one));
  for (size_t k = 0; i < count; i++, k++) sums[rows[i] - first] += shares[k];
}

static size_t select_above(uint32_t *sums, size_t count, uint32_t floor, uint32_t *places) {
  __m512i least = _mm512_set1_epi32((int)floor), next = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i sixteen = _mm512_set1_epi32(16);
  size_t found = 0, start = 0;
  for (; start + 16 <= count; start += 16, next = _mm512_add_epi32(next, sixteen)) {
    __m512i values = _mm512_loadu_si512(sums + start);
    __mmask16 above = _mm512_cmpgt_epi32_mask(values, least);
    _mm512_storeu_si512(sums + start, _mm512_maskz_mov_epi32(above, values));
    if (!above) continue;
    _mm512_storeu_si512(places + found, _mm512_maskz_compress_epi32(above, next));
    found += (size_t)__builtin_popcount(above);
  }
  for (; start < count; start++) {
    if (sums[start] > floor) places[found++] = (uint32_t)start; else sums[start] = 0;
  }
  return found;
}

#pragma clang attribute pop

const needletail_lexical_kernels needletail_lexical_avx512 = {
    .isa = NEEDLETAIL_ISA_AVX512, .unpack = needletail_unpack_avx2, .add_up = needletail_add_up_avx2, .accumulate = accumulate,
    .select = select_above};
#endif
