// The walk over rows that all kernels share: four rows at a time, so that the query is loaded once for four and the
// four sums hide each other's latency, while the next four rows are on their way from memory.
#ifndef NEEDLETAIL_DISTANCE_ROWS_H
#define NEEDLETAIL_DISTANCE_ROWS_H

#include "needletail_distance.h"

// Lines of one row asked for ahead; the processor's own prefetcher continues a longer row by itself.
enum { needletail_lines_ahead = 12 };

static inline __attribute__((always_inline)) void needletail_prefetch_row(const void *row, size_t bytes) {
  const char *line = (const char *)row;
  size_t lines = (bytes + 63) / 64;
  if (lines > needletail_lines_ahead) lines = needletail_lines_ahead;
  for (size_t i = 0; i < lines; i++) __builtin_prefetch(line + 64 * i, 0, 3);
}

// Defines `name`, a needletail_score_*, from `one` (a row) and `four` (rows, in this order, into results[0..<4]).
#define NEEDLETAIL_DEFINE_SCORE(name, Query, Row, Result, one, four)                                                   \
  static void name(const Query *query, const Row *rows, size_t stride, const uint32_t *indices, size_t count,          \
                   size_t dimension, Result *results) {                                                                \
    size_t i = 0;                                                                                                      \
    for (; i + 4 <= count; i += 4) {                                                                                   \
      const Row *group[4];                                                                                             \
      for (size_t j = 0; j < 4; j++) group[j] = rows + stride * (indices ? (size_t)indices[i + j] : i + j);            \
      if (indices) {                                                                                                   \
        size_t end = i + 8 < count ? i + 8 : count;                                                                    \
        for (size_t j = i + 4; j < end; j++)                                                                           \
          needletail_prefetch_row(rows + stride * (size_t)indices[j], dimension * sizeof(Row));                        \
      }                                                                                                                \
      four(query, group, dimension, results + i);                                                                      \
    }                                                                                                                  \
    for (; i < count; i++) results[i] = one(query, rows + stride * (indices ? (size_t)indices[i] : i), dimension);     \
  }

extern const needletail_distance_kernels needletail_distance_serial;
#if defined(__x86_64__)
extern const needletail_distance_kernels needletail_distance_avx2;
extern const needletail_distance_kernels needletail_distance_avx512;
#elif defined(__aarch64__)
extern const needletail_distance_kernels needletail_distance_neon;
#endif

#endif
