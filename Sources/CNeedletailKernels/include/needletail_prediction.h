// A few rows against a few rows: the arithmetic of models that predict words from word and document vectors.
//
//   products       out[i][j] = a_i · b_j
//   combinations   y_i = Σ_j c[i][j] r_j, or y_i += …
//   errors         s = (label_j - σ(s)) * rate, in place
//
// Rows are given by pointers, since they lie scattered in large matrices. `width` floats of each count, a multiple of 16
// (padded with zeros). Sums are accumulated in float; instruction sets differ in the order of summation only. The serial
// kernels are the specification.
#ifndef NEEDLETAIL_PREDICTION_H
#define NEEDLETAIL_PREDICTION_H

#include "needletail_cpu.h"

#include <stddef.h>

// `width` is a multiple of this many floats.
#define NEEDLETAIL_PREDICTION_ALIGNMENT 16

typedef float *_Nonnull needletail_row;

typedef struct needletail_prediction_kernels {
  needletail_isa isa;
  // `out` has `out_stride` floats per row a_i, at least b_count rounded up to a multiple of 4; what lies behind b_count in a
  // row becomes arbitrary.
  void (*_Nonnull products)(const needletail_row *_Nonnull a, size_t a_count, const needletail_row *_Nonnull b, size_t b_count,
                            size_t width, float *_Nonnull out, size_t out_stride);
  // Coefficient of y_i and r_j: c[i * i_stride + j * j_stride]. The rows y_i are distinct, and none is one of r_j.
  void (*_Nonnull combinations)(const float *_Nonnull c, size_t i_stride, size_t j_stride, const needletail_row *_Nonnull r,
                                size_t r_count, const needletail_row *_Nonnull y, size_t y_count, size_t width, bool adds);
  // `rows` rows of `columns` scores, `stride` (a multiple of 16) floats apart; `labels` has room for `stride` floats.
  // Relative error of σ: 1e-6.
  void (*_Nonnull errors)(float *_Nonnull scores, size_t rows, size_t columns, size_t stride, const float *_Nonnull labels,
                          float rate);
} needletail_prediction_kernels;

// The kernels in force on this processor. Thread-safe.
const needletail_prediction_kernels *_Nonnull needletail_prediction_current(void);

// The kernels of one instruction set, or NULL where this processor (or this build) cannot run them. For tests.
const needletail_prediction_kernels *_Nullable needletail_prediction_for(needletail_isa isa);

#endif
