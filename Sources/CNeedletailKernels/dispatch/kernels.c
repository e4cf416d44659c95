#include "needletail_kernels.h"

#include <pthread.h>

#include "../gemm/gemm.h"
#include "../transformer/transformer.h"

#define ROWWISE(name)                                                                                                      \
  .layer_norm = needletail_layer_norm_##name, .rms_norm = needletail_rms_norm_##name, .softmax = needletail_softmax_##name, .quantise = needletail_quantise_##name, \
  .narrow = needletail_narrow_##name, .transpose = needletail_transpose_##name

static const needletail_kernels serial = {.isa = NEEDLETAIL_ISA_SERIAL,
                                          .gemm_f32 = needletail_gemm_f32_serial,
                                          .gemm_bf16 = needletail_gemm_bf16_serial,
                                          .gemm_int8 = needletail_gemm_int8_serial,
                                          ROWWISE(serial)};

#if defined(__x86_64__)
static const needletail_kernels avx2 = {.isa = NEEDLETAIL_ISA_AVX2,
                                        .gemm_f32 = needletail_gemm_f32_avx2,
                                        .gemm_bf16 = needletail_gemm_bf16_serial,
                                        .gemm_int8 = needletail_gemm_int8_avx2,
                                        ROWWISE(avx2)};

// Completed with what the processor's extensions allow.
static needletail_kernels avx512 = {.isa = NEEDLETAIL_ISA_AVX512,
                                    .gemm_f32 = needletail_gemm_f32_avx512,
                                    .gemm_bf16 = needletail_gemm_bf16_serial,
                                    .gemm_int8 = needletail_gemm_int8_avx2,
                                    ROWWISE(avx512)};
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void complete_avx512(void) {
  const needletail_cpu *cpu = needletail_cpu_current();
  if (cpu->avx512_bf16) avx512.gemm_bf16 = needletail_gemm_bf16_avx512;
  if (cpu->avx512_vnni) avx512.gemm_int8 = needletail_gemm_int8_avx512;
}
#endif

#if defined(__aarch64__)
static const needletail_kernels neon = {.isa = NEEDLETAIL_ISA_NEON,
                                        .gemm_f32 = needletail_gemm_f32_neon,
                                        .gemm_bf16 = needletail_gemm_bf16_serial,
                                        .gemm_int8 = needletail_gemm_int8_neon,
                                        ROWWISE(neon)};
#endif

const needletail_kernels *needletail_kernels_for(needletail_isa isa) {
  needletail_isa best = needletail_cpu_current()->isa;
  if (isa == NEEDLETAIL_ISA_SERIAL) return &serial;
#if defined(__x86_64__)
  if (isa == NEEDLETAIL_ISA_AVX2 && (best == NEEDLETAIL_ISA_AVX2 || best == NEEDLETAIL_ISA_AVX512)) return &avx2;
  if (isa == NEEDLETAIL_ISA_AVX512 && best == isa) {
    pthread_once(&once, complete_avx512);
    return &avx512;
  }
#elif defined(__aarch64__)
  if (isa == NEEDLETAIL_ISA_NEON && best == isa) return &neon;
#endif
  (void)best;
  return NULL;
}

const needletail_kernels *needletail_kernels_current(void) { return needletail_kernels_for(needletail_cpu_current()->isa); }
