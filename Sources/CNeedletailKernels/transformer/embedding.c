// What happens once per token, before the first layer and after the last: cheap next to a layer, so plain loops.
#include <math.h>
#include <string.h>

#include "needletail_transformer.h"

void needletail_embed(const int32_t *ids, const int32_t *position, size_t count, size_t columns, const float *words,
                      const float *positions, const float *segment, float *out, size_t out_stride) {
  for (size_t i = 0; i < count; i++) {
    const float *word = words + (size_t)ids[i] * columns;
    const float *place = positions + (size_t)position[i] * columns;
    float *row = out + i * out_stride;
    for (size_t c = 0; c < columns; c++) row[c] = word[c] + place[c];
    if (segment)
      for (size_t c = 0; c < columns; c++) row[c] += segment[c];
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
