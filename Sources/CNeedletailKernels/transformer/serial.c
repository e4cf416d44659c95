// The specification of the row-wise kernels.
#include <math.h>
#include <string.h>

#include "transformer.h"

static uint16_t narrow(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

void needletail_layer_norm_serial(needletail_rows in, const float *gain, const float *shift, float epsilon, float *out,
                                  size_t out_stride) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    float *y = out + r * out_stride;
    float mean = 0, variance = 0;
    for (size_t c = 0; c < in.columns; c++) mean += x[c];
    mean /= (float)in.columns;
    for (size_t c = 0; c < in.columns; c++) variance += (x[c] - mean) * (x[c] - mean);
    float inverse = 1 / sqrtf(variance / (float)in.columns + epsilon);
    for (size_t c = 0; c < in.columns; c++) y[c] = (x[c] - mean) * inverse * gain[c] + shift[c];
  }
}

void needletail_rms_norm_serial(needletail_rows in, const float *gain, float epsilon, float *out, size_t out_stride) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    float *y = out + r * out_stride;
    float squares = 0;
    for (size_t c = 0; c < in.columns; c++) squares += x[c] * x[c];
    float inverse = 1 / sqrtf(squares / (float)in.columns + epsilon);
    for (size_t c = 0; c < in.columns; c++) y[c] = x[c] * inverse * gain[c];
  }
}

void needletail_softmax_serial(needletail_rows in, float scale, float *out, uint16_t *narrowed, size_t out_stride,
                               float *inverse_sums) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    float largest = x[0], sum = 0;
    for (size_t c = 1; c < in.columns; c++) largest = fmaxf(largest, x[c]);
    for (size_t c = 0; c < in.columns; c++) {
      float e = expf(scale * (x[c] - largest));
      sum += e;
      if (narrowed)
        narrowed[r * out_stride + c] = narrow(e);
      else
        out[r * out_stride + c] = e;
    }
    if (narrowed && in.columns % 2 == 1) narrowed[r * out_stride + in.columns] = 0;
    inverse_sums[r] = 1 / sum;
  }
}

void needletail_quantise_serial(needletail_rows in, uint8_t *out, size_t out_stride, float *scale, float *offset) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *x = in.values + r * in.stride;
    uint8_t *q = out + r * out_stride;
    float smallest = 0, largest = 0;
    for (size_t c = 0; c < in.columns; c++) {
      smallest = fminf(smallest, x[c]);
      largest = fmaxf(largest, x[c]);
    }
    float range = largest - smallest;
    float inverse = range > 0 ? 255 / range : 0;
    float zero = rintf(-smallest * inverse);
    scale[r] = range / 255;
    offset[r] = -zero * scale[r];
    for (size_t c = 0; c < in.columns; c++) q[c] = (uint8_t)fminf(fmaxf(rintf(x[c] * inverse) + zero, 0), 255);
    for (size_t c = in.columns; c % 4 != 0; c++) q[c] = 0;
  }
}

void needletail_narrow_serial(needletail_rows in, uint16_t *out, size_t out_stride) {
  for (size_t r = 0; r < in.rows; r++)
    for (size_t c = 0; c < in.columns; c++) out[r * out_stride + c] = narrow(in.values[r * in.stride + c]);
}

void needletail_transpose_serial(const uint32_t *in, size_t stride, size_t rows, size_t columns, uint32_t *out,
                                 size_t out_stride) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) out[c * out_stride + r] = in[r * stride + c];
}
