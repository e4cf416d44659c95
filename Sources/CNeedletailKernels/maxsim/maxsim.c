// See needletail_maxsim.h.
#include "needletail_maxsim.h"

#include <math.h>

enum {
  // Bytes of rows that stay beside the query in a level-one cache of 32 KiB.
  block_bytes = 16 << 10,
  largest_block = 64,
};

// Rows in a block: a multiple of four, which the distance kernels take at a time.
static size_t rows_per_block(size_t row_bytes) {
  size_t rows = row_bytes ? block_bytes / row_bytes / 4 * 4 : largest_block;
  return rows < 4 ? 4 : rows > largest_block ? largest_block : rows;
}

static float sum_of(const float *best, size_t count) {
  float sum = 0;
  for (size_t i = 0; i < count; i++) sum += best[i];
  return sum;
}

#define DEFINE_FLOAT_MAXSIM(name, Row, dot)                                                                            \
  float name(const needletail_distance_kernels *kernels, const float *queries, size_t query_count, size_t query_stride, \
             const Row *rows, size_t row_count, size_t row_stride, size_t dimension, float *best) {                    \
    if (row_count == 0) return 0;                                                                                      \
    for (size_t q = 0; q < query_count; q++) best[q] = -INFINITY;                                                      \
    size_t block = rows_per_block(row_stride * sizeof(Row));                                                           \
    float scores[largest_block];                                                                                       \
    for (size_t first = 0; first < row_count; first += block) {                                                        \
      size_t count = row_count - first < block ? row_count - first : block;                                            \
      for (size_t q = 0; q < query_count; q++) {                                                                       \
        kernels->dot(queries + q * query_stride, rows + first * row_stride, row_stride, NULL, count, dimension, scores); \
        for (size_t i = 0; i < count; i++) best[q] = scores[i] > best[q] ? scores[i] : best[q];                        \
      }                                                                                                                \
    }                                                                                                                  \
    return sum_of(best, query_count);                                                                                  \
  }

DEFINE_FLOAT_MAXSIM(needletail_maxsim_f32, float, dot_f32)
DEFINE_FLOAT_MAXSIM(needletail_maxsim_f16, uint16_t, dot_f16)

float needletail_maxsim_i8(const needletail_distance_kernels *kernels, const int8_t *queries, const float *query_scales,
                           size_t query_count, size_t query_stride, const int8_t *rows, const float *row_scales,
                           size_t row_count, size_t row_stride, size_t dimension, float *best) {
  if (row_count == 0) return 0;
  for (size_t q = 0; q < query_count; q++) best[q] = -INFINITY;
  size_t block = rows_per_block(row_stride);
  int32_t scores[largest_block];
  for (size_t first = 0; first < row_count; first += block) {
    size_t count = row_count - first < block ? row_count - first : block;
    for (size_t q = 0; q < query_count; q++) {
      kernels->dot_i8(queries + q * query_stride, rows + first * row_stride, row_stride, NULL, count, dimension, scores);
      for (size_t i = 0; i < count; i++) {
        float score = (float)scores[i] * row_scales[first + i];
        best[q] = score > best[q] ? score : best[q];
      }
    }
  }
  for (size_t q = 0; q < query_count; q++) best[q] *= query_scales[q];
  return sum_of(best, query_count);
}
