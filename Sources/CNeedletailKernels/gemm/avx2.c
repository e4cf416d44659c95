// Products with AVX2 and FMA: tiles of 6 (float) or 4 (int8) rows by 32 columns, in two halves of 16.
#if defined(__x86_64__)

#include <immintrin.h>

#include "gemm.h"

#define LANES 8
#define LANES_TARGET __attribute__((target("avx2,fma")))
#include "../lanes/arithmetic.h"
#include "epilogue.h"

enum { TILE_ROWS_F32 = 6, TILE_ROWS_INT8 = 4 };

LANES_INLINE void sums_f32(const int rows, const float *a, size_t stride, const float *panel, size_t depth, float *tile) {
  __m256 sums[TILE_ROWS_F32][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();
  const float *third[2] = {a, a + 3 * stride};
  for (size_t k = 0; k < depth; k++) {
    __m256 left = _mm256_loadu_ps(panel + k * NEEDLETAIL_PANEL), right = _mm256_loadu_ps(panel + k * NEEDLETAIL_PANEL + 8);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      __m256 value = _mm256_broadcast_ss(third[r / 3] + (size_t)(r % 3) * stride + k);
      sums[r][0] = _mm256_fmadd_ps(value, left, sums[r][0]);
      sums[r][1] = _mm256_fmadd_ps(value, right, sums[r][1]);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    _mm256_storeu_ps(tile + r * NEEDLETAIL_PANEL, sums[r][0]);
    _mm256_storeu_ps(tile + r * NEEDLETAIL_PANEL + 8, sums[r][1]);
  }
}

LANES_FUNCTION void tile_f32(const needletail_gemm *g, const void *panel, size_t row, size_t rows, float *tile) {
  const float *a = (const float *)g->a + row * g->a_stride;
  for (size_t half = 0; half < NEEDLETAIL_PANEL; half += 16) {
    const float *w = (const float *)panel + half;
    switch (rows) {
      case 1: sums_f32(1, a, g->a_stride, w, g->depth, tile + half); break;
      case 2: sums_f32(2, a, g->a_stride, w, g->depth, tile + half); break;
      case 3: sums_f32(3, a, g->a_stride, w, g->depth, tile + half); break;
      case 4: sums_f32(4, a, g->a_stride, w, g->depth, tile + half); break;
      case 5: sums_f32(5, a, g->a_stride, w, g->depth, tile + half); break;
      default: sums_f32(6, a, g->a_stride, w, g->depth, tile + half); break;
    }
  }
}

// Activations are moved to -128...127 (the sum of the weights times 128 makes up for it at the end) and their signs to the
// weights: |a| <= 128 and |w| <= 127, so that the 16-bit sums of two products cannot saturate.
LANES_INLINE void sums_int8(const int rows, const int32_t *a, size_t stride, const int8_t *panel, size_t words,
                            const int32_t *totals, int32_t *tile) {
  __m256i sums[TILE_ROWS_INT8][2];
  const __m256i ones = _mm256_set1_epi16(1), middle = _mm256_set1_epi8((char)0x80);
  __m256i left_total = _mm256_slli_epi32(_mm256_loadu_si256((const __m256i *)totals), 7);
  __m256i right_total = _mm256_slli_epi32(_mm256_loadu_si256((const __m256i *)(totals + 8)), 7);
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    sums[r][0] = left_total;
    sums[r][1] = right_total;
  }
  for (size_t k = 0; k < words; k++) {
    __m256i left = _mm256_loadu_si256((const __m256i *)(panel + k * 4 * NEEDLETAIL_PANEL));
    __m256i right = _mm256_loadu_si256((const __m256i *)(panel + k * 4 * NEEDLETAIL_PANEL + 32));
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      __m256i value = _mm256_xor_si256(_mm256_set1_epi32(a[(size_t)r * stride + k]), middle);
      __m256i magnitude = _mm256_abs_epi8(value);
      __m256i l = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(left, value));
      __m256i h = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(right, value));
      sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(l, ones));
      sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(h, ones));
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    _mm256_storeu_si256((__m256i *)(tile + r * NEEDLETAIL_PANEL), sums[r][0]);
    _mm256_storeu_si256((__m256i *)(tile + r * NEEDLETAIL_PANEL + 8), sums[r][1]);
  }
}

LANES_FUNCTION void tile_int8(const needletail_gemm *g, const void *panel, size_t row, size_t rows, float *tile) {
  size_t stride = g->a_stride / 4, words = (g->depth + 3) / 4;
  const int32_t *a = (const int32_t *)g->a + row * stride;
  size_t column = ((size_t)((const char *)panel - (const char *)g->packed)) / (words * 4);
  int32_t totals[NEEDLETAIL_PANEL] = {0};
  for (size_t c = 0; c < NEEDLETAIL_PANEL && column + c < g->columns; c++) totals[c] = g->column_total[column + c];
  for (size_t half = 0; half < NEEDLETAIL_PANEL; half += 16) {
    const int8_t *w = (const int8_t *)panel + half * 4;
    int32_t *out = (int32_t *)(void *)tile + half;
    switch (rows) {
      case 1: sums_int8(1, a, stride, w, words, totals + half, out); break;
      case 2: sums_int8(2, a, stride, w, words, totals + half, out); break;
      case 3: sums_int8(3, a, stride, w, words, totals + half, out); break;
      default: sums_int8(4, a, stride, w, words, totals + half, out); break;
    }
  }
}

LANES_FUNCTION void finish_f32(const needletail_gemm *g, const float *tile, size_t row, size_t rows, size_t column) {
  epilogue(g, TILE_FLOAT, tile, row, rows, column);
}

LANES_FUNCTION void finish_int8(const needletail_gemm *g, const float *tile, size_t row, size_t rows, size_t column) {
  epilogue(g, TILE_INT8, tile, row, rows, column);
}

LANES_TARGET void needletail_gemm_f32_avx2(const needletail_gemm *g) {
  walk_tiles(g, TILE_ROWS_F32, g->depth, tile_f32, finish_f32);
}

LANES_TARGET void needletail_gemm_int8_avx2(const needletail_gemm *g) {
  walk_tiles(g, TILE_ROWS_INT8, (g->depth + 3) / 4, tile_int8, finish_int8);
}

#endif
