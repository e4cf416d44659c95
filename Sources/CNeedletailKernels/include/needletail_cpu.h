// What this processor can do, decided once at first use.
//
// The environment variable NEEDLETAIL_ISA (serial, neon, avx2, avx512) lowers the level so that one machine
// can test every kernel it is able to run; it never raises it above what the processor supports.
#ifndef NEEDLETAIL_CPU_H
#define NEEDLETAIL_CPU_H

#include <stdbool.h>

typedef enum needletail_isa {
  NEEDLETAIL_ISA_SERIAL = 0,  // portable C, the specification of every kernel
  NEEDLETAIL_ISA_NEON = 1,    // 64-bit Arm with dot-product instructions
  NEEDLETAIL_ISA_AVX2 = 2,    // AVX2, FMA and F16C
  NEEDLETAIL_ISA_AVX512 = 3,  // AVX-512 F, BW, DQ, VL
} needletail_isa;

typedef struct needletail_cpu {
  needletail_isa isa;
  bool avx512_vnni;  // 8-bit integer dot products; only meaningful when isa is AVX512
  bool avx512_bf16;  // bfloat16 dot products; only meaningful when isa is AVX512
  bool avx512_vpopcntdq;
} needletail_cpu;

// The capabilities in force. Thread-safe and idempotent.
const needletail_cpu *needletail_cpu_current(void);

// "serial", "neon", "avx2" or "avx512".
const char *needletail_isa_name(needletail_isa isa);

#endif
