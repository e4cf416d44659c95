// The specification of the prediction kernels, in portable C.
#include "prediction.h"

#include <math.h>

static void products(const needletail_row *a, size_t a_count, const needletail_row *b, size_t b_count, size_t width, float *out,
                     size_t out_stride) {
  for (size_t i = 0; i < a_count; i++) {
    for (size_t j = 0; j < b_count; j++) {
      float sum = 0;
      for (size_t c = 0; c < width; c++) sum += a[i][c] * b[j][c];
      out[i * out_stride + j] = sum;
    }
  }
}

static void combinations(const float *c, size_t i_stride, size_t j_stride, const needletail_row *r, size_t r_count,
                         const needletail_row *y, size_t y_count, size_t width, bool adds) {
  for (size_t i = 0; i < y_count; i++) {
    for (size_t k = 0; k < width; k++) {
      float sum = adds ? y[i][k] : 0;
      for (size_t j = 0; j < r_count; j++) sum += c[i * i_stride + j * j_stride] * r[j][k];
      y[i][k] = sum;
    }
  }
}

static void errors(float *scores, size_t rows, size_t columns, size_t stride, const float *labels, float rate) {
  for (size_t i = 0; i < rows; i++) {
    float *row = scores + i * stride;
    for (size_t j = 0; j < columns; j++) row[j] = (labels[j] - 1 / (1 + expf(-row[j]))) * rate;
  }
}

const needletail_prediction_kernels needletail_prediction_serial = {
    .isa = NEEDLETAIL_ISA_SERIAL, .products = products, .combinations = combinations, .errors = errors};
