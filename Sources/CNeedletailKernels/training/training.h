// The training kernels by instruction set; see needletail_training.h for their meaning. Private to this target.
#ifndef NEEDLETAIL_TRAINING_PRIVATE_H
#define NEEDLETAIL_TRAINING_PRIVATE_H

#include "needletail_training.h"

extern const needletail_training_kernels needletail_training_serial;
#if defined(__x86_64__)
extern const needletail_training_kernels needletail_training_avx2;
extern const needletail_training_kernels needletail_training_avx512;
#endif
#if defined(__aarch64__)
extern const needletail_training_kernels needletail_training_neon;
#endif

// The random word that decides on one entry of a dropout; the finaliser of MurmurHash3 (A. Appleby, public domain).
static inline uint32_t needletail_dropout_word(uint32_t seed, uint32_t index) {
  uint32_t h = index * 0x9e3779b9u + seed;
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}

#endif
