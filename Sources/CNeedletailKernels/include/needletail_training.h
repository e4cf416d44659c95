// What training needs beyond inference: products with any operand transposed, gradients of the steps of a network, optimisers.
//
// `accumulate` says whether a result is added to what is there or replaces it. Arrays are float and may be read at any
// alignment; input and output may be the same memory where a comment says so. Nothing here allocates or starts threads: whoever
// calls divides the work.
#ifndef NEEDLETAIL_TRAINING_H
#define NEEDLETAIL_TRAINING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "needletail_kernels.h"

// Functions of one variable that have a gradient kernel.
typedef enum needletail_function {
  NEEDLETAIL_FUNCTION_GELU = 0,       // x Φ(x)
  NEEDLETAIL_FUNCTION_GELU_TANH = 1,  // its approximation with a hyperbolic tangent
  NEEDLETAIL_FUNCTION_RELU = 2,
  NEEDLETAIL_FUNCTION_SILU = 3,  // x / (1 + exp(-x))
  NEEDLETAIL_FUNCTION_TANH = 4,
  NEEDLETAIL_FUNCTION_SIGMOID = 5,
} needletail_function;

// A row-wise normalisation: (x - mean) / sqrt(variance + epsilon) * gain + shift, or without mean and shift when not `centred`.
typedef struct needletail_norm {
  const float *gain, *shift;  // `shift` may be NULL
  float epsilon;
  bool centred;
} needletail_norm;

// One step of Adam (Kingma and Ba, ICLR 2015, algorithm 1), with weight decay that is decoupled (Loshchilov and Hutter, ICLR
// 2019, algorithm 2) or part of the gradient.
typedef struct needletail_adam {
  float rate, beta1, beta2, epsilon, decay;
  float correction1, correction2;  // 1 / (1 - beta1^t) and 1 / sqrt(1 - beta2^t)
  float gradient_scale;            // what every gradient is multiplied by first
  bool decoupled;
} needletail_adam;

// Random zeros: entry i is kept, times `scale`, where the hash of (seed, first + i) is at least `threshold`.
typedef struct needletail_dropout {
  uint32_t seed, threshold;
  float scale;
} needletail_dropout;

// The kernels of one instruction set. Polynomials have the errors that needletail_gemm.h states for float.
typedef struct needletail_training_kernels {
  needletail_isa isa;
  // y = f(x); may be in place.
  void (*apply)(needletail_function f, const float *x, size_t count, float *y);
  // dx = dy f'(x), where y = f(x).
  void (*apply_gradient)(needletail_function f, const float *x, const float *y, const float *dy, size_t count, bool accumulate,
                         float *dx);
  void (*norm)(needletail_rows x, needletail_norm norm, float *out, size_t out_stride);
  // Gradients with respect to x, and added to `gain_gradient` and, unless NULL, `shift_gradient`.
  void (*norm_gradient)(needletail_rows x, needletail_norm norm, const float *dy, size_t dy_stride, bool accumulate, float *dx,
                        size_t dx_stride, float *gain_gradient, float *shift_gradient);
  // dx = scale * y * (dy - <y, dy>) row by row, where y = softmax(x). dy and dx may be the same.
  void (*softmax_gradient)(needletail_rows y, const float *dy, size_t dy_stride, float scale, bool accumulate, float *dx,
                           size_t dx_stride);
  void (*dropout)(needletail_dropout dropout, uint32_t first, const float *x, size_t count, bool accumulate, float *y);
  // y = scale * x; in place allowed.
  void (*scale)(const float *x, float scale, size_t count, bool accumulate, float *y);
  // The gradient of a maximum goes to the entry that is it: dx += x == y ? rest : 0, and what was given away is gone from rest.
  void (*route_maximum)(const float *x, const float *y, size_t count, float *rest, float *dx);
  // y = a * b, entry by entry; in place allowed.
  void (*multiply)(const float *a, const float *b, size_t count, bool accumulate, float *y);
  // out += the sum over rows.
  void (*add_rows)(needletail_rows x, float *out);
  float (*dot)(const float *a, const float *b, size_t count);
  void (*adam)(needletail_adam adam, const float *gradient, size_t count, float *values, float *mean, float *variance);
} needletail_training_kernels;

// The kernels for the processor at hand.
const needletail_training_kernels *needletail_training_current(void);

// The kernels of one instruction set, or NULL where this processor lacks it. For tests.
const needletail_training_kernels *needletail_training_for(needletail_isa isa);

// Packs panels `first` up to `end` of the right operand of a product, `depth` x `columns`, as gemm_f32 takes it.
//
// `b` is row-major: b[k * stride + c], or b[c * stride + k] when `transposed`. `packed` is the start of the whole packed form.
void needletail_pack_panels(const needletail_kernels *kernels, const float *b, size_t stride, bool transposed, size_t columns,
                            size_t depth, size_t first, size_t end, float *packed);

// One head of one sequence in training: out = dropout(softmax(scale * Q Kᵀ)) V, and its gradients. Row i of a causal head sees
// keys up to i; with `hidden`, length x length bytes, it sees those whose byte is 0, which has to be at least one. Strides count
// floats between tokens.
typedef struct needletail_head {
  size_t length, head_size;
  const float *query, *key, *value;
  size_t query_stride, key_stride;  // that of values is that of keys
  float scale;
  bool causal;
  const uint8_t *hidden;       // NULL hides nothing
  needletail_dropout dropout;  // none when the threshold is 0
  void *scratch;               // needletail_head_bytes, aligned to 64 bytes
} needletail_head;

size_t needletail_head_bytes(size_t length, size_t head_size);

void needletail_head_forward(const needletail_head *head, float *out, size_t out_stride);

// Adds to the gradients of queries, keys and values, whose strides are those of their values.
void needletail_head_backward(const needletail_head *head, const float *out_gradient, size_t out_stride, float *query_gradient,
                              float *key_gradient, float *value_gradient);

#endif
