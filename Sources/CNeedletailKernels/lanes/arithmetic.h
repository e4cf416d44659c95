// Vectors of LANES floats and the elementary functions on them, for whichever instruction set includes this file.
//
// The includer defines LANES and LANES_TARGET (the attribute that names the instruction set). Clang's vector types compile to
// one instruction per operation; what has no operator (products of rows, transposition) stays with the instruction sets.
// Polynomials are minimax fits; the errors stated are those of the fit.
#include <stddef.h>
#include <stdint.h>

typedef float lanes __attribute__((ext_vector_type(LANES)));
typedef int32_t lanes_i32 __attribute__((ext_vector_type(LANES)));
typedef uint32_t lanes_u32 __attribute__((ext_vector_type(LANES)));
typedef uint16_t lanes_u16 __attribute__((ext_vector_type(LANES)));
typedef uint8_t lanes_u8 __attribute__((ext_vector_type(LANES)));

#define LANES_INLINE static inline __attribute__((always_inline, unused)) LANES_TARGET
#define LANES_FUNCTION static __attribute__((unused)) LANES_TARGET

LANES_INLINE lanes lanes_load(const float *p) {
  lanes v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

LANES_INLINE void lanes_store(float *p, lanes v) { __builtin_memcpy(p, &v, sizeof v); }

// The first `count` of LANES values, the rest `filler`.
LANES_INLINE lanes lanes_load_part(const float *p, size_t count, float filler) {
  if (count >= LANES) return lanes_load(p);
  float part[LANES];
  for (size_t i = 0; i < LANES; i++) part[i] = i < count ? p[i] : filler;
  return lanes_load(part);
}

LANES_INLINE void lanes_store_part(float *p, size_t count, lanes v) {
  if (count >= LANES) {
    lanes_store(p, v);
    return;
  }
  float part[LANES];
  lanes_store(part, v);
  for (size_t i = 0; i < count; i++) p[i] = part[i];
}

LANES_INLINE lanes lanes_max(lanes a, lanes b) { return a > b ? a : b; }
LANES_INLINE lanes lanes_min(lanes a, lanes b) { return a < b ? a : b; }
LANES_INLINE lanes lanes_fma(lanes a, lanes b, lanes c) { return __builtin_elementwise_fma(a, b, c); }
LANES_INLINE lanes lanes_round(lanes a) { return __builtin_elementwise_roundeven(a); }

LANES_INLINE float lanes_sum(lanes v) {
  float part[LANES];
  lanes_store(part, v);
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) part[i] += part[i + half];
  return part[0];
}

LANES_INLINE float lanes_largest(lanes v) {
  float part[LANES];
  lanes_store(part, v);
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) part[i] = part[i] > part[i + half] ? part[i] : part[i + half];
  return part[0];
}

// Rounds to bfloat16, to nearest even.
LANES_INLINE lanes_u16 lanes_narrow(lanes v) {
  lanes_u32 bits = (lanes_u32)v;
  bits += 0x7fff + ((bits >> 16) & 1);
  return __builtin_convertvector(bits >> 16, lanes_u16);
}

LANES_INLINE void lanes_store_narrow_part(uint16_t *p, size_t count, lanes v) {
  lanes_u16 narrow = lanes_narrow(v);
  if (count >= LANES) {
    __builtin_memcpy(p, &narrow, sizeof narrow);
    return;
  }
  for (size_t i = 0; i < count; i++) p[i] = narrow[i];
}

// 2^x for |x| <= 126, smaller x counting as -126. Relative error 1e-7, or 8e-5 when `coarse`.
LANES_INLINE lanes lanes_exp2(lanes x, int coarse) {
  x = lanes_max(x, -126.0f);
  lanes whole = lanes_round(x);
  lanes part = x - whole;
  lanes p;
  if (coarse) {
    p = lanes_fma(part, 0.055171624f, 0.24261113f);
    p = lanes_fma(p, part, 0.69326097f);
    p = lanes_fma(p, part, 0.99992806f);
  } else {
    p = lanes_fma(part, 0.0013276467f, 0.009675541f);
    p = lanes_fma(p, part, 0.055507135f);
    p = lanes_fma(p, part, 0.24022120f);
    p = lanes_fma(p, part, 0.69314694f);
    p = lanes_fma(p, part, 1.0000001f);
  }
  lanes_i32 exponent = __builtin_convertvector(whole, lanes_i32);
  return p * (lanes)((exponent + 127) << 23);
}

// x Φ(x) = max(x, 0) - |x| Φ(-|x|). The second term is a bump that a polynomial follows to 2e-4 (`coarse`); the exact form
// writes Φ(-z) as exp(-z²/2) times a polynomial in 1 / (1 + 0.35 z), relative error 3e-7.
LANES_INLINE lanes lanes_gelu(lanes x, int coarse) {
  lanes z = __builtin_elementwise_abs(x);
  if (coarse) {
    z = lanes_min(z, 4.0f);
    lanes p = lanes_fma(z, 5.7273031e-05f, -0.0015833188f);
    p = lanes_fma(p, z, 0.016229719f);
    p = lanes_fma(p, z, -0.079759233f);
    p = lanes_fma(p, z, 0.18364939f);
    p = lanes_fma(p, z, -0.090106465f);
    p = lanes_fma(p, z, -0.36526418f);
    p = lanes_fma(p, z, 0.49521843f);
    p = lanes_fma(p, z, 0.00011130456f);
    return lanes_max(x, 0.0f) - p;
  }
  lanes t = 1.0f / lanes_fma(z, 0.35f, 1.0f);
  lanes p = lanes_fma(t, 0.0489426f, -0.20211990f);
  p = lanes_fma(p, t, 0.24064182f);
  p = lanes_fma(p, t, -0.017024291f);
  p = lanes_fma(p, t, 0.15596190f);
  p = lanes_fma(p, t, 0.13335499f);
  p = lanes_fma(p, t, 0.14027035f);
  p = lanes_fma(p, t, -2.7316339e-05f);
  lanes tail = p * lanes_exp2(z * z * -0.72134752f, 0);
  return lanes_max(x, 0.0f) - z * tail;
}

// x / (1 + exp(-2u)) with u = sqrt(2/π) (x + 0.044715 x³), which is the tanh form of GELU.
LANES_INLINE lanes lanes_gelu_tanh(lanes x, int coarse) {
  lanes u = x * lanes_fma(x * x, 0.035677408f, 0.79788456f);
  lanes exponent = lanes_min(u * -2.8853901f, 126.0f);
  return x / (1.0f + lanes_exp2(exponent, coarse));
}

// x / (1 + exp(-x))
LANES_INLINE lanes lanes_silu(lanes x, int coarse) {
  return x / (1.0f + lanes_exp2(lanes_min(x * -1.44269504f, 126.0f), coarse));
}
