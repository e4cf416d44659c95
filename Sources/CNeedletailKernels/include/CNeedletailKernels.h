// Umbrella header of the kernel target. One header per family; see each for its contract.
#ifndef CNEEDLETAIL_KERNELS_H
#define CNEEDLETAIL_KERNELS_H
#include "needletail_codes.h"
#include "needletail_cpu.h"
#include "needletail_distance.h"
#include "needletail_gemm.h"
#include "needletail_kernels.h"
#include "needletail_lexical.h"
#include "needletail_sparse.h"
#include "needletail_prediction.h"
#include "needletail_maxsim.h"
#include "needletail_threads.h"
#include "needletail_training.h"
#include "needletail_transformer.h"
#endif
