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

// One head of one sequence: out = softmax(scale * (Q Kᵀ + bias)) V, with rows of `head_size`: `queries` of Q that start
// `query_stride` elements apart, `length` of K and of V that start `stride` elements apart.
//
// Query i stands at place first_query + i among the keys. It sees the keys from `before` places before it to `after` places
// behind it, itself in any case. `bias` may be NULL; else bias[key - query] is added to each score, so the pointer points into
// the middle of a table.
//
// Rows of scores live for 12 queries at a time in `scratch`, which holds needletail_attention_bytes and is aligned to 64
// bytes. With NEEDLETAIL_BFLOAT16, Q, K and V are bfloat16, both products multiply bfloat16 and `head_size` is even; sums,
// maxima and exponents stay float. `queries` is at least 1, and the last query stands at a key.
typedef struct needletail_attention {
  size_t queries, length, head_size;
  needletail_element element;
  const void *query, *key, *value;
  size_t query_stride, stride;
  size_t first_query, before, after;
  const float *bias;
  float scale;
  void *out;
  size_t out_stride;
  needletail_element out_element;  // float or bfloat16
  void *scratch;
} needletail_attention;

size_t needletail_attention_bytes(size_t length, size_t head_size);

// The sum of the embeddings of each token: out[i] = words[ids[i]] + positions[position[i]] + segments[type[i]].
// `positions` and `segments` may be NULL; with `type` NULL all types are 0. Ids, positions and types are in range: callers check.
void needletail_embed(const int32_t *ids, const int32_t *position, const int32_t *type, size_t count, size_t columns,
                      const float *words, const float *positions, const float *segments, float *out, size_t out_stride);

// Rotates each head of a row by angles that grow with the row's position: component c of the first half and of the second are
// the coordinates of a point, turned by the angle whose cosine and sine stand in row `position` of the tables, which have
// head_size / 2 columns.
void needletail_rotate(float *rows, size_t stride, size_t count, size_t heads, size_t head_size, const int32_t *position,
                       const float *cosines, const float *sines);

// out *= in, entry by entry.
void needletail_multiply_rows(needletail_rows in, float *out, size_t out_stride);

// The mean and the maximum over rows, which are at least one.
void needletail_mean_of_rows(needletail_rows in, float *out);
void needletail_maximum_of_rows(needletail_rows in, float *out);

// Scales a vector to unit length; a vector of zeros stays as it is.
void needletail_normalise(float *values, size_t count);

#endif
