#if defined(__x86_64__)
#include "serial.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)

// Both tables of a group in registers.
typedef struct {
  __m512i keys[2][2], codes[2][2], multipliers[2];
} tables;

static inline __attribute__((always_inline)) tables load(const needletail_sparse_group *group) {
  tables t;
  for (int side = 0; side < 2; side++) {
    for (int half = 0; half < 2; half++) {
      t.keys[side][half] = _mm512_loadu_si512(group->keys[side] + 32 * half);
      t.codes[side][half] = _mm512_loadu_si512(group->codes[side] + 32 * half);
    }
    t.multipliers[side] = _mm512_set1_epi16((short)group->multipliers[side]);
  }
  return t;
}

// The query's codes of 32 terms, 0 for those it lacks.
static inline __attribute__((always_inline)) __m512i look_up(const tables *t, __m512i terms) {
  __m512i found[2];
  for (int side = 0; side < 2; side++) {
    __m512i slots = _mm512_srli_epi16(_mm512_mullo_epi16(terms, t->multipliers[side]), 10);
    __m512i keys = _mm512_permutex2var_epi16(t->keys[side][0], slots, t->keys[side][1]);
    __mmask32 hits = _mm512_cmpeq_epi16_mask(keys, terms);
    found[side] = _mm512_maskz_permutex2var_epi16(hits, t->codes[side][0], slots, t->codes[side][1]);
  }
  return _mm512_or_si512(found[0], found[1]);
}

static inline __attribute__((always_inline)) __m512i load_u16(const uint16_t *codes, __mmask32 mask) {
  return _mm512_maskz_loadu_epi16(mask, codes);
}

static inline __attribute__((always_inline)) __m512i load_u8(const uint8_t *codes, __mmask32 mask) {
  return _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, codes));
}

// Terms behind the end read as 0, and their codes too.
#define DEFINE_ROW(name, Code, load_codes, serial)                                                                      \
  static inline __attribute__((always_inline)) __m512i name##_part(const tables *t, const uint16_t *terms,              \
                                                                   const Code *codes, size_t count) {                   \
    __m512i sum = _mm512_setzero_si512();                                                                               \
    for (size_t i = 0; i < count; i += 32) {                                                                            \
      __mmask32 mask = count - i < 32 ? (__mmask32)((1u << (count - i)) - 1u) : ~(__mmask32)0;                          \
      __m512i found = look_up(t, _mm512_maskz_loadu_epi16(mask, terms + i));                                            \
      sum = _mm512_add_epi32(sum, _mm512_madd_epi16(found, load_codes(codes + i, mask)));                               \
    }                                                                                                                   \
    return sum;                                                                                                         \
  }                                                                                                                     \
  static inline __attribute__((always_inline)) int32_t name##_groups(const needletail_sparse_query *query,              \
                                                                     const uint16_t *terms, const Code *codes,          \
                                                                     size_t count) {                                    \
    if (query->group_count == 0) return serial(query, terms, codes, count);                                             \
    __m512i sum = _mm512_setzero_si512();                                                                               \
    for (size_t group = 0; group < query->group_count; group++) {                                                       \
      tables t = load(query->groups + group);                                                                           \
      sum = _mm512_add_epi32(sum, name##_part(&t, terms, codes, count));                                                \
    }                                                                                                                   \
    return _mm512_reduce_add_epi32(sum);                                                                                \
  }                                                                                                                     \
  static inline __attribute__((always_inline)) int32_t name##_one(const tables *t, const uint16_t *terms,               \
                                                                  const Code *codes, size_t count) {                    \
    return _mm512_reduce_add_epi32(name##_part(t, terms, codes, count));                                                \
  }                                                                                                                     \
  static inline __attribute__((always_inline)) int32_t name##_two(const tables *t, const uint16_t *terms,               \
                                                                  const Code *codes, size_t count) {                    \
    __m512i first = name##_part(t, terms, codes, count);                                                                \
    return _mm512_reduce_add_epi32(_mm512_add_epi32(first, name##_part(t + 1, terms, codes, count)));                   \
  }                                                                                                                     \
  NEEDLETAIL_DEFINE_SPARSE_SCORE(name##_any, uint16_t, Code, name##_groups)                                             \
  NEEDLETAIL_DEFINE_SPARSE_SCORE_WITH(name##_pair, uint16_t, Code, const tables *, name##_two)                          \
  NEEDLETAIL_DEFINE_SPARSE_SCORE_WITH(name##_single, uint16_t, Code, const tables *, name##_one)                        \
  static void name(const needletail_sparse_query *query, const needletail_sparse_rows *rows, const uint32_t *indices,   \
                   size_t first, size_t count, int32_t *results) {                                                      \
    if (query->group_count == 0 || query->group_count > 2) return name##_any(query, rows, indices, first, count, results); \
    tables t[2] = {load(query->groups), load(query->groups + query->group_count - 1)};                                  \
    if (query->group_count == 1) return name##_single(t, rows, indices, first, count, results);                         \
    name##_pair(t, rows, indices, first, count, results);                                                               \
  }

DEFINE_ROW(t16c16, uint16_t, load_u16, needletail_sparse_t16c16_one)
DEFINE_ROW(t16c8, uint8_t, load_u8, needletail_sparse_t16c8_one)

#pragma clang attribute pop

NEEDLETAIL_DEFINE_SPARSE_SCORE(t32c16, uint32_t, uint16_t, needletail_sparse_t32c16_one)
NEEDLETAIL_DEFINE_SPARSE_SCORE(t32c8, uint32_t, uint8_t, needletail_sparse_t32c8_one)

const needletail_sparse_kernels needletail_sparse_avx512 = {
    .isa = NEEDLETAIL_ISA_AVX512, .t16c16 = t16c16, .t16c8 = t16c8, .t32c16 = t32c16, .t32c8 = t32c8};
#endif
