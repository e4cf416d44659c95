#include "prediction.h"

const needletail_prediction_kernels *needletail_prediction_for(needletail_isa isa) {
  needletail_isa highest = needletail_cpu_current()->isa;
  if (isa == NEEDLETAIL_ISA_SERIAL) return &needletail_prediction_serial;
#if defined(__x86_64__)
  if (isa == NEEDLETAIL_ISA_AVX2 && highest >= NEEDLETAIL_ISA_AVX2) return &needletail_prediction_avx2;
  if (isa == NEEDLETAIL_ISA_AVX512 && highest >= NEEDLETAIL_ISA_AVX512) return &needletail_prediction_avx512;
#elif defined(__aarch64__)
  if (isa == NEEDLETAIL_ISA_NEON && highest == NEEDLETAIL_ISA_NEON) return &needletail_prediction_neon;
#endif
  (void)highest;
  return NULL;
}

const needletail_prediction_kernels *needletail_prediction_current(void) {
  return needletail_prediction_for(needletail_cpu_current()->isa);
}
