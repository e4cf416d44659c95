#if defined(__x86_64__)

#include <immintrin.h>

#include "transformer.h"

#define LANES 8
#define LANES_TARGET __attribute__((target("avx2,fma")))
#include "../lanes/arithmetic.h"
#include "rowwise.h"

// 8 x 8 words: three rounds of interleaving, of words, pairs and halves of registers.
LANES_FUNCTION void transpose_8(const uint32_t *in, size_t stride, uint32_t *out, size_t out_stride) {
  __m256i a[8], b[8];
  for (int i = 0; i < 8; i++) a[i] = _mm256_loadu_si256((const __m256i *)(in + (size_t)i * stride));
  for (int i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_epi32(a[i], a[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    a[i] = _mm256_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm256_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm256_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm256_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    _mm256_storeu_si256((__m256i *)(out + (size_t)i * out_stride), _mm256_permute2x128_si256(a[i], a[i + 4], 0x20));
    _mm256_storeu_si256((__m256i *)(out + (size_t)(i + 4) * out_stride), _mm256_permute2x128_si256(a[i], a[i + 4], 0x31));
  }
}

DEFINE_ROWWISE(avx2, 8, transpose_8)

#endif
