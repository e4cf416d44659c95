// Products with AVX-512: tiles of 12 rows by 32 columns, 24 sums in registers, each word of A broadcast to 16 columns.
#if defined(__x86_64__)

#include <immintrin.h>

#include "gemm.h"

#define LANES 16
#define LANES_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#include "../lanes/arithmetic.h"
#include "epilogue.h"

enum { TILE_ROWS = 12 };

// The sums of a tile of `rows` (a constant at each place of use) over `words` steps along the depth.
//
// Rows are addressed from every third one, since base + index addressing then needs four pointers rather than twelve.
#define DEFINE_SUMS(name, extension, vector, zero, load, store, broadcast, word_type, multiply_add)                       \
  static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma" extension))) void name( \
      const int rows, const word_type *a, size_t stride, const word_type *panel, size_t words, word_type *tile) {          \
    vector sums[TILE_ROWS][2];                                                                                             \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = zero();                    \
    const word_type *third[4] = {a, a + 3 * stride, a + 6 * stride, a + 9 * stride};                                       \
    for (size_t k = 0; k < words; k++) {                                                                                   \
      vector left = load(panel + k * NEEDLETAIL_PANEL), right = load(panel + k * NEEDLETAIL_PANEL + 16);                   \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {                                                  \
        vector value = broadcast(third[r / 3][(size_t)(r % 3) * stride + k]);                                              \
        sums[r][0] = multiply_add(sums[r][0], value, left);                                                                \
        sums[r][1] = multiply_add(sums[r][1], value, right);                                                               \
      }                                                                                                                    \
    }                                                                                                                      \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {                                                    \
      store(tile + r * NEEDLETAIL_PANEL, sums[r][0]);                                                                      \
      store(tile + r * NEEDLETAIL_PANEL + 16, sums[r][1]);                                                                 \
    }                                                                                                                      \
  }

// One copy for each number of rows a tile may have.
#define DEFINE_TILE(name, sums, extension, word_type, per_word)                                                           \
  static __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma" extension))) void name(                      \
      const needletail_gemm *g, const void *panel, size_t row, size_t rows, float *tile) {                                 \
    size_t stride = g->a_stride / per_word, words = (g->depth + per_word - 1) / per_word;                                  \
    const word_type *a = (const word_type *)g->a + row * stride;                                                           \
    word_type *out = (word_type *)(void *)tile;                                                                            \
    switch (rows) {                                                                                                        \
      case 1: sums(1, a, stride, panel, words, out); break;                                                                \
      case 2: sums(2, a, stride, panel, words, out); break;                                                                \
      case 3: sums(3, a, stride, panel, words, out); break;                                                                \
      case 4: sums(4, a, stride, panel, words, out); break;                                                                \
      case 5: sums(5, a, stride, panel, words, out); break;                                                                \
      case 6: sums(6, a, stride, panel, words, out); break;                                                                \
      case 7: sums(7, a, stride, panel, words, out); break;                                                                \
      case 8: sums(8, a, stride, panel, words, out); break;                                                                \
      case 9: sums(9, a, stride, panel, words, out); break;                                                                \
      case 10: sums(10, a, stride, panel, words, out); break;                                                              \
      case 11: sums(11, a, stride, panel, words, out); break;                                                              \
      default: sums(12, a, stride, panel, words, out); break;                                                              \
    }                                                                                                                      \
  }

#define MULTIPLY_ADD_F32(sum, a, w) _mm512_fmadd_ps(a, w, sum)
#define MULTIPLY_ADD_BF16(sum, a, w) _mm512_castps_si512(_mm512_dpbf16_ps(_mm512_castsi512_ps(sum), (__m512bh)(a), (__m512bh)(w)))
#define LOAD_WORDS(p) _mm512_loadu_si512(p)
#define STORE_WORDS(p, v) _mm512_storeu_si512(p, v)

DEFINE_SUMS(sums_f32, "", __m512, _mm512_setzero_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_set1_ps, float, MULTIPLY_ADD_F32)
DEFINE_SUMS(sums_bf16, ",avx512bf16", __m512i, _mm512_setzero_si512, LOAD_WORDS, STORE_WORDS, _mm512_set1_epi32, int32_t,
            MULTIPLY_ADD_BF16)
DEFINE_SUMS(sums_int8, ",avx512vnni", __m512i, _mm512_setzero_si512, LOAD_WORDS, STORE_WORDS, _mm512_set1_epi32, int32_t,
            _mm512_dpbusd_epi32)

DEFINE_TILE(tile_f32, sums_f32, "", float, 1)
DEFINE_TILE(tile_bf16, sums_bf16, ",avx512bf16", int32_t, 2)
DEFINE_TILE(tile_int8, sums_int8, ",avx512vnni", int32_t, 4)

LANES_FUNCTION void finish_f32(const needletail_gemm *g, const float *tile, size_t row, size_t rows, size_t column) {
  epilogue(g, TILE_FLOAT, tile, row, rows, column);
}

LANES_FUNCTION void finish_bf16(const needletail_gemm *g, const float *tile, size_t row, size_t rows, size_t column) {
  epilogue(g, TILE_BFLOAT16, tile, row, rows, column);
}

LANES_FUNCTION void finish_int8(const needletail_gemm *g, const float *tile, size_t row, size_t rows, size_t column) {
  epilogue(g, TILE_INT8, tile, row, rows, column);
}

LANES_TARGET void needletail_gemm_f32_avx512(const needletail_gemm *g) {
  walk_tiles(g, TILE_ROWS, g->depth, tile_f32, finish_f32);
}

LANES_TARGET void needletail_gemm_bf16_avx512(const needletail_gemm *g) {
  walk_tiles(g, TILE_ROWS, (g->depth + 1) / 2, tile_bf16, finish_bf16);
}

LANES_TARGET void needletail_gemm_int8_avx512(const needletail_gemm *g) {
  walk_tiles(g, TILE_ROWS, (g->depth + 3) / 4, tile_int8, finish_int8);
}

#endif
