#include "serial.h"

NEEDLETAIL_DEFINE_SPARSE_SCORE(t16c16, uint16_t, uint16_t, needletail_sparse_t16c16_one)
NEEDLETAIL_DEFINE_SPARSE_SCORE(t16c8, uint16_t, uint8_t, needletail_sparse_t16c8_one)
NEEDLETAIL_DEFINE_SPARSE_SCORE(t32c16, uint32_t, uint16_t, needletail_sparse_t32c16_one)
NEEDLETAIL_DEFINE_SPARSE_SCORE(t32c8, uint32_t, uint8_t, needletail_sparse_t32c8_one)

const needletail_sparse_kernels needletail_sparse_serial = {
    .isa = NEEDLETAIL_ISA_SERIAL, .t16c16 = t16c16, .t16c8 = t16c8, .t32c16 = t32c16, .t32c8 = t32c8};

void needletail_sparse_accumulate(const uint32_t *rows, const float *weights, size_t count, double factor, uint32_t first,
                                  double *sums) {
  for (size_t i = 0; i < count; i++) sums[rows[i] - first] += factor * (double)weights[i];
}
