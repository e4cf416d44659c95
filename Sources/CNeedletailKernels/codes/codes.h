// The instruction sets that have kernels for codes.
#ifndef NEEDLETAIL_CODES_VARIANTS_H
#define NEEDLETAIL_CODES_VARIANTS_H

#include "needletail_codes.h"

// Sums of table entries stay below 2^16 for so many parts.
enum { needletail_parts_per_sum = 256 };

extern const needletail_code_kernels needletail_codes_serial;
#if defined(__x86_64__)
extern const needletail_code_kernels needletail_codes_avx2;
extern const needletail_code_kernels needletail_codes_avx512;
#elif defined(__aarch64__)
extern const needletail_code_kernels needletail_codes_neon;
#endif

#endif
