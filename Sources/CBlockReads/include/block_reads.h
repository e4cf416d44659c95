#ifndef NEEDLETAIL_BLOCK_READS_H
#define NEEDLETAIL_BLOCK_READS_H

#include <stddef.h>
#include <stdint.h>

// Reads of one file that are under way together, through the kernel's rings (io_uring). Systems without them, and those
// that forbid them, get no ring; the caller then reads by other means.

typedef struct needletail_ring needletail_ring;

typedef struct {
  void *target;
  uint64_t offset;
  uint32_t length;
} needletail_block_read;

/// A ring for up to `depth` reads at a time; NULL where there are none. One thread at a time may use it.
needletail_ring *needletail_ring_open(uint32_t depth);
void needletail_ring_close(needletail_ring *ring);

/// Reads all blocks, as many at a time as the ring holds; returns 0, or the number of an error. A block that was read in
/// part only, at the end of the file for example, is error -1.
int needletail_ring_read(needletail_ring *ring, int descriptor, const needletail_block_read *reads, size_t count);

#endif
