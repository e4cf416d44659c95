#include "codes.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)
// Completed with what the processor's extensions allow.
static needletail_code_kernels avx512;
#endif

static void choose(void) {
#if defined(__x86_64__)
  const needletail_cpu *cpu = needletail_cpu_current();
  avx512 = needletail_codes_avx512;
  if (!cpu->avx512_vnni) {
    avx512.dot_u4 = needletail_codes_avx2.dot_u4;
    avx512.dot_planes = needletail_codes_avx2.dot_planes;
  }
  if (!cpu->avx512_vpopcntdq) avx512.hamming = needletail_codes_avx2.hamming;
#endif
}

const needletail_code_kernels *needletail_codes_for(needletail_isa isa) {
  pthread_once(&once, choose);
  needletail_isa highest = needletail_cpu_current()->isa;
  if (isa == NEEDLETAIL_ISA_SERIAL) return &needletail_codes_serial;
#if defined(__x86_64__)
  if (isa == NEEDLETAIL_ISA_AVX2 && highest >= NEEDLETAIL_ISA_AVX2) return &needletail_codes_avx2;
  if (isa == NEEDLETAIL_ISA_AVX512 && highest >= NEEDLETAIL_ISA_AVX512) return &avx512;
#elif defined(__aarch64__)
  if (isa == NEEDLETAIL_ISA_NEON && highest == NEEDLETAIL_ISA_NEON) return &needletail_codes_neon;
#endif
  (void)highest;
  return NULL;
}

const needletail_code_kernels *needletail_codes_current(void) { return needletail_codes_for(needletail_cpu_current()->isa); }
