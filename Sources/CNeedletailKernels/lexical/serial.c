#include "lexical.h"

#include <string.h>

#pragma STDC FP_CONTRACT OFF

static uint64_t eight_bytes(const uint8_t *bytes, size_t available) {
  uint64_t value = 0;
  memcpy(&value, bytes, available < 8 ? available : 8);
  return value;
}

void needletail_unpack_from(const uint32_t *words, size_t available, unsigned width, size_t i, size_t count, uint32_t *numbers) {
  if (width == 0) {
    memset(numbers + i, 0, (count - i) * sizeof *numbers);
    return;
  }
  const uint8_t *bytes = (const uint8_t *)words;
  uint64_t mask = ((uint64_t)1 << width) - 1;
  size_t limit = available * sizeof *words;
  // Numbers from here on begin within the last eight bytes.
  size_t safe = limit < 8 ? 0 : (8 * (limit - 8)) / width;
  if (safe > count) safe = count;
  for (size_t bit = i * width; i < safe; i++, bit += width) {
    uint64_t value;
    memcpy(&value, bytes + bit / 8, 8);
    numbers[i] = (uint32_t)(value >> (bit % 8) & mask);
  }
  for (; i < count; i++) {
    size_t bit = i * width;
    numbers[i] = (uint32_t)(eight_bytes(bytes + bit / 8, limit - bit / 8) >> (bit % 8) & mask);
  }
}

static void unpack(const uint32_t *words, size_t available, unsigned width, size_t count, uint32_t *numbers) {
  needletail_unpack_from(words, available, width, 0, count, numbers);
}

static void add_up(uint32_t *numbers, size_t count, uint32_t start) {
  for (size_t i = 0; i < count; i++) numbers[i] = start += numbers[i] + 1;
}

enum { chunk = 128 };

void needletail_accumulate_serial(const uint32_t *rows, const uint32_t *frequencies, size_t count, const uint32_t *lengths,
                                  needletail_term_scorer scorer, uint32_t first, uint32_t *sums) {
  float norms[chunk];
  int32_t shares[chunk];
  for (size_t start = 0; start < count; start += chunk) {
    size_t n = count - start < chunk ? count - start : chunk;
    for (size_t i = 0; i < n; i++) norms[i] = scorer.flat + scorer.slope * (float)lengths[rows[start + i]];
    for (size_t i = 0; i < n; i++) {
      float frequency = (float)(frequencies[start + i] + 1);
      int32_t share = (int32_t)(scorer.ceiling * (frequency / (frequency + norms[i])));
      shares[i] = share > 1 ? share : 1;
    }
    for (size_t i = 0; i < n; i++) sums[rows[start + i] - first] += (uint32_t)shares[i];
  }
}

static size_t select_above(uint32_t *sums, size_t count, uint32_t floor, uint32_t *places) {
  enum { group = 32 };
  size_t found = 0;
  size_t start = 0;
  for (; start + group <= count; start += group) {
    int32_t above = 0;
    for (size_t i = 0; i < group; i++) above |= (int32_t)sums[start + i] > (int32_t)floor;
    if (!above) {
      memset(sums + start, 0, group * sizeof *sums);
      continue;
    }
    for (size_t i = start; i < start + group; i++) {
      if (sums[i] > floor) places[found++] = (uint32_t)i; else sums[i] = 0;
    }
  }
  for (; start < count; start++) {
    if (sums[start] > floor) places[found++] = (uint32_t)start; else sums[start] = 0;
  }
  return found;
}

const needletail_lexical_kernels needletail_lexical_serial = {
    .isa = NEEDLETAIL_ISA_SERIAL, .unpack = unpack, .add_up = add_up, .accumulate = needletail_accumulate_serial, .select = select_above};
