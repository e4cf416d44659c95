#include "needletail_cpu.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

static needletail_cpu current;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static needletail_isa supported(needletail_cpu *cpu) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512) {
    cpu->avx512_vnni = __builtin_cpu_supports("avx512vnni");
    cpu->avx512_bf16 = __builtin_cpu_supports("avx512bf16");
    cpu->avx512_vpopcntdq = __builtin_cpu_supports("avx512vpopcntdq");
    return NEEDLETAIL_ISA_AVX512;
  }
  return avx2 ? NEEDLETAIL_ISA_AVX2 : NEEDLETAIL_ISA_SERIAL;
#elif defined(__aarch64__)
  (void)cpu;
#if defined(__linux__)
  // the first generations of 64-bit Arm have no dot products
  return getauxval(AT_HWCAP) & (1 << 20 /* HWCAP_ASIMDDP */) ? NEEDLETAIL_ISA_NEON : NEEDLETAIL_ISA_SERIAL;
#else
  return NEEDLETAIL_ISA_NEON;
#endif
#else
  (void)cpu;
  return NEEDLETAIL_ISA_SERIAL;
#endif
}

static void detect(void) {
  current.isa = supported(&current);
  const char *requested = getenv("NEEDLETAIL_ISA");
  if (requested == NULL) return;
  for (int isa = NEEDLETAIL_ISA_SERIAL; isa <= NEEDLETAIL_ISA_AVX512; isa++) {
    if (strcmp(requested, needletail_isa_name((needletail_isa)isa)) != 0) continue;
    bool same_family = isa == NEEDLETAIL_ISA_SERIAL || current.isa == (needletail_isa)isa ||
                       (isa == NEEDLETAIL_ISA_AVX2 && current.isa == NEEDLETAIL_ISA_AVX512);
    if (!same_family) return;
    current.isa = (needletail_isa)isa;
    if (isa != NEEDLETAIL_ISA_AVX512) {
      current.avx512_vnni = current.avx512_bf16 = current.avx512_vpopcntdq = false;
    }
  }
}

const needletail_cpu *needletail_cpu_current(void) {
  pthread_once(&once, detect);
  return &current;
}

const char *needletail_isa_name(needletail_isa isa) {
  switch (isa) {
    case NEEDLETAIL_ISA_SERIAL: return "serial";
    case NEEDLETAIL_ISA_NEON: return "neon";
    case NEEDLETAIL_ISA_AVX2: return "avx2";
    case NEEDLETAIL_ISA_AVX512: return "avx512";
  }
  return "serial";
}
