#if defined(__aarch64__)
#include "codes.h"

#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

static void dot_bf16(const float *query, const uint16_t *rows, size_t stride, size_t count, size_t dimension,
                     float *results) {
  for (size_t r = 0; r < count; r++) {
    const uint16_t *row = rows + r * stride;
    float32x4_t even = vdupq_n_f32(0), odd = vdupq_n_f32(0);
    size_t i = 0;
    for (; i + 8 <= dimension; i += 8) {
      uint16x8_t values = vld1q_u16(row + i);
      float32x4_t low = vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(values), 16));
      float32x4_t high = vreinterpretq_f32_u32(vshll_n_u16(vget_high_u16(values), 16));
      even = vfmaq_f32(even, vld1q_f32(query + i), low);
      odd = vfmaq_f32(odd, vld1q_f32(query + i + 4), high);
    }
    float rest = 0;
    for (; i < dimension; i++) {
      uint32_t bits = (uint32_t)row[i] << 16;
      float value;
      __builtin_memcpy(&value, &bits, sizeof value);
      rest += query[i] * value;
    }
    results[r] = vaddvq_f32(vaddq_f32(even, odd)) + rest;
  }
}

static void dot_u4(const int8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t dimension,
                   int32_t *results) {
  const uint8x16_t low = vdupq_n_u8(15);
  for (size_t r = 0; r < count; r++) {
    int32x4_t sum = vdupq_n_s32(0);
    for (size_t i = 0; i < dimension; i += 64) {
      for (size_t half = 0; half < 32; half += 16) {
        uint8x16_t codes = vld1q_u8(rows + r * stride + i / 2 + half);
        sum = vdotq_s32(sum, vreinterpretq_s8_u8(vandq_u8(codes, low)), vld1q_s8(query + i + half));
        sum = vdotq_s32(sum, vreinterpretq_s8_u8(vshrq_n_u8(codes, 4)), vld1q_s8(query + i + 32 + half));
      }
    }
    results[r] = vaddvq_s32(sum);
  }
}

static void dot_planes(const int8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t dimension,
                       size_t planes, int32_t *results) {
  const uint8x16_t place = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201ull));
  const int8x16_t one = vdupq_n_s8(1);
  for (size_t r = 0; r < count; r++) {
    int32x4_t sum = vdupq_n_s32(0);
    for (size_t plane = 0; plane < planes; plane++) {
      const uint8_t *bits = rows + r * stride + plane * (dimension / 8);
      sum = vshlq_n_s32(sum, 1);
      for (size_t i = 0; i < dimension; i += 16) {
        uint8x16_t bytes = vcombine_u8(vdup_n_u8(bits[i / 8]), vdup_n_u8(bits[i / 8 + 1]));
        int8x16_t chosen = vandq_s8(vreinterpretq_s8_u8(vtstq_u8(bytes, place)), vld1q_s8(query + i));
        sum = vdotq_s32(sum, chosen, one);
      }
    }
    results[r] = vaddvq_s32(sum);
  }
}

static void hamming(const uint8_t *query, const uint8_t *rows, size_t stride, size_t count, size_t bytes,
                    uint32_t *results) {
  for (size_t r = 0; r < count; r++) {
    const uint8_t *row = rows + r * stride;
    uint32x4_t sum = vdupq_n_u32(0);
    size_t i = 0;
    for (; i + 16 <= bytes; i += 16)
      sum = vpadalq_u16(sum, vpaddlq_u8(vcntq_u8(veorq_u8(vld1q_u8(query + i), vld1q_u8(row + i)))));
    uint32_t rest = 0;
    for (; i < bytes; i++) rest += (uint32_t)__builtin_popcount(query[i] ^ row[i]);
    results[r] = vaddvq_u32(sum) + rest;
  }
}

static inline void finish(uint16x8_t sum, int continues, uint32_t *results) {
  uint32x4_t first = vmovl_u16(vget_low_u16(sum)), second = vmovl_u16(vget_high_u16(sum));
  if (continues) {
    first = vaddq_u32(first, vld1q_u32(results));
    second = vaddq_u32(second, vld1q_u32(results + 4));
  }
  vst1q_u32(results, first);
  vst1q_u32(results + 4, second);
}

static void sum_nibbles(const uint8_t *tables, const uint8_t *blocks, size_t block_stride, size_t block_count, size_t parts,
                        uint32_t *sums) {
  const uint8x16_t low = vdupq_n_u8(15);
  for (size_t block = 0; block < block_count; block++) {
    for (size_t start = 0; start < parts; start += needletail_parts_per_sum) {
      size_t end = start + needletail_parts_per_sum < parts ? start + needletail_parts_per_sum : parts;
      uint16x8_t sum[4] = {vdupq_n_u16(0), vdupq_n_u16(0), vdupq_n_u16(0), vdupq_n_u16(0)};
      for (size_t part = start; part < end; part++) {
        uint8x16_t table = vld1q_u8(tables + 16 * part);
        uint8x16_t codes = vld1q_u8(blocks + block * block_stride + part * 16);
        uint8x16_t first = vqtbl1q_u8(table, vandq_u8(codes, low)), second = vqtbl1q_u8(table, vshrq_n_u8(codes, 4));
        sum[0] = vaddw_u8(sum[0], vget_low_u8(first));
        sum[1] = vaddw_u8(sum[1], vget_high_u8(first));
        sum[2] = vaddw_u8(sum[2], vget_low_u8(second));
        sum[3] = vaddw_u8(sum[3], vget_high_u8(second));
      }
      for (size_t j = 0; j < 4; j++) finish(sum[j], start > 0, sums + 32 * block + 8 * j);
    }
  }
}

#pragma clang attribute pop

const needletail_code_kernels needletail_codes_neon = {
    .isa = NEEDLETAIL_ISA_NEON,
    .dot_bf16 = dot_bf16,
    .dot_u4 = dot_u4,
    .dot_planes = dot_planes,
    .hamming = hamming,
    .sum_nibbles = sum_nibbles,
};
#endif
