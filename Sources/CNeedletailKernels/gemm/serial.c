// The specification of the products.
#include <math.h>
#include <string.h>

#include "gemm.h"

static float activate(float x, needletail_activation activation) {
  switch (activation) {
    case NEEDLETAIL_GELU: return 0.5f * x * (1 + erff(x * 0.70710678f));
    case NEEDLETAIL_GELU_TANH: return 0.5f * x * (1 + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
    case NEEDLETAIL_RELU: return x > 0 ? x : 0;
    case NEEDLETAIL_SILU: return x / (1 + expf(-x));
    default: return x;
  }
}

static uint16_t narrow(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static float widen(uint16_t value) {
  uint32_t bits = (uint32_t)value << 16;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

static void finish(const needletail_gemm *g, size_t row, size_t column, float value) {
  value = activate(value + (g->bias ? g->bias[column] : 0), g->activation);
  if (g->residual) value += g->residual[row * g->residual_stride + column];
  if (g->out_element == NEEDLETAIL_BFLOAT16)
    ((uint16_t *)g->out)[row * g->out_stride + column] = narrow(value);
  else
    ((float *)g->out)[row * g->out_stride + column] = value;
}

// The place in the packed weights of the first element of a column, in elements, `per_word` to a word.
static size_t column_start(const needletail_gemm *g, size_t column, size_t per_word) {
  size_t words = (g->depth + per_word - 1) / per_word;
  return ((column / NEEDLETAIL_PANEL) * NEEDLETAIL_PANEL * words + column % NEEDLETAIL_PANEL) * per_word;
}

void needletail_gemm_f32_serial(const needletail_gemm *g) {
  for (size_t row = 0; row < g->rows; row++) {
    const float *a = (const float *)g->a + row * g->a_stride;
    for (size_t column = 0; column < g->columns; column++) {
      const float *w = (const float *)g->packed + column_start(g, column, 1);
      float sum = 0;
      for (size_t k = 0; k < g->depth; k++) sum += a[k] * w[k * NEEDLETAIL_PANEL];
      finish(g, row, column, g->row_scale ? sum * g->row_scale[row] : sum);
    }
  }
}

void needletail_gemm_bf16_serial(const needletail_gemm *g) {
  for (size_t row = 0; row < g->rows; row++) {
    const uint16_t *a = (const uint16_t *)g->a + row * g->a_stride;
    for (size_t column = 0; column < g->columns; column++) {
      const uint16_t *w = (const uint16_t *)g->packed + column_start(g, column, 2);
      float sum = 0;
      for (size_t k = 0; k < g->depth; k++) sum += widen(a[k]) * widen(w[k / 2 * 2 * NEEDLETAIL_PANEL + k % 2]);
      finish(g, row, column, g->row_scale ? sum * g->row_scale[row] : sum);
    }
  }
}

void needletail_gemm_int8_serial(const needletail_gemm *g) {
  for (size_t row = 0; row < g->rows; row++) {
    const uint8_t *a = (const uint8_t *)g->a + row * g->a_stride;
    for (size_t column = 0; column < g->columns; column++) {
      const int8_t *w = (const int8_t *)g->packed + column_start(g, column, 4);
      int32_t sum = 0;
      for (size_t k = 0; k < g->depth; k++) sum += (int32_t)a[k] * w[k / 4 * 4 * NEEDLETAIL_PANEL + k % 4];
      float scaled = (float)sum * g->row_scale[row] + (float)g->column_total[column] * g->row_offset[row];
      finish(g, row, column, scaled * g->column_scale[column]);
    }
  }
}
