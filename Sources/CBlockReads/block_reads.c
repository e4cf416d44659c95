#include "block_reads.h"

#if defined(__linux__) && __has_include(<linux/io_uring.h>)

#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct needletail_ring {
  int descriptor;
  uint32_t depth;
  void *submissions, *completions;
  size_t submission_bytes, completion_bytes, entry_bytes;
  struct io_uring_sqe *entries;
  uint32_t *submission_tail, *submission_mask, *submission_array;
  uint32_t *completion_head, *completion_tail, *completion_mask;
  struct io_uring_cqe *results;
};

static void *mapped(int descriptor, size_t bytes, uint64_t place) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, (off_t)place);
  return memory == MAP_FAILED ? NULL : memory;
}

needletail_ring *needletail_ring_open(uint32_t depth) {
  struct io_uring_params parameters;
  memset(&parameters, 0, sizeof parameters);
  int descriptor = (int)syscall(__NR_io_uring_setup, depth, &parameters);
  if (descriptor < 0) return NULL;
  needletail_ring *ring = calloc(1, sizeof *ring);
  if (!ring) {
    close(descriptor);
    return NULL;
  }
  ring->descriptor = descriptor;
  ring->depth = depth;
  ring->submission_bytes = parameters.sq_off.array + parameters.sq_entries * sizeof(uint32_t);
  ring->completion_bytes = parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe);
  ring->entry_bytes = parameters.sq_entries * sizeof(struct io_uring_sqe);
  ring->submissions = mapped(descriptor, ring->submission_bytes, IORING_OFF_SQ_RING);
  ring->completions = mapped(descriptor, ring->completion_bytes, IORING_OFF_CQ_RING);
  ring->entries = mapped(descriptor, ring->entry_bytes, IORING_OFF_SQES);
  if (!ring->submissions || !ring->completions || !ring->entries) {
    needletail_ring_close(ring);
    return NULL;
  }
  char *sq = ring->submissions, *cq = ring->completions;
  ring->submission_tail = (uint32_t *)(sq + parameters.sq_off.tail);
  ring->submission_mask = (uint32_t *)(sq + parameters.sq_off.ring_mask);
  ring->submission_array = (uint32_t *)(sq + parameters.sq_off.array);
  ring->completion_head = (uint32_t *)(cq + parameters.cq_off.head);
  ring->completion_tail = (uint32_t *)(cq + parameters.cq_off.tail);
  ring->completion_mask = (uint32_t *)(cq + parameters.cq_off.ring_mask);
  ring->results = (struct io_uring_cqe *)(cq + parameters.cq_off.cqes);
  return ring;
}

void needletail_ring_close(needletail_ring *ring) {
  if (!ring) return;
  if (ring->submissions) munmap(ring->submissions, ring->submission_bytes);
  if (ring->completions) munmap(ring->completions, ring->completion_bytes);
  if (ring->entries) munmap(ring->entries, ring->entry_bytes);
  close(ring->descriptor);
  free(ring);
}

// Takes finished reads off the ring; returns how many there were, and keeps the first error.
static size_t collected(needletail_ring *ring, const needletail_block_read *reads, int *error) {
  uint32_t head = *ring->completion_head;
  uint32_t tail = __atomic_load_n(ring->completion_tail, __ATOMIC_ACQUIRE);
  size_t count = 0;
  for (; head != tail; head++, count++) {
    struct io_uring_cqe *result = &ring->results[head & *ring->completion_mask];
    if (*error) continue;
    if (result->res < 0) *error = -result->res;
    else if ((uint32_t)result->res != reads[result->user_data].length) *error = -1;
  }
  __atomic_store_n(ring->completion_head, head, __ATOMIC_RELEASE);
  return count;
}

int needletail_ring_read(needletail_ring *ring, int descriptor, const needletail_block_read *reads, size_t count) {
  int error = 0;
  for (size_t first = 0; first < count && !error;) {
    uint32_t batch = count - first < ring->depth ? (uint32_t)(count - first) : ring->depth;
    uint32_t tail = *ring->submission_tail;
    for (uint32_t number = 0; number < batch; number++, tail++) {
      uint32_t place = tail & *ring->submission_mask;
      struct io_uring_sqe *entry = &ring->entries[place];
      memset(entry, 0, sizeof *entry);
      entry->opcode = IORING_OP_READ;
      entry->fd = descriptor;
      entry->addr = (uint64_t)(uintptr_t)reads[first + number].target;
      entry->len = reads[first + number].length;
      entry->off = reads[first + number].offset;
      entry->user_data = first + number;
      ring->submission_array[place] = place;
    }
    __atomic_store_n(ring->submission_tail, tail, __ATOMIC_RELEASE);
    // Whatever happens, the kernel may write into the targets until all that was submitted is done.
    uint32_t submitted = 0, done = 0;
    while (done < batch) {
      int taken = (int)syscall(
          __NR_io_uring_enter, ring->descriptor, batch - submitted, batch - done, IORING_ENTER_GETEVENTS, NULL, 0);
      if (taken < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY) {
        if (!error) error = errno;
        // Nothing was taken: what is not submitted will never come.
        if (submitted == done) return error;
      }
      if (taken > 0) submitted += (uint32_t)taken;
      done += (uint32_t)collected(ring, reads, &error);
    }
    first += batch;
  }
  return error;
}

#else

needletail_ring *needletail_ring_open(uint32_t depth) {
  (void)depth;
  return NULL;
}

void needletail_ring_close(needletail_ring *ring) { (void)ring; }

int needletail_ring_read(needletail_ring *ring, int descriptor, const needletail_block_read *reads, size_t count) {
  (void)ring, (void)descriptor, (void)reads, (void)count;
  return -1;
}

#endif
