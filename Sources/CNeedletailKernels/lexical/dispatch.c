#include "lexical.h"

const needletail_lexical_kernels *needletail_lexical_for(needletail_isa isa) {
  needletail_isa highest = needletail_cpu_current()->isa;
#if defined(__x86_64__)
  if (isa == NEEDLETAIL_ISA_AVX512) return highest == NEEDLETAIL_ISA_AVX512 ? &needletail_lexical_avx512 : NULL;
  if (isa == NEEDLETAIL_ISA_AVX2) return highest >= NEEDLETAIL_ISA_AVX2 ? &needletail_lexical_avx2 : NULL;
#elif defined(__aarch64__)
  if (isa == NEEDLETAIL_ISA_NEON) return highest == NEEDLETAIL_ISA_NEON ? &needletail_lexical_serial : NULL;
#endif
  (void)highest;
  return isa == NEEDLETAIL_ISA_SERIAL ? &needletail_lexical_serial : NULL;
}

const needletail_lexical_kernels *needletail_lexical_current(void) { return needletail_lexical_for(needletail_cpu_current()->isa); }
