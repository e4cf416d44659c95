// Products with NEON: tiles of 6 rows by 32 columns, in two halves of 16; int8 with the dot-product instructions.
#if defined(__aarch64__)

#include <arm_neon.h>

#include "gemm.h"

#define LANES 4
#define LANES_TARGET __attribute__((target("dotprod")))
#include "../lanes/arithmetic.h"
#include "epilogue.h"

enum { TILE_ROWS = 6 };

LANES_INLINE void sums_f32(const int rows, const float *a, size_t stride, const float *panel, size_t depth, float *tile) {
  float32x4_t sums[TILE_ROWS][4];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
    for (int q = 0; q < 4; q++) sums[r][q] = vdupq_n_f32(0);
  for (size_t k = 0; k < depth; k++) {
    const float *w = panel + k * NEEDLETAIL_PANEL;
    float32x4_t w0 = vld1q_f32(w), w1 = vld1q_f32(w + 4), w2 = vld1q_f32(w + 8), w3 = vld1q_f32(w + 12);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      float value = a[(size_t)r * stride + k];
      sums[r][0] = vfmaq_n_f32(sums[r][0], w0, value);
      sums[r][1] = vfmaq_n_f32(sums[r][1], w1, value);
      sums[r][2] = vfmaq_n_f32(sums[r][2], w2, value);
      sums[r][3] = vfmaq_n_f32(sums[r][3], w3, value);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
    for (int q = 0; q < 4; q++) vst1q_f32(tile + r * NEEDLETAIL_PANEL + q * 4, sums[r][q]);
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

// The dot product multiplies signed by signed: activations are moved to -128...127, and 128 times the sum of the weights
// makes up for it.
LANES_INLINE void sums_int8(const int rows, const int32_t *a, size_t stride, const int8_t *panel, size_t words,
                            const int32_t *totals, int32_t *tile) {
  int32x4_t sums[TILE_ROWS][4];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
    for (int q = 0; q < 4; q++) sums[r][q] = vshlq_n_s32(vld1q_s32(totals + q * 4), 7);
  const int8x16_t middle = vdupq_n_s8(-128);
  for (size_t k = 0; k < words; k++) {
    const int8_t *w = panel + k * 4 * NEEDLETAIL_PANEL;
    int8x16_t w0 = vld1q_s8(w), w1 = vld1q_s8(w + 16), w2 = vld1q_s8(w + 32), w3 = vld1q_s8(w + 48);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      int8x16_t value = veorq_s8(vreinterpretq_s8_s32(vdupq_n_s32(a[(size_t)r * stride + k])), middle);
      sums[r][0] = vdotq_s32(sums[r][0], w0, value);
      sums[r][1] = vdotq_s32(sums[r][1], w1, value);
      sums[r][2] = vdotq_s32(sums[r][2], w2, value);
      sums[r][3] = vdotq_s32(sums[r][3], w3, value);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
    for (int q = 0; q < 4; q++) vst1q_s32(tile + r * NEEDLETAIL_PANEL + q * 4, sums[r][q]);
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
      case 4: sums_int8(4, a, stride, w, words, totals + half, out); break;
      case 5: sums_int8(5, a, stride, w, words, totals + half, out); break;
      default: sums_int8(6, a, stride, w, words, totals + half, out); break;
    }
  }
}

LANES_FUNCTION void finish_f32(const needletail_gemm *g, const float *tile, size_t row, size_t rows, size_t column) {
  epilogue(g, TILE_FLOAT, tile, row, rows, column);
}

LANES_FUNCTION void finish_int8(const needletail_gemm *g, const float *tile, size_t row, size_t rows, size_t column) {
  epilogue(g, TILE_INT8, tile, row, rows, column);
}

LANES_TARGET void needletail_gemm_f32_neon(const needletail_gemm *g) {
  walk_tiles(g, TILE_ROWS, g->depth, tile_f32, finish_f32);
}

LANES_TARGET void needletail_gemm_int8_neon(const needletail_gemm *g) {
  walk_tiles(g, TILE_ROWS, (g->depth + 3) / 4, tile_int8, finish_int8);
}

#endif
