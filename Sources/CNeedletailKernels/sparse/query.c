#include "needletail_sparse.h"

#include <stdbool.h>
#include <string.h>

static unsigned slot(uint16_t term, uint16_t multiplier) { return (uint16_t)(term * (unsigned)multiplier) >> 10; }

// Multipliers to try, one pair after the other: odd, and the same on every machine.
static uint16_t next_multiplier(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return (uint16_t)(*state >> 16) | 1;
}

// Puts a term at one of its two places, pushing others to their second ones.
static bool insert(needletail_sparse_group *group, bool occupied[2][64], uint16_t term, uint16_t code) {
  int side = 0;
  for (int moves = 0; moves < 96; moves++) {
    unsigned place = slot(term, group->multipliers[side]);
    bool was_occupied = occupied[side][place];
    uint16_t old_term = group->keys[side][place], old_code = group->codes[side][place];
    group->keys[side][place] = term;
    group->codes[side][place] = code;
    occupied[side][place] = true;
    if (!was_occupied) return true;
    term = old_term;
    code = old_code;
    side = 1 - side;
  }
  return false;
}

static bool fill(needletail_sparse_group *group, const uint16_t *terms, const uint16_t *codes, size_t count) {
  bool occupied[2][64];
  memset(occupied, 0, sizeof occupied);
  memset(group->keys, 0xff, sizeof group->keys);
  memset(group->codes, 0, sizeof group->codes);
  for (size_t i = 0; i < count; i++)
    if (!insert(group, occupied, terms[i], codes[i])) return false;
  return true;
}

size_t needletail_sparse_hash(const uint16_t *terms, const uint16_t *codes, size_t count, needletail_sparse_group *groups,
                              size_t capacity) {
  size_t made = 0, done = 0;
  uint32_t state = 1;
  while (done < count) {
    if (made == capacity) return 0;
    size_t size = count - done < needletail_sparse_group_terms ? count - done : needletail_sparse_group_terms;
    needletail_sparse_group *group = groups + made;
    memset(group, 0, sizeof *group);
    // Two tables less than half full hardly ever fail; when they do again and again, a smaller group will not.
    for (int attempt = 1;; attempt++) {
      group->multipliers[0] = next_multiplier(&state);
      group->multipliers[1] = next_multiplier(&state);
      if (fill(group, terms + done, codes + done, size)) break;
      if (attempt % 8 == 0 && size > 1) size = (size + 1) / 2;
    }
    done += size;
    made++;
  }
  return made;
}
