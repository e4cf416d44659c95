// What the kernels of word search share.
#ifndef NEEDLETAIL_LEXICAL_INTERNAL_H
#define NEEDLETAIL_LEXICAL_INTERNAL_H

#include "needletail_lexical.h"

extern const needletail_lexical_kernels needletail_lexical_serial;
#if defined(__x86_64__)
extern const needletail_lexical_kernels needletail_lexical_avx2;
extern const needletail_lexical_kernels needletail_lexical_avx512;

// How eight numbers of a width are gathered: the first four from 16 bytes at their start, the others from 16 bytes at `high`.
typedef struct {
  uint8_t shuffle[32];
  uint32_t shifts[8];
  uint32_t high;
} needletail_unpacking;

// Widths from 1 to this; wider numbers may spread over five bytes.
enum { needletail_unpacking_widths = 25 };
extern const needletail_unpacking *needletail_unpackings(void);
void needletail_unpack_avx2(const uint32_t *words, size_t available, unsigned width, size_t count, uint32_t *numbers);
void needletail_add_up_avx2(uint32_t *numbers, size_t count, uint32_t start);
#endif

// The numbers from `i` on.
void needletail_unpack_from(const uint32_t *words, size_t available, unsigned width, size_t i, size_t count, uint32_t *numbers);
void needletail_accumulate_serial(const uint32_t *rows, const uint32_t *frequencies, size_t count, const uint32_t *lengths,
                                  needletail_term_scorer scorer, uint32_t first, uint32_t *sums);

#endif
