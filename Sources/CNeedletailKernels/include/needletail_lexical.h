// What a search of words does for each posting. Plain C that compilers turn into vector code; every processor gives the same
// results to the last bit, because products and sums are not contracted.
#ifndef NEEDLETAIL_LEXICAL_H
#define NEEDLETAIL_LEXICAL_H

#include <stddef.h>
#include <stdint.h>

// Unpacks `count` numbers of `width` bits, 0 to 32, the first in the lowest bits. `available` words may be read, at least
// (count * width + 31) / 32.
void needletail_unpack(const uint32_t *_Nonnull words, size_t available, unsigned width, size_t count,
                       uint32_t *_Nonnull numbers);

// The share of a term in a score: max(1, trunc(ceiling * (f / (f + (flat + slope * length))))), below 2^31.
typedef struct needletail_term_scorer {
  float ceiling, flat, slope;
} needletail_term_scorer;

// sums[rows[i] - first] += share of frequencies[i] and lengths[rows[i]].
void needletail_lexical_accumulate(const uint32_t *_Nonnull rows, const uint32_t *_Nonnull frequencies, size_t count,
                                   const uint32_t *_Nonnull lengths, needletail_term_scorer scorer, uint32_t first,
                                   uint32_t *_Nonnull sums);

// Writes the places of the sums above `floor`, ascending, and sets the other sums to 0; returns how many there are. Sums are
// below 2^31.
size_t needletail_lexical_select(uint32_t *_Nonnull sums, size_t count, uint32_t floor, uint32_t *_Nonnull places);

#endif
