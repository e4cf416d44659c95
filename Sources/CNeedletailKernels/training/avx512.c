#if defined(__x86_64__)

#define LANES 16
#define LANES_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#include "../lanes/arithmetic.h"
#include "lanewise.h"

DEFINE_TRAINING(avx512, NEEDLETAIL_ISA_AVX512)

#endif
