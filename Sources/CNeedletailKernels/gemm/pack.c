#include <math.h>
#include <string.h>

#include "needletail_gemm.h"

// Elements in a 32-bit word of a panel.
static size_t elements_per_word(needletail_element element) {
  return element == NEEDLETAIL_FLOAT32 ? 1 : element == NEEDLETAIL_BFLOAT16 ? 2 : 4;
}

static size_t words_per_column(needletail_element element, size_t depth) {
  size_t per_word = elements_per_word(element);
  return (depth + per_word - 1) / per_word;
}

size_t needletail_packed_bytes(needletail_element element, size_t columns, size_t depth) {
  size_t panels = (columns + NEEDLETAIL_PANEL - 1) / NEEDLETAIL_PANEL;
  return panels * NEEDLETAIL_PANEL * words_per_column(element, depth) * sizeof(uint32_t);
}

static uint16_t bfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static float largest_magnitude(const float *weights, size_t depth) {
  float largest = 0;
  for (size_t k = 0; k < depth; k++) largest = fmaxf(largest, fabsf(weights[k]));
  return largest;
}

static void pack_f32(const float *weights, size_t depth, float *column) {
  for (size_t k = 0; k < depth; k++) column[k * NEEDLETAIL_PANEL] = weights[k];
}

static void pack_bf16(const float *weights, size_t depth, uint16_t *column) {
  for (size_t k = 0; k < depth; k++) column[k / 2 * 2 * NEEDLETAIL_PANEL + k % 2] = bfloat16(weights[k]);
}

static void pack_int8(const float *weights, size_t depth, int8_t *column, float *scale, int32_t *total) {
  float largest = largest_magnitude(weights, depth);
  float inverse = largest > 0 ? 127.0f / largest : 0;
  *scale = largest / 127.0f;
  *total = 0;
  for (size_t k = 0; k < depth; k++) {
    int8_t w = (int8_t)lrintf(weights[k] * inverse);
    column[k / 4 * 4 * NEEDLETAIL_PANEL + k % 4] = w;
    *total += w;
  }
}

void needletail_pack(needletail_element element, const float *weights, size_t columns, size_t depth, void *packed,
                     float *column_scale, int32_t *column_total) {
  memset(packed, 0, needletail_packed_bytes(element, columns, depth));
  size_t words = words_per_column(element, depth);
  for (size_t c = 0; c < columns; c++) {
    const float *row = weights + c * depth;
    uint32_t *column = (uint32_t *)packed + (c / NEEDLETAIL_PANEL) * NEEDLETAIL_PANEL * words + c % NEEDLETAIL_PANEL;
    switch (element) {
      case NEEDLETAIL_FLOAT32: pack_f32(row, depth, (float *)column); break;
      case NEEDLETAIL_BFLOAT16: pack_bf16(row, depth, (uint16_t *)column); break;
      case NEEDLETAIL_INT8: pack_int8(row, depth, (int8_t *)column, column_scale + c, column_total + c); break;
    }
  }
}
