// The walk over sparse rows that all kernels share.
#ifndef NEEDLETAIL_SPARSE_ROWS_H
#define NEEDLETAIL_SPARSE_ROWS_H

#include "needletail_sparse.h"

// How many rows ahead entries are asked for, and how much of each; where they start is asked for twice as far ahead.
enum { needletail_sparse_rows_ahead = 6, needletail_sparse_bytes_ahead = 320 };

static inline __attribute__((always_inline)) void needletail_sparse_prefetch(const char *start, size_t bytes) {
  if (bytes > needletail_sparse_bytes_ahead) bytes = needletail_sparse_bytes_ahead;
  for (size_t offset = 0; offset < bytes; offset += 64) __builtin_prefetch(start + offset, 0, 3);
}

// Defines `name`, a needletail_sparse_score, from `one`, which scores the entries of one row.
#define NEEDLETAIL_DEFINE_SPARSE_SCORE(name, Term, Code, one)                                                            \
  NEEDLETAIL_DEFINE_SPARSE_SCORE_WITH(name, Term, Code, const needletail_sparse_query *, one)

// The same with a query of type `Query`, made ready.
#define NEEDLETAIL_DEFINE_SPARSE_SCORE_WITH(name, Term, Code, Query, one)                                                \
  static inline void name(Query query, const needletail_sparse_rows *rows, const uint32_t *indices,    \
                   size_t first, size_t count, int32_t *results) {                                                       \
    const Term *terms = (const Term *)rows->terms;                                                                       \
    const Code *codes = (const Code *)rows->codes;                                                                       \
    const uint32_t *starts = rows->starts;                                                                               \
    for (size_t i = 0; i < count; i++) {                                                                                 \
      size_t row = indices ? (size_t)indices[i] : first + i;                                                             \
      if (indices && i + needletail_sparse_rows_ahead < count) {                                                         \
        size_t next = indices[i + needletail_sparse_rows_ahead], start = starts[next], length = starts[next + 1] - start; \
        needletail_sparse_prefetch((const char *)(terms + start), length * sizeof(Term));                                \
        needletail_sparse_prefetch((const char *)(codes + start), length * sizeof(Code));                                \
        if (i + 2 * needletail_sparse_rows_ahead < count)                                                                \
          __builtin_prefetch(starts + indices[i + 2 * needletail_sparse_rows_ahead], 0, 3);                              \
      }                                                                                                                  \
      results[i] = one(query, terms + starts[row], codes + starts[row], starts[row + 1] - starts[row]);                  \
    }                                                                                                                    \
  }

extern const needletail_sparse_kernels needletail_sparse_serial;
#if defined(__x86_64__)
extern const needletail_sparse_kernels needletail_sparse_avx512;
#endif

#endif
