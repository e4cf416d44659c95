#if defined(__x86_64__)

#define LANES 8
#define LANES_TARGET __attribute__((target("avx2,fma")))
#include "../lanes/arithmetic.h"
#include "lanewise.h"

DEFINE_TRAINING(avx2, NEEDLETAIL_ISA_AVX2)

#endif
