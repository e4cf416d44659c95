#if defined(__aarch64__)

#define LANES 4
#define LANES_TARGET __attribute__((target("dotprod")))
#include "../lanes/arithmetic.h"
#include "lanewise.h"

DEFINE_TRAINING(neon, NEEDLETAIL_ISA_NEON)

#endif
