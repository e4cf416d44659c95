// Scores of one query against many vectors that are kept as codes of few bits.
//
//   kernel         query            row                                  result   accumulator
//   dot_bf16       f32              bfloat16                             f32      f32, several partial sums
//   dot_u4         i8               4-bit codes 0...15                   i32      i32, exact
//   dot_planes     i8               1 to 8 planes of bits                i32      i32, exact
//   hamming        bits             bits                                 u32      u32, exact
//   sum_nibbles    tables of u8     4-bit codes, 32 rows interleaved     u32      u16, widened every 256 parts, exact
//   sum_bytes      tables of f32    8-bit codes                          f32      f32, in the order of the parts
//
// Rows lie `stride` elements apart, blocks `block_stride` bytes. Nothing needs to be aligned. All variants of the exact kernels agree bit for bit; the serial
// ones are the specification.
//
// Layouts.
//   dot_u4: `dimension` is a multiple of 64. Byte j of the group g of 32 bytes holds component 64 g + j in its lower half and
//     component 64 g + 32 + j in its upper half.
//   dot_planes: `dimension` is a multiple of 64. A row is `planes` planes of dimension / 8 bytes, the heaviest first; bit j % 8 of
//     byte j / 8 belongs to component j. The code of a component is the number whose binary digits are its bits.
//   sum_nibbles: a block is `parts` groups of 16 bytes; byte i of group p holds the code of row i for part p in its lower half and
//     that of row i + 16 in its upper half. `parts` is a multiple of 4. `tables` has 16 entries for each part. `sums` receives 32
//     numbers for each block.
//
// Bounds. Queries of dot_u4 and dot_planes go from -127 to 127 (never -128); both are exact up to dimension 65,536.
#ifndef NEEDLETAIL_CODES_H
#define NEEDLETAIL_CODES_H

#include "needletail_cpu.h"

#include <stddef.h>
#include <stdint.h>

typedef struct needletail_code_kernels {
  needletail_isa isa;
  void (*_Nonnull dot_bf16)(const float *_Nonnull query, const uint16_t *_Nonnull rows, size_t stride, size_t count,
                            size_t dimension, float *_Nonnull results);
  void (*_Nonnull dot_u4)(const int8_t *_Nonnull query, const uint8_t *_Nonnull rows, size_t stride, size_t count,
                          size_t dimension, int32_t *_Nonnull results);
  void (*_Nonnull dot_planes)(const int8_t *_Nonnull query, const uint8_t *_Nonnull rows, size_t stride, size_t count,
                              size_t dimension, size_t planes, int32_t *_Nonnull results);
  void (*_Nonnull hamming)(const uint8_t *_Nonnull query, const uint8_t *_Nonnull rows, size_t stride, size_t count,
                           size_t bytes, uint32_t *_Nonnull results);
  void (*_Nonnull sum_nibbles)(const uint8_t *_Nonnull tables, const uint8_t *_Nonnull blocks, size_t block_stride,
                               size_t block_count, size_t parts, uint32_t *_Nonnull sums);
} needletail_code_kernels;

// The kernels in force on this processor. Thread-safe.
const needletail_code_kernels *_Nonnull needletail_codes_current(void);

// The kernels of one instruction set, or NULL where this processor (or this build) cannot run them. For tests.
const needletail_code_kernels *_Nullable needletail_codes_for(needletail_isa isa);

// results[r] = sum over parts p of tables[256 p + rows[stride r + p]].
void needletail_sum_bytes(const float *_Nonnull tables, const uint8_t *_Nonnull rows, size_t stride, size_t count,
                          size_t parts, float *_Nonnull results);

#endif
