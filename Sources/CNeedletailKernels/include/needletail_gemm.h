// Matrix products of a transformer layer: out = activation(A · Wᵀ + bias) + residual.
//
// A is a row-major matrix of activations; W is the weight of a linear layer as it is stored in model files
// (`columns` rows of `depth` inputs), packed once at load into panels of 32 output columns. The whole depth is summed in
// registers, so that everything that follows the product happens while the tile is in the nearest cache.
//
//   product            A          W          sum       bound
//   needletail f32     float      float      float     -
//   needletail bf16    bfloat16   bfloat16   float     values finite
//   needletail int8    uint8      int8       int32     depth <= 66,000 (255 * 127 * depth must stay below 2^31)
//
// The panel of output columns p holds, for each step k along the depth, 32 words of 32 bits, one per column: one float, two
// neighbouring bfloat16 or four neighbouring int8. Panels are complete; columns and depth beyond the matrix are zero. So a
// caller may hand over any range of columns that starts at a multiple of 32 by moving the pointers.
#ifndef NEEDLETAIL_GEMM_H
#define NEEDLETAIL_GEMM_H

#include <stddef.h>
#include <stdint.h>

enum { NEEDLETAIL_PANEL = 32 };

typedef enum needletail_element {
  NEEDLETAIL_FLOAT32 = 0,
  NEEDLETAIL_BFLOAT16 = 1,
  NEEDLETAIL_INT8 = 2,
} needletail_element;

typedef enum needletail_activation {
  NEEDLETAIL_IDENTITY = 0,
  NEEDLETAIL_GELU = 1,       // x Φ(x); absolute error 1e-7 |x| with f32, 2e-4 with bf16 and int8
  NEEDLETAIL_GELU_TANH = 2,  // the tanh approximation of the same
  NEEDLETAIL_RELU = 3,
  NEEDLETAIL_SILU = 4,  // x / (1 + exp(-x))
} needletail_activation;

// One product. Rows are independent of each other; `out` may not overlap `a`, and may be `residual` itself.
//
// Strides count elements between the starts of consecutive rows. The bytes of a row of `a` must be readable up to
// depth rounded up to a whole 32-bit word, and finite there; `a_stride` must be whole words. No alignment is required,
// 64 bytes is fastest for `packed`.
typedef struct needletail_gemm {
  size_t rows, columns, depth;
  const void *a;
  size_t a_stride;
  const void *packed;
  // The value of an entry of `a` is row_scale * a + row_offset. int8 requires both; the others use row_scale, applied to
  // the sum, when it is not NULL.
  const float *row_scale, *row_offset;
  // int8 only: the value of a weight is column_scale * w, and column_total is the sum of w over the depth.
  const float *column_scale;
  const int32_t *column_total;
  const float *bias;  // one per column, or NULL
  needletail_activation activation;
  const float *residual;  // rows x columns, or NULL
  size_t residual_stride;
  void *out;  // float, or bfloat16 rounded to nearest even
  size_t out_stride;
  needletail_element out_element;
} needletail_gemm;

// Bytes that the packed form of a weight takes.
size_t needletail_packed_bytes(needletail_element element, size_t columns, size_t depth);

// Packs `columns` rows of `depth` weights. For int8 each column is scaled so that its largest weight becomes 127;
// `column_scale` and `column_total` receive one entry per column, and are NULL otherwise.
void needletail_pack(needletail_element element, const float *weights, size_t columns, size_t depth, void *packed,
                     float *column_scale, int32_t *column_total);

#endif
