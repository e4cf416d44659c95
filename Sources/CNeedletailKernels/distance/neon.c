#if defined(__aarch64__)
#include "rows.h"

#include <arm_neon.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

static inline float32x4_t load_f32(const float *values) { return vld1q_f32(values); }

static inline float32x4_t load_f16(const uint16_t *values) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(values)));
}

// The last n % 4 elements followed by zeros.
static inline float32x4_t tail_f32(const float *values, size_t n) {
  float padded[4] = {0};
  memcpy(padded, values, n * sizeof(float));
  return vld1q_f32(padded);
}

static inline float32x4_t tail_f16(const uint16_t *values, size_t n) {
  uint16_t padded[4] = {0};
  memcpy(padded, values, n * sizeof(uint16_t));
  return load_f16(padded);
}

static inline int8x16_t tail_i8(const int8_t *values, size_t n) {
  int8_t padded[16] = {0};
  memcpy(padded, values, n);
  return vld1q_s8(padded);
}

static inline float32x4_t add_product(float32x4_t query, float32x4_t row, float32x4_t sum) {
  return vfmaq_f32(sum, query, row);
}

static inline float32x4_t add_square(float32x4_t query, float32x4_t row, float32x4_t sum) {
  float32x4_t difference = vsubq_f32(query, row);
  return vfmaq_f32(sum, difference, difference);
}

// `step` adds what four elements of query and row contribute to the sum.
#define DEFINE_FLOAT_TILES(name, Row, load, tail, step)                                                                \
  static inline void name##_four(const float *query, const Row *const rows[4], size_t n, float *results) {             \
    float32x4_t sum[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};                             \
    size_t i = 0;                                                                                                      \
    for (; i + 4 <= n; i += 4) {                                                                                       \
      float32x4_t part = vld1q_f32(query + i);                                                                         \
      for (size_t j = 0; j < 4; j++) sum[j] = step(part, load(rows[j] + i), sum[j]);                                   \
    }                                                                                                                  \
    if (i < n) {                                                                                                       \
      float32x4_t part = tail_f32(query + i, n - i);                                                                   \
      for (size_t j = 0; j < 4; j++) sum[j] = step(part, tail(rows[j] + i, n - i), sum[j]);                            \
    }                                                                                                                  \
    for (size_t j = 0; j < 4; j++) results[j] = vaddvq_f32(sum[j]);                                                    \
  }                                                                                                                    \
  static inline float name##_one(const float *query, const Row *row, size_t n) {                                       \
    float32x4_t even = vdupq_n_f32(0), odd = vdupq_n_f32(0);                                                           \
    size_t i = 0;                                                                                                      \
    for (; i + 8 <= n; i += 8) {                                                                                       \
      even = step(vld1q_f32(query + i), load(row + i), even);                                                          \
      odd = step(vld1q_f32(query + i + 4), load(row + i + 4), odd);                                                    \
    }                                                                                                                  \
    if (i + 4 <= n) {                                                                                                  \
      even = step(vld1q_f32(query + i), load(row + i), even);                                                          \
      i += 4;                                                                                                          \
    }                                                                                                                  \
    if (i < n) odd = step(tail_f32(query + i, n - i), tail(row + i, n - i), odd);                                      \
    return vaddvq_f32(vaddq_f32(even, odd));                                                                           \
  }

DEFINE_FLOAT_TILES(dot_f32, float, load_f32, tail_f32, add_product)
DEFINE_FLOAT_TILES(squared_l2_f32, float, load_f32, tail_f32, add_square)
DEFINE_FLOAT_TILES(dot_f16, uint16_t, load_f16, tail_f16, add_product)
DEFINE_FLOAT_TILES(squared_l2_f16, uint16_t, load_f16, tail_f16, add_square)

static inline void dot_i8_four(const int8_t *query, const int8_t *const rows[4], size_t n, int32_t *results) {
  int32x4_t sum[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    int8x16_t part = vld1q_s8(query + i);
    for (size_t j = 0; j < 4; j++) sum[j] = vdotq_s32(sum[j], part, vld1q_s8(rows[j] + i));
  }
  if (i < n) {
    int8x16_t part = tail_i8(query + i, n - i);
    for (size_t j = 0; j < 4; j++) sum[j] = vdotq_s32(sum[j], part, tail_i8(rows[j] + i, n - i));
  }
  for (size_t j = 0; j < 4; j++) results[j] = vaddvq_s32(sum[j]);
}

static inline int32_t dot_i8_one(const int8_t *query, const int8_t *row, size_t n) {
  int32x4_t sum = vdupq_n_s32(0);
  size_t i = 0;
  for (; i + 16 <= n; i += 16) sum = vdotq_s32(sum, vld1q_s8(query + i), vld1q_s8(row + i));
  if (i < n) sum = vdotq_s32(sum, tail_i8(query + i, n - i), tail_i8(row + i, n - i));
  return vaddvq_s32(sum);
}

static void f16_from_f32(const float *values, size_t count, uint16_t *results) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) vst1_u16(results + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(values + i))));
  if (i < count) {
    uint16_t last[4];
    vst1_u16(last, vreinterpret_u16_f16(vcvt_f16_f32(tail_f32(values + i, count - i))));
    memcpy(results + i, last, (count - i) * sizeof(uint16_t));
  }
}

static void f32_from_f16(const uint16_t *values, size_t count, float *results) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) vst1q_f32(results + i, load_f16(values + i));
  if (i < count) {
    float last[4];
    vst1q_f32(last, tail_f16(values + i, count - i));
    memcpy(results + i, last, (count - i) * sizeof(float));
  }
}

NEEDLETAIL_DEFINE_SCORE(dot_f32, float, float, float, dot_f32_one, dot_f32_four)
NEEDLETAIL_DEFINE_SCORE(squared_l2_f32, float, float, float, squared_l2_f32_one, squared_l2_f32_four)
NEEDLETAIL_DEFINE_SCORE(dot_f16, float, uint16_t, float, dot_f16_one, dot_f16_four)
NEEDLETAIL_DEFINE_SCORE(squared_l2_f16, float, uint16_t, float, squared_l2_f16_one, squared_l2_f16_four)
NEEDLETAIL_DEFINE_SCORE(dot_i8, int8_t, int8_t, int32_t, dot_i8_one, dot_i8_four)

#pragma clang attribute pop

const needletail_distance_kernels needletail_distance_neon = {
    .isa = NEEDLETAIL_ISA_NEON,
    .dot_f32 = dot_f32,
    .squared_l2_f32 = squared_l2_f32,
    .dot_f16 = dot_f16,
    .squared_l2_f16 = squared_l2_f16,
    .dot_i8 = dot_i8,
    .f16_from_f32 = f16_from_f32,
    .f32_from_f16 = f32_from_f16,
};
#endif
