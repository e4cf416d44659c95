// The products by instruction set; see needletail_gemm.h for their meaning. Private to this target.
#ifndef NEEDLETAIL_GEMM_PRIVATE_H
#define NEEDLETAIL_GEMM_PRIVATE_H

#include "needletail_gemm.h"

void needletail_gemm_f32_serial(const needletail_gemm *g);
void needletail_gemm_bf16_serial(const needletail_gemm *g);
void needletail_gemm_int8_serial(const needletail_gemm *g);

#if defined(__x86_64__)
void needletail_gemm_f32_avx2(const needletail_gemm *g);
void needletail_gemm_int8_avx2(const needletail_gemm *g);
void needletail_gemm_f32_avx512(const needletail_gemm *g);
void needletail_gemm_bf16_avx512(const needletail_gemm *g);  // requires avx512_bf16
void needletail_gemm_int8_avx512(const needletail_gemm *g);  // requires avx512_vnni
#endif

#if defined(__aarch64__)
void needletail_gemm_f32_neon(const needletail_gemm *g);
void needletail_gemm_int8_neon(const needletail_gemm *g);
#endif

#endif
