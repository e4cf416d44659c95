// What happens once per token, before the first layer and after the last: cheap next to a layer, so plain loops.
#include <math.h>
#include <string.h>

#include "needletail_transformer.h"

static void add(float *restrict row, const float *restrict other, size_t columns) {
  for (size_t c = 0; c < columns; c++) row[c] += other[c];
}

void needletail_embed(const int32_t *ids, const int32_t *position, const int32_t *type, size_t count, size_t columns,
                      const float *words, const float *positions, const float *segments, float *out, size_t out_stride) {
  for (size_t i = 0; i < count; i++) {
    float *row = out + i * out_stride;
    memcpy(row, words + (size_t)ids[i] * columns, columns * sizeof(float));
    if (positions) add(row, positions + (size_t)position[i] * columns, columns);
    if (segments) add(row, segments + (type ? (size_t)type[i] * columns : 0), columns);
  }
}

void needletail_rotate(float *rows, size_t stride, size_t count, size_t heads, size_t head_size, const int32_t *position,
                       const float *cosines, const float *sines) {
  size_t half = head_size / 2;
  for (size_t i = 0; i < count; i++) {
    const float *cosine = cosines + (size_t)position[i] * half, *sine = sines + (size_t)position[i] * half;
    for (size_t h = 0; h < heads; h++) {
      float *x = rows + i * stride + h * head_size, *y = x + half;
      for (size_t c = 0; c < half; c++) {
        float a = x[c], b = y[c];
        x[c] = a * cosine[c] - b * sine[c];
        y[c] = b * cosine[c] + a * sine[c];
      }
    }
  }
}

void needletail_multiply_rows(needletail_rows in, float *out, size_t out_stride) {
  for (size_t r = 0; r < in.rows; r++) {
    const float *restrict x = in.values + r * in.stride;
    float *restrict y = out + r * out_stride;
    for (size_t c = 0; c < in.columns; c++) y[c] *= x[c];
  }
}

void needletail_mean_of_rows(needletail_rows in, float *out) {
  memset(out, 0, in.columns * sizeof(float));
  for (size_t r = 0; r < in.rows; r++)
    for (size_t c = 0; c < in.columns; c++) out[c] += in.values[r * in.stride + c];
  float inverse = 1 / (float)in.rows;
  for (size_t c = 0; c < in.columns; c++) out[c] *= inverse;
}

void needletail_maximum_of_rows(needletail_rows in, float *out) {
  memcpy(out, in.values, in.columns * sizeof(float));
  for (size_t r = 1; r < in.rows; r++)
    for (size_t c = 0; c < in.columns; c++) out[c] = fmaxf(out[c], in.values[r * in.stride + c]);
}

void needletail_normalise(float *values, size_t count) {
  double squares = 0;
  for (size_t i = 0; i < count; i++) squares += (double)values[i] * values[i];
  if (squares == 0) return;
  float inverse = (float)(1 / sqrt(squares));
  for (size_t i = 0; i < count; i++) values[i] *= inverse;
}
