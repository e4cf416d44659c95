// The row-wise kernels by instruction set; see needletail_kernels.h for their meaning. Private to this target.
#ifndef NEEDLETAIL_TRANSFORMER_PRIVATE_H
#define NEEDLETAIL_TRANSFORMER_PRIVATE_H

#include "needletail_kernels.h"

#define NEEDLETAIL_DECLARE_TRANSFORMER(isa)                                                                                \
  void needletail_layer_norm_##isa(needletail_rows in, const float *gain, const float *shift, float epsilon, float *out,   \
                                   size_t out_stride);                                                                     \
  void needletail_rms_norm_##isa(needletail_rows in, const float *gain, float epsilon, float *out, size_t out_stride);       \
  void needletail_softmax_##isa(needletail_rows in, float scale, float *out, uint16_t *narrow, size_t out_stride,          \
                                float *inverse_sums);                                                                      \
  void needletail_quantise_##isa(needletail_rows in, uint8_t *out, size_t out_stride, float *scale, float *offset);        \
  void needletail_narrow_##isa(needletail_rows in, uint16_t *out, size_t out_stride);                                      \
  void needletail_transpose_##isa(const uint32_t *in, size_t stride, size_t rows, size_t columns, uint32_t *out,           \
                                  size_t out_stride);

NEEDLETAIL_DECLARE_TRANSFORMER(serial)
#if defined(__x86_64__)
NEEDLETAIL_DECLARE_TRANSFORMER(avx2)
NEEDLETAIL_DECLARE_TRANSFORMER(avx512)
#endif
#if defined(__aarch64__)
NEEDLETAIL_DECLARE_TRANSFORMER(neon)
#endif

#endif
