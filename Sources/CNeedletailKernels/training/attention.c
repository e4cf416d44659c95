// Attention of one head in training. The weights of a sequence are computed again in the backward pass rather than kept: that is
// one product in six, against memory that grows with the square of the length.
#include <math.h>
#include <string.h>

#include "training.h"

enum { ALIGNMENT = 64 };

// Where things lie in the scratch memory: two square matrices, one of them transposed, a packed operand, sums of rows.
typedef struct workspace {
  float *weights, *slopes, *turned, *packed, *sums;
  size_t stride, bytes;
} workspace;

static size_t aligned(size_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static workspace lay_out(size_t length, size_t head_size, char *start) {
  workspace w;
  // an odd number of cache lines between rows keeps the rows of a tile from falling into one set of the cache
  w.stride = (length + NEEDLETAIL_PANEL - 1) / NEEDLETAIL_PANEL * NEEDLETAIL_PANEL + 16;
  size_t square = aligned(length * w.stride * sizeof(float));
  size_t one = needletail_packed_bytes(NEEDLETAIL_FLOAT32, length, head_size);
  size_t other = needletail_packed_bytes(NEEDLETAIL_FLOAT32, head_size, length);
  w.weights = (float *)(void *)start;
  w.slopes = (float *)(void *)(start + square);
  w.turned = (float *)(void *)(start + 2 * square);
  w.packed = (float *)(void *)(start + 3 * square);
  size_t packed = aligned(one > other ? one : other);
  w.sums = (float *)(void *)(start + 3 * square + packed);
  w.bytes = 3 * square + packed + aligned(length * sizeof(float));
  return w;
}

size_t needletail_head_bytes(size_t length, size_t head_size) { return lay_out(length, head_size, NULL).bytes; }

typedef struct operand {
  const float *values;
  size_t stride;
} operand;

// out = a · b (or a · bᵀ), each row times its scale; `residual` is added unless NULL.
static void multiply(const needletail_kernels *kernels, float *packed, operand a, operand b, bool b_transposed, size_t rows,
                     size_t columns, size_t depth, const float *row_scale, bool accumulate, float *out, size_t out_stride) {
  size_t panels = (columns + NEEDLETAIL_PANEL - 1) / NEEDLETAIL_PANEL;
  needletail_pack_panels(kernels, b.values, b.stride, b_transposed, columns, depth, 0, panels, packed);
  needletail_gemm product = {.rows = rows, .columns = columns, .depth = depth, .a = a.values, .a_stride = a.stride,
                             .packed = packed, .row_scale = row_scale, .residual = accumulate ? out : NULL,
                             .residual_stride = out_stride, .out = out, .out_stride = out_stride};
  kernels->gemm_f32(&product);
}

// The weights before dropout, not yet divided by the sums of their rows, whose inverses go to `sums`.
static void weigh(const needletail_kernels *kernels, const needletail_head *h, workspace w) {
  multiply(kernels, w.packed, (operand){h->query, h->query_stride}, (operand){h->key, h->key_stride}, true, h->length, h->length,
           h->head_size, NULL, false, w.weights, w.stride);
  for (size_t r = 0; h->causal && r < h->length; r++)
    for (size_t c = r + 1; c < h->length; c++) w.weights[r * w.stride + c] = -INFINITY;
  for (size_t r = 0; h->hidden && r < h->length; r++)
    for (size_t c = 0; c < h->length; c++)
      if (h->hidden[r * h->length + c]) w.weights[r * w.stride + c] = -INFINITY;
  needletail_rows rows = {w.weights, w.stride, h->length, h->length};
  kernels->softmax(rows, h->scale, w.weights, NULL, w.stride, w.sums);
}

static void drop(const needletail_training_kernels *training, const needletail_head *h, workspace w, const float *in, float *out) {
  for (size_t r = 0; r < h->length; r++)
    training->dropout(h->dropout, (uint32_t)(r * h->length), in + r * w.stride, h->length, false, out + r * w.stride);
}

void needletail_head_forward(const needletail_head *h, float *out, size_t out_stride) {
  const needletail_kernels *kernels = needletail_kernels_current();
  workspace w = lay_out(h->length, h->head_size, h->scratch);
  weigh(kernels, h, w);
  if (h->dropout.threshold) drop(needletail_training_current(), h, w, w.weights, w.weights);
  multiply(kernels, w.packed, (operand){w.weights, w.stride}, (operand){h->value, h->key_stride}, false, h->length, h->head_size,
           h->length, w.sums, false, out, out_stride);
}

void needletail_head_backward(const needletail_head *h, const float *out_gradient, size_t out_stride, float *query_gradient,
                              float *key_gradient, float *value_gradient) {
  const needletail_kernels *kernels = needletail_kernels_current();
  const needletail_training_kernels *training = needletail_training_current();
  workspace w = lay_out(h->length, h->head_size, h->scratch);
  size_t n = h->length, size = h->head_size;
  operand arriving = {out_gradient, out_stride}, turned = {w.turned, w.stride};
  weigh(kernels, h, w);
  for (size_t r = 0; r < n; r++)
    training->scale(w.weights + r * w.stride, w.sums[r], n, false, w.weights + r * w.stride);

  // values: the transposed weights, as they were used, times what arrives
  const float *used = w.weights;
  if (h->dropout.threshold) {
    drop(training, h, w, w.weights, w.slopes);
    used = w.slopes;
  }
  kernels->transpose((const uint32_t *)used, w.stride, n, n, (uint32_t *)w.turned, w.stride);
  multiply(kernels, w.packed, turned, arriving, false, n, size, n, NULL, true, value_gradient, h->key_stride);

  // scores
  multiply(kernels, w.packed, arriving, (operand){h->value, h->key_stride}, true, n, n, size, NULL, false, w.slopes, w.stride);
  if (h->dropout.threshold) drop(training, h, w, w.slopes, w.slopes);
  needletail_rows weights = {w.weights, w.stride, n, n};
  training->softmax_gradient(weights, w.slopes, w.stride, h->scale, false, w.slopes, w.stride);

  multiply(kernels, w.packed, (operand){w.slopes, w.stride}, (operand){h->key, h->key_stride}, false, n, size, n, NULL, true,
           query_gradient, h->query_stride);
  kernels->transpose((const uint32_t *)w.slopes, w.stride, n, n, (uint32_t *)w.turned, w.stride);
  multiply(kernels, w.packed, turned, (operand){h->query, h->query_stride}, false, n, size, n, NULL, true, key_gradient,
           h->key_stride);
}
