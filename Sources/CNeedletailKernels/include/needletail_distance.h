// Scores of one query against many rows of a matrix.
//
//   kernel           query   row     result   accumulator
//   dot_f32          f32     f32     f32      f32, several partial sums
//   squared_l2_f32   f32     f32     f32      f32, several partial sums
//   dot_f16          f32     f16     f32      f32, rows are widened in registers
//   squared_l2_f16   f32     f16     f32      f32, rows are widened in registers
//   dot_i8           i8      i8      i32      i32, exact
//
// Rows lie `stride` elements apart from `rows`. With `indices`, result i belongs to row indices[i], and the rows to
// come are prefetched; without, to row i. `results` has room for `count`. Nothing needs to be aligned, but rows that
// start on a cache line and whose `dimension` fills whole lines (padded with zeros on both sides) are fastest.
//
// Bounds. dot_i8 takes codes from -127 to 127 (never -128) and is exact up to dimension 133,144, beyond which
// 127 * 127 * dimension exceeds 2^31 - 1. The float kernels may differ between instruction sets in the order of
// summation, that is by a relative 1e-6 or so of the sum of magnitudes. The serial kernels are the specification.
//
// There is no squared Euclidean kernel for i8: rows are scaled one by one, so the distance follows from the dot
// product and the two norms, not from differences of codes.
#ifndef NEEDLETAIL_DISTANCE_H
#define NEEDLETAIL_DISTANCE_H

#include "needletail_cpu.h"

#include <stddef.h>
#include <stdint.h>

typedef void (*needletail_score_f32)(const float *_Nonnull query, const float *_Nonnull rows, size_t stride,
                                     const uint32_t *_Nullable indices, size_t count, size_t dimension,
                                     float *_Nonnull results);
typedef void (*needletail_score_f16)(const float *_Nonnull query, const uint16_t *_Nonnull rows, size_t stride,
                                     const uint32_t *_Nullable indices, size_t count, size_t dimension,
                                     float *_Nonnull results);
typedef void (*needletail_score_i8)(const int8_t *_Nonnull query, const int8_t *_Nonnull rows, size_t stride,
                                    const uint32_t *_Nullable indices, size_t count, size_t dimension,
                                    int32_t *_Nonnull results);

// The kernels of one instruction set.
typedef struct needletail_distance_kernels {
  needletail_isa isa;
  needletail_score_f32 _Nonnull dot_f32;
  needletail_score_f32 _Nonnull squared_l2_f32;
  needletail_score_f16 _Nonnull dot_f16;
  needletail_score_f16 _Nonnull squared_l2_f16;
  needletail_score_i8 _Nonnull dot_i8;
  // IEEE binary16, rounded to nearest even; magnitudes from 65,520 become infinite.
  void (*_Nonnull f16_from_f32)(const float *_Nonnull values, size_t count, uint16_t *_Nonnull results);
  void (*_Nonnull f32_from_f16)(const uint16_t *_Nonnull values, size_t count, float *_Nonnull results);
} needletail_distance_kernels;

// The kernels in force on this processor. Thread-safe.
const needletail_distance_kernels *_Nonnull needletail_distance_current(void);

// The kernels of one instruction set, or NULL where this processor (or this build) cannot run them. For tests.
const needletail_distance_kernels *_Nullable needletail_distance_for(needletail_isa isa);

// codes[i] = round(values[i] * inverse_scale), cut to -127...127; NaN becomes -127.
void needletail_quantize_i8(const float *_Nonnull values, size_t count, float inverse_scale, int8_t *_Nonnull codes);

// Asks for the cache line at an address that will be read soon. Any address is allowed.
static inline void needletail_prefetch(const void *_Nullable address) { __builtin_prefetch(address, 0, 3); }

#endif
