#if defined(__aarch64__)

#include "prediction.h"

#define LANES 4
#define LANES_TARGET __attribute__((target("dotprod")))
#include "../lanes/arithmetic.h"
#include "blocks.h"

const needletail_prediction_kernels needletail_prediction_neon = {
    .isa = NEEDLETAIL_ISA_NEON, .products = products, .combinations = combinations, .errors = errors};

#endif
