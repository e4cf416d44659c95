// The tables of each instruction set, seen by the choice between them.
#include "needletail_prediction.h"

extern const needletail_prediction_kernels needletail_prediction_serial;
#if defined(__x86_64__)
extern const needletail_prediction_kernels needletail_prediction_avx2;
extern const needletail_prediction_kernels needletail_prediction_avx512;
#endif
#if defined(__aarch64__)
extern const needletail_prediction_kernels needletail_prediction_neon;
#endif
