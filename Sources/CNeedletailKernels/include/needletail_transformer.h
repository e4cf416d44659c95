// What a transformer layer does between its matrix products, on row-major matrices of float.
//
// Strides count elements. Rows may not overlap. Inputs are finite; no alignment is required. Unless said otherwise input and
// output may be the same memory.
#ifndef NEEDLETAIL_TRANSFORMER_H
#define NEEDLETAIL_TRANSFORMER_H

#include <stddef.h>
#include <stdint.h>

#include "needletail_gemm.h"

// A matrix of float seen by the row-wise kernels.
typedef struct needletail_rows {
  const float *values;
  size_t stride, rows, columns;
} needletail_rows;

// One head of one sequence: out = softmax(scale * Q Kᵀ) V, with Q, K, V rows of `head_size` that start `stride` elements apart.
//
// Rows of scores live for 12 queries at a time in `scratch`, which holds needletail_attention_bytes and is aligned to 64
// bytes. With NEEDLETAIL_BFLOAT16, Q, K and V are bfloat16, both products multiply bfloat16 and `head_size` is even; sums,
// maxima and exponents stay float. `length` is at least 1.
typedef struct needletail_attention {
  size_t length, head_size;
  needletail_element element;
  const void *query, *key, *value;
  size_t stride;
  float scale;
  void *out;
  size_t out_stride;
  needletail_element out_element;  // float or bfloat16
  void *scratch;
} needletail_attention;

size_t needletail_attention_bytes(size_t length, size_t head_size);

// The sum of the three embeddings of each token: out[i] = words[ids[i]] + positions[position[i]] + segment.
// `segment` may be NULL. Ids and positions are in range: callers check.
void needletail_embed(const int32_t *ids, const int32_t *position, size_t count, size_t columns, const float *words,
                      const float *positions, const float *segment, float *out, size_t out_stride);

// The mean and the maximum over rows, which are at least one.
void needletail_mean_of_rows(needletail_rows in, float *out);
void needletail_maximum_of_rows(needletail_rows in, float *out);

// Scales a vector to unit length; a vector of zeros stays as it is.
void needletail_normalise(float *values, size_t count);

#endif
