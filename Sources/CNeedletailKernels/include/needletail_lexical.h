// What a search of words does for each posting. All kernels give the same results to the last bit, because products and sums
// are not contracted; the serial ones are the specification.
#ifndef NEEDLETAIL_LEXICAL_H
#define NEEDLETAIL_LEXICAL_H

#include "needletail_cpu.h"

#include <stddef.h>
#include <stdint.h>

// The share of a term in a score: max(1, trunc(ceiling * (f / (f + (flat + slope * length))))), below 2^31.
typedef struct needletail_term_scorer {
  float ceiling, flat, slope;
} needletail_term_scorer;

typedef struct needletail_lexical_kernels {
  needletail_isa isa;
  // Unpacks `count` numbers of `width` bits, 0 to 32, the first in the lowest bits. `available` words may be read, at least
  // (count * width + 31) / 32.
  void (*_Nonnull unpack)(const uint32_t *_Nonnull words, size_t available, unsigned width, size_t count, uint32_t *_Nonnull numbers);
  // numbers[i] becomes start + the sum of numbers[0 ... i] + i + 1, modulo 2^32: rows from the gaps between them, less 1.
  void (*_Nonnull add_up)(uint32_t *_Nonnull numbers, size_t count, uint32_t start);
  // sums[rows[i] - first] += share of frequencies[i] + 1 and lengths[rows[i]].
  void (*_Nonnull accumulate)(const uint32_t *_Nonnull rows, const uint32_t *_Nonnull frequencies, size_t count,
                              const uint32_t *_Nonnull lengths, needletail_term_scorer scorer, uint32_t first,
                              uint32_t *_Nonnull sums);
  // Writes the places of the sums above `floor`, ascending, and sets the other sums to 0; returns how many there are. Sums are
  // below 2^31. There is room for 16 places more than there are sums.
  size_t (*_Nonnull select)(uint32_t *_Nonnull sums, size_t count, uint32_t floor, uint32_t *_Nonnull places);
} needletail_lexical_kernels;

// The kernels of an instruction set; NULL where this processor has it not.
const needletail_lexical_kernels *_Nullable needletail_lexical_for(needletail_isa isa);
const needletail_lexical_kernels *_Nonnull needletail_lexical_current(void);

#endif
