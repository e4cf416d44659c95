#if defined(__aarch64__)

#include <arm_neon.h>

#include "transformer.h"

#define LANES 4
#define LANES_TARGET __attribute__((target("dotprod")))
#include "../lanes/arithmetic.h"
#include "rowwise.h"

LANES_FUNCTION void transpose_4(const uint32_t *in, size_t stride, uint32_t *out, size_t out_stride) {
  uint32x4x2_t upper = vtrnq_u32(vld1q_u32(in), vld1q_u32(in + stride));
  uint32x4x2_t lower = vtrnq_u32(vld1q_u32(in + 2 * stride), vld1q_u32(in + 3 * stride));
  vst1q_u32(out, vcombine_u32(vget_low_u32(upper.val[0]), vget_low_u32(lower.val[0])));
  vst1q_u32(out + out_stride, vcombine_u32(vget_low_u32(upper.val[1]), vget_low_u32(lower.val[1])));
  vst1q_u32(out + 2 * out_stride, vcombine_u32(vget_high_u32(upper.val[0]), vget_high_u32(lower.val[0])));
  vst1q_u32(out + 3 * out_stride, vcombine_u32(vget_high_u32(upper.val[1]), vget_high_u32(lower.val[1])));
}

DEFINE_ROWWISE(neon, 4, transpose_4)

#endif
