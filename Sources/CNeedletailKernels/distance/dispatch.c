#include "rows.h"

#include <pthread.h>

static needletail_distance_kernels current;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)
// AVX-512 parts before VNNI: everything wide, the 8-bit kernel from AVX2.
static needletail_distance_kernels avx512_without_vnni;

static const needletail_distance_kernels *avx512(void) {
  if (needletail_cpu_current()->avx512_vnni) return &needletail_distance_avx512;
  return &avx512_without_vnni;
}
#endif

static const needletail_distance_kernels *kernels_of(needletail_isa isa) {
  needletail_isa highest = needletail_cpu_current()->isa;
  if (isa == NEEDLETAIL_ISA_SERIAL) return &needletail_distance_serial;
#if defined(__x86_64__)
  if (isa == NEEDLETAIL_ISA_AVX2 && highest >= NEEDLETAIL_ISA_AVX2) return &needletail_distance_avx2;
  if (isa == NEEDLETAIL_ISA_AVX512 && highest >= NEEDLETAIL_ISA_AVX512) return avx512();
#elif defined(__aarch64__)
  if (isa == NEEDLETAIL_ISA_NEON && highest == NEEDLETAIL_ISA_NEON) return &needletail_distance_neon;
#endif
  (void)highest;
  return NULL;
}

static void choose(void) {
#if defined(__x86_64__)
  avx512_without_vnni = needletail_distance_avx512;
  avx512_without_vnni.dot_i8 = needletail_distance_avx2.dot_i8;
#endif
  current = *kernels_of(needletail_cpu_current()->isa);
}

const needletail_distance_kernels *needletail_distance_current(void) {
  pthread_once(&once, choose);
  return &current;
}

const needletail_distance_kernels *needletail_distance_for(needletail_isa isa) {
  pthread_once(&once, choose);
  return kernels_of(isa);
}
