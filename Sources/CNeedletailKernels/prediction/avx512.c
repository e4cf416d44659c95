#if defined(__x86_64__)

#include "prediction.h"

#define LANES 16
#define LANES_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#include "../lanes/arithmetic.h"
#include "blocks.h"

const needletail_prediction_kernels needletail_prediction_avx512 = {
    .isa = NEEDLETAIL_ISA_AVX512, .products = products, .combinations = combinations, .errors = errors};

#endif
