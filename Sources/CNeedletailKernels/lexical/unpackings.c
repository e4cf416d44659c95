#if defined(__x86_64__)
#include "lexical.h"

// Where the second four numbers are read from, and where number k begins behind that.
#define HIGH(w) (4 * (w) / 8)
#define BIT(w, k) ((k) * (w) - ((k) < 4 ? 0 : 8 * HIGH(w)))
#define BYTE(w, k, j) (BIT(w, k) / 8 + (j) < 15 ? BIT(w, k) / 8 + (j) : 15)
#define BYTES(w, k) BYTE(w, k, 0), BYTE(w, k, 1), BYTE(w, k, 2), BYTE(w, k, 3)
#define UNPACKING(w)                                                                                                       \
  {                                                                                                                        \
    .shuffle = {BYTES(w, 0), BYTES(w, 1), BYTES(w, 2), BYTES(w, 3), BYTES(w, 4), BYTES(w, 5), BYTES(w, 6), BYTES(w, 7)},   \
    .shifts = {BIT(w, 0) % 8, BIT(w, 1) % 8, BIT(w, 2) % 8, BIT(w, 3) % 8, BIT(w, 4) % 8, BIT(w, 5) % 8, BIT(w, 6) % 8,    \
               BIT(w, 7) % 8},                                                                                             \
    .high = HIGH(w)                                                                                                        \
  }

static const needletail_unpacking unpackings[needletail_unpacking_widths + 1] = {
    UNPACKING(0),  UNPACKING(1),  UNPACKING(2),  UNPACKING(3),  UNPACKING(4),  UNPACKING(5),  UNPACKING(6),
    UNPACKING(7),  UNPACKING(8),  UNPACKING(9),  UNPACKING(10), UNPACKING(11), UNPACKING(12), UNPACKING(13),
    UNPACKING(14), UNPACKING(15), UNPACKING(16), UNPACKING(17), UNPACKING(18), UNPACKING(19), UNPACKING(20),
    UNPACKING(21), UNPACKING(22), UNPACKING(23), UNPACKING(24), UNPACKING(25)};

const needletail_unpacking *needletail_unpackings(void) { return unpackings; }
#endif
