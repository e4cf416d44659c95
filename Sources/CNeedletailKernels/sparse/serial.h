// One row against the table of a query: the specification, and what vector kernels do where they have no groups.
#ifndef NEEDLETAIL_SPARSE_SERIAL_H
#define NEEDLETAIL_SPARSE_SERIAL_H

#include "rows.h"

// Four sums, so that look-ups do not wait for each other.
#define NEEDLETAIL_DEFINE_SPARSE_ROW(name, Term, Code)                                                                \
  static inline int32_t name(const needletail_sparse_query *query, const Term *terms, const Code *codes, size_t count) { \
    const uint16_t *table = query->table;                                                                             \
    uint32_t sums[4] = {0, 0, 0, 0};                                                                                  \
    size_t i = 0;                                                                                                     \
    for (; i + 4 <= count; i += 4)                                                                                    \
      for (size_t j = 0; j < 4; j++) sums[j] += (uint32_t)table[terms[i + j]] * codes[i + j];                         \
    for (; i < count; i++) sums[0] += (uint32_t)table[terms[i]] * codes[i];                                           \
    return (int32_t)(sums[0] + sums[1] + sums[2] + sums[3]);                                                          \
  }

NEEDLETAIL_DEFINE_SPARSE_ROW(needletail_sparse_t16c16_one, uint16_t, uint16_t)
NEEDLETAIL_DEFINE_SPARSE_ROW(needletail_sparse_t16c8_one, uint16_t, uint8_t)
NEEDLETAIL_DEFINE_SPARSE_ROW(needletail_sparse_t32c16_one, uint32_t, uint16_t)
NEEDLETAIL_DEFINE_SPARSE_ROW(needletail_sparse_t32c8_one, uint32_t, uint8_t)

#endif
