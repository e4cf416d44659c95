// The specification of the distance kernels, in portable C.
#include "rows.h"

#include <math.h>
#include <string.h>

static float f32_of_f16(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
  uint32_t exponent = (half >> 10) & 0x1fu;
  uint32_t fraction = half & 0x3ffu;
  if (exponent == 0) {  // zero and subnormal numbers: fraction * 2^-24
    float magnitude = (float)fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  uint32_t bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint16_t f16_of_f32(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint16_t sign = (uint16_t)((bits >> 16) & 0x8000u);
  uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return sign | 0x7e00u;   // NaN
  if (magnitude >= 0x477ff000u) return sign | 0x7c00u;  // 65,520 and more round to infinity
  if (magnitude < 0x38800000u) {                        // below 2^-14: in units of 2^-24, to nearest even
    float absolute;
    memcpy(&absolute, &magnitude, sizeof absolute);
    return sign | (uint16_t)nearbyintf(absolute * 0x1p24f);
  }
  uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
  return sign | (uint16_t)((rounded - 0x38000000u) >> 13);
}

static void f16_from_f32(const float *values, size_t count, uint16_t *results) {
  for (size_t i = 0; i < count; i++) results[i] = f16_of_f32(values[i]);
}

static void f32_from_f16(const uint16_t *values, size_t count, float *results) {
  for (size_t i = 0; i < count; i++) results[i] = f32_of_f16(values[i]);
}

static float dot_f32_one(const float *query, const float *row, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; i++) sum += query[i] * row[i];
  return sum;
}

static float squared_l2_f32_one(const float *query, const float *row, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; i++) {
    float difference = query[i] - row[i];
    sum += difference * difference;
  }
  return sum;
}

static float dot_f16_one(const float *query, const uint16_t *row, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; i++) sum += query[i] * f32_of_f16(row[i]);
  return sum;
}

static float squared_l2_f16_one(const float *query, const uint16_t *row, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; i++) {
    float difference = query[i] - f32_of_f16(row[i]);
    sum += difference * difference;
  }
  return sum;
}

static int32_t dot_i8_one(const int8_t *query, const int8_t *row, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += (int32_t)query[i] * (int32_t)row[i];
  return sum;
}

static void dot_f32_four(const float *query, const float *const rows[4], size_t n, float *results) {
  for (size_t j = 0; j < 4; j++) results[j] = dot_f32_one(query, rows[j], n);
}

static void squared_l2_f32_four(const float *query, const float *const rows[4], size_t n, float *results) {
  for (size_t j = 0; j < 4; j++) results[j] = squared_l2_f32_one(query, rows[j], n);
}

static void dot_f16_four(const float *query, const uint16_t *const rows[4], size_t n, float *results) {
  for (size_t j = 0; j < 4; j++) results[j] = dot_f16_one(query, rows[j], n);
}

static void squared_l2_f16_four(const float *query, const uint16_t *const rows[4], size_t n, float *results) {
  for (size_t j = 0; j < 4; j++) results[j] = squared_l2_f16_one(query, rows[j], n);
}

static void dot_i8_four(const int8_t *query, const int8_t *const rows[4], size_t n, int32_t *results) {
  for (size_t j = 0; j < 4; j++) results[j] = dot_i8_one(query, rows[j], n);
}

NEEDLETAIL_DEFINE_SCORE(dot_f32, float, float, float, dot_f32_one, dot_f32_four)
NEEDLETAIL_DEFINE_SCORE(squared_l2_f32, float, float, float, squared_l2_f32_one, squared_l2_f32_four)
NEEDLETAIL_DEFINE_SCORE(dot_f16, float, uint16_t, float, dot_f16_one, dot_f16_four)
NEEDLETAIL_DEFINE_SCORE(squared_l2_f16, float, uint16_t, float, squared_l2_f16_one, squared_l2_f16_four)
NEEDLETAIL_DEFINE_SCORE(dot_i8, int8_t, int8_t, int32_t, dot_i8_one, dot_i8_four)

const needletail_distance_kernels needletail_distance_serial = {
    .isa = NEEDLETAIL_ISA_SERIAL,
    .dot_f32 = dot_f32,
    .squared_l2_f32 = squared_l2_f32,
    .dot_f16 = dot_f16,
    .squared_l2_f16 = squared_l2_f16,
    .dot_i8 = dot_i8,
    .f16_from_f32 = f16_from_f32,
    .f32_from_f16 = f32_from_f16,
};

void needletail_quantize_i8(const float *values, size_t count, float inverse_scale, int8_t *codes) {
  for (size_t i = 0; i < count; i++) {
    float code = nearbyintf(values[i] * inverse_scale);
    codes[i] = code >= -127.0f ? (code <= 127.0f ? (int8_t)code : 127) : -127;
  }
}
