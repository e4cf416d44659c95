#if defined(__x86_64__)

#include "prediction.h"

#define LANES 8
#define LANES_TARGET __attribute__((target("avx2,fma")))
#include "../lanes/arithmetic.h"
#include "blocks.h"

const needletail_prediction_kernels needletail_prediction_avx2 = {
    .isa = NEEDLETAIL_ISA_AVX2, .products = products, .combinations = combinations, .errors = errors};

#endif
