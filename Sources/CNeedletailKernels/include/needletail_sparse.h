// Inner products of one sparse query with many sparse rows, in whole numbers.
//
//   kernel   terms   codes of rows   codes of the query   result
//   t16c16   u16     u16, < 2^15     u16, < 2^15          i32, exact
//   t16c8    u16     u8              u16, < 2^15          i32, exact
//   t32c16   u32     u16, < 2^15     u16, < 2^15          i32, exact
//   t32c8    u32     u8              u16, < 2^15          i32, exact
//
// Row r of `rows` has the entries starts[r] ..< starts[r + 1] of `terms` and `codes`. With `indices`, result i belongs to row
// indices[i], and the rows to come are prefetched; without, to row first + i. The caller keeps every sum below 2^31: the codes
// of the query may add up to (2^31 - 1) / (largest code of a row).
//
// All kernels give the same results to the last bit: sums of whole numbers have no order. The serial ones are the
// specification; they look every term of a row up in a table of the query. The AVX-512 ones keep the query in registers as hash
// tables with two places for each term (R. Pagh and F. Rodler, "Cuckoo hashing", Journal of Algorithms 51(2), 2004), so that
// 32 terms of a row are looked up at once. There are none for wide terms.
#ifndef NEEDLETAIL_SPARSE_H
#define NEEDLETAIL_SPARSE_H

#include "needletail_cpu.h"

#include <stddef.h>
#include <stdint.h>

// Up to `needletail_sparse_group_terms` terms of a query, hashed: a term is at slot (uint16_t)(term * multiplier) >> 10 of one
// of two tables. An empty slot has code 0.
typedef struct needletail_sparse_group {
  uint16_t keys[2][64];
  uint16_t codes[2][64];
  uint16_t multipliers[2];
  uint16_t filling[30];
} needletail_sparse_group;

enum { needletail_sparse_group_terms = 56 };

typedef struct needletail_sparse_query {
  // The code of each term that a row may have, 0 for those that the query lacks.
  const uint16_t *_Nonnull table;
  // The same as groups; with none, the table is used.
  const needletail_sparse_group *_Nullable groups;
  size_t group_count;
} needletail_sparse_query;

typedef struct needletail_sparse_rows {
  const uint32_t *_Nonnull starts;
  const void *_Nonnull terms;
  const void *_Nonnull codes;
} needletail_sparse_rows;

typedef void (*needletail_sparse_score)(const needletail_sparse_query *_Nonnull query,
                                        const needletail_sparse_rows *_Nonnull rows, const uint32_t *_Nullable indices,
                                        size_t first, size_t count, int32_t *_Nonnull results);

typedef struct needletail_sparse_kernels {
  needletail_isa isa;
  needletail_sparse_score _Nonnull t16c16;
  needletail_sparse_score _Nonnull t16c8;
  needletail_sparse_score _Nonnull t32c16;
  needletail_sparse_score _Nonnull t32c8;
} needletail_sparse_kernels;

// The kernels in force on this processor. Thread-safe.
const needletail_sparse_kernels *_Nonnull needletail_sparse_current(void);

// The kernels of one instruction set, those of the serial one where it has none of its own, or NULL where this processor
// cannot run them. For tests.
const needletail_sparse_kernels *_Nullable needletail_sparse_for(needletail_isa isa);

// Hashes a query; returns the number of groups made, or 0 if `capacity` are too few.
size_t needletail_sparse_hash(const uint16_t *_Nonnull terms, const uint16_t *_Nonnull codes, size_t count,
                              needletail_sparse_group *_Nonnull groups, size_t capacity);

// sums[rows[i] - first] += factor * weights[i], in order.
void needletail_sparse_accumulate(const uint32_t *_Nonnull rows, const float *_Nonnull weights, size_t count, double factor,
                                  uint32_t first, double *_Nonnull sums);

#endif
