// The kernels of one instruction set, and the choice between them.
//
// The serial kernels are the specification: plain loops over libm. Every other kernel agrees with them within the rounding of
// a different order of summation and of the polynomials named in the family's header.
#ifndef NEEDLETAIL_KERNELS_H
#define NEEDLETAIL_KERNELS_H

#include "needletail_cpu.h"
#include "needletail_gemm.h"
#include "needletail_transformer.h"

typedef struct needletail_kernels {
  needletail_isa isa;
  // See needletail_gemm.h.
  void (*gemm_f32)(const needletail_gemm *);
  void (*gemm_bf16)(const needletail_gemm *);
  void (*gemm_int8)(const needletail_gemm *);
  // out = (x - mean) / sqrt(variance + epsilon) * gain + shift, row by row.
  void (*layer_norm)(needletail_rows in, const float *gain, const float *shift, float epsilon, float *out, size_t out_stride);
  // out = x / sqrt(mean of x² + epsilon) * gain, row by row.
  void (*rms_norm)(needletail_rows in, const float *gain, float epsilon, float *out, size_t out_stride);
  // out = exp(scale * (x - largest x)), and the inverse of the sum of each row; entries of -infinity give next to nothing. Into `out`, float; or, when `narrow` is not
  // NULL, into it as bfloat16, with an even number of entries (the last one zero if need be) and relative error 1e-4.
  void (*softmax)(needletail_rows in, float scale, float *out, uint16_t *narrow, size_t out_stride, float *inverse_sums);
  // x ≈ scale * q + offset with q in 0...255, each row over its own range; zero is representable. Entries of `out` between
  // the columns and the next multiple of four are set to zero.
  void (*quantise)(needletail_rows in, uint8_t *out, size_t out_stride, float *scale, float *offset);
  // Rounds to bfloat16, to nearest even.
  void (*narrow)(needletail_rows in, uint16_t *out, size_t out_stride);
  // Transposes 32-bit words: out[c * out_stride + r] = in[r * stride + c].
  void (*transpose)(const uint32_t *in, size_t stride, size_t rows, size_t columns, uint32_t *out, size_t out_stride);
} needletail_kernels;

// The kernels for the processor at hand.
const needletail_kernels *needletail_kernels_current(void);

// The kernels of one instruction set, or NULL where this processor lacks it. For tests and comparisons.
const needletail_kernels *needletail_kernels_for(needletail_isa isa);

// See needletail_transformer.h.
void needletail_attend(const needletail_kernels *kernels, const needletail_attention *attention);

#endif
