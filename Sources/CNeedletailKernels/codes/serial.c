// The specification of the kernels for codes, in portable C.
#include "codes.h"

#include <string.h>

static void dot_bf16(const float *query, const uint16_t *rows, size_t stride, size_t count, size_t dimension,
                     float *results) {
  for (size_t r = 0; r < count; r++) {
    float sum = 0;
    for (size_t i = 0; i < dimension; i++) {
      uint32_t bits = (uint32_t)rows[r * stride + i] << 16;
      float value;
      memcpy(&value, &bits, sizeof value);
      sum += query[i] * value;
    }
    results[r] = sum;
  }
}

static void dot_u4(const int8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t dimension,
                   int32_t *results) {
  for (size_t r = 0; r < count; r++) {
    int32_t sum = 0;
    for (size_t i = 0; i < dimension; i++) {
      uint8_t byte = rows[r * stride + i / 64 * 32 + i % 32];
      sum += (int32_t)query[i] * (i % 64 < 32 ? byte & 15 : byte >> 4);
    }
    results[r] = sum;
  }
}

static void dot_planes(const int8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t dimension,
                       size_t planes, int32_t *results) {
  for (size_t r = 0; r < count; r++) {
    int32_t sum = 0;
    for (size_t plane = 0; plane < planes; plane++) {
      const uint8_t *bits = rows + r * stride + plane * (dimension / 8);
      int32_t partial = 0;
      for (size_t i = 0; i < dimension; i++) partial += bits[i / 8] >> (i % 8) & 1 ? query[i] : 0;
      sum = 2 * sum + partial;
    }
    results[r] = sum;
  }
}

static void hamming(const uint8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t bytes,
                    uint32_t *results) {
  for (size_t r = 0; r < count; r++) {
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes; i++) sum += (uint32_t)__builtin_popcount(query[i] ^ rows[r * stride + i]);
    results[r] = sum;
  }
}

static void sum_nibbles(const uint8_t *tables, const uint8_t *blocks, size_t block_stride, size_t block_count, size_t parts,
                        uint32_t *sums) {
  for (size_t block = 0; block < block_count; block++) {
    uint32_t *sum = sums + 32 * block;
    for (size_t i = 0; i < 32; i++) sum[i] = 0;
    for (size_t part = 0; part < parts; part++) {
      const uint8_t *codes = blocks + block * block_stride + part * 16;
      for (size_t i = 0; i < 16; i++) {
        sum[i] += tables[16 * part + (codes[i] & 15)];
        sum[i + 16] += tables[16 * part + (codes[i] >> 4)];
      }
    }
  }
}

const needletail_code_kernels needletail_codes_serial = {
    .isa = NEEDLETAIL_ISA_SERIAL,
    .dot_bf16 = dot_bf16,
    .dot_u4 = dot_u4,
    .dot_planes = dot_planes,
    .hamming = hamming,
    .sum_nibbles = sum_nibbles,
};

// Four rows at a time, so that their loads overlap.
void needletail_sum_bytes(const float *tables, const uint8_t *rows, size_t stride, size_t count, size_t parts,
                          float *results) {
  size_t r = 0;
  for (; r + 4 <= count; r += 4) {
    const uint8_t *row = rows + r * stride;
    float sum[4] = {0};
    for (size_t part = 0; part < parts; part++) {
      const float *table = tables + 256 * part;
      for (size_t j = 0; j < 4; j++) sum[j] += table[row[j * stride + part]];
    }
    memcpy(results + r, sum, sizeof sum);
  }
  for (; r < count; r++) {
    float sum = 0;
    for (size_t part = 0; part < parts; part++) sum += tables[256 * part + rows[r * stride + part]];
    results[r] = sum;
  }
}
