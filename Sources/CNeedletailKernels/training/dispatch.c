#include "training.h"

const needletail_training_kernels *needletail_training_for(needletail_isa isa) {
  needletail_isa best = needletail_cpu_current()->isa;
  if (isa == NEEDLETAIL_ISA_SERIAL) return &needletail_training_serial;
#if defined(__x86_64__)
  if (isa == NEEDLETAIL_ISA_AVX2 && (best == NEEDLETAIL_ISA_AVX2 || best == NEEDLETAIL_ISA_AVX512)) return &needletail_training_avx2;
  if (isa == NEEDLETAIL_ISA_AVX512 && best == isa) return &needletail_training_avx512;
#elif defined(__aarch64__)
  if (isa == NEEDLETAIL_ISA_NEON && best == isa) return &needletail_training_neon;
#endif
  (void)best;
  return NULL;
}

const needletail_training_kernels *needletail_training_current(void) {
  return needletail_training_for(needletail_cpu_current()->isa);
}
