// Jobs live on the stack of their caller, in a list that free threads look at. A caller takes its job off the list before it
// returns and waits for the threads that had joined it, so nothing outlives the call.
#include "needletail_threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Rounds of looking before a thread goes to sleep; a round is a pause of some 10-40 ns.
enum { SPINS = 2000 };

typedef struct job {
  void (*task)(void *, size_t);
  void *context;
  size_t count;
  atomic_size_t next;
  atomic_size_t helpers;  // threads other than the caller that are inside
  bool listed;            // guarded by the list's lock
  struct job *following;
} job;

struct needletail_threads {
  // The list of jobs that still have tasks to hand out, behind a lock held for a few instructions at a time.
  atomic_flag lock;
  job *first;
  atomic_size_t open;  // its length
  // Sleeping. Counted so that nobody calls the system to wake threads that are awake.
  pthread_mutex_t sleep_lock;
  pthread_cond_t job_arrived, helper_left;
  atomic_size_t sleeping, waiting;
  atomic_bool stopping;
  size_t count;
  pthread_t threads[];
};

static void relax(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

static void take_lock(needletail_threads *t) {
  for (size_t tries = 1; atomic_flag_test_and_set_explicit(&t->lock, memory_order_acquire); tries++) {
    if (tries % 64 == 0)
      sched_yield();  // its holder may have been taken off the processor
    else
      relax();
  }
}

static void release_lock(needletail_threads *t) { atomic_flag_clear_explicit(&t->lock, memory_order_release); }

static void list(needletail_threads *t, job *j) {
  take_lock(t);
  j->following = t->first;
  j->listed = true;
  t->first = j;
  atomic_fetch_add(&t->open, 1);
  release_lock(t);
}

static void unlist(needletail_threads *t, job *j) {
  take_lock(t);
  if (j->listed) {
    job **link = &t->first;
    while (*link != j) link = &(*link)->following;
    *link = j->following;
    j->listed = false;
    atomic_fetch_sub(&t->open, 1);
  }
  release_lock(t);
}

static void work(job *j) {
  for (;;) {
    size_t index = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed);
    if (index >= j->count) return;
    j->task(j->context, index);
  }
}

// Joins the newest job (callers inside tasks are waiting for theirs), works on it and leaves.
static void help(needletail_threads *t) {
  take_lock(t);
  job *j = t->first;
  if (j) atomic_fetch_add(&j->helpers, 1);
  release_lock(t);
  if (!j) return;
  work(j);
  unlist(t, j);
  // after this the job may be gone
  if (atomic_fetch_sub(&j->helpers, 1) == 1 && atomic_load(&t->waiting) > 0) {
    pthread_mutex_lock(&t->sleep_lock);
    pthread_cond_broadcast(&t->helper_left);
    pthread_mutex_unlock(&t->sleep_lock);
  }
}

static void sleep_until_job(needletail_threads *t) {
  pthread_mutex_lock(&t->sleep_lock);
  atomic_fetch_add(&t->sleeping, 1);
  while (atomic_load(&t->open) == 0 && !atomic_load(&t->stopping)) pthread_cond_wait(&t->job_arrived, &t->sleep_lock);
  atomic_fetch_sub(&t->sleeping, 1);
  pthread_mutex_unlock(&t->sleep_lock);
}

static void *thread_main(void *argument) {
  needletail_threads *t = argument;
  while (!atomic_load_explicit(&t->stopping, memory_order_relaxed)) {
    int spins = 0;
    while (spins < SPINS && atomic_load_explicit(&t->open, memory_order_relaxed) == 0) {
      relax();
      spins++;
    }
    if (spins < SPINS)
      help(t);
    else
      sleep_until_job(t);
  }
  return NULL;
}

static void wait_for_helpers(needletail_threads *t, job *j) {
  for (int spins = 0; spins < SPINS; spins++) {
    if (atomic_load(&j->helpers) == 0) return;
    relax();
  }
  pthread_mutex_lock(&t->sleep_lock);
  atomic_fetch_add(&t->waiting, 1);
  while (atomic_load(&j->helpers) != 0) pthread_cond_wait(&t->helper_left, &t->sleep_lock);
  atomic_fetch_sub(&t->waiting, 1);
  pthread_mutex_unlock(&t->sleep_lock);
}

static void wake(needletail_threads *t, size_t count) {
  size_t sleeping = atomic_load(&t->sleeping);
  if (sleeping == 0) return;
  pthread_mutex_lock(&t->sleep_lock);
  if (count >= sleeping)
    pthread_cond_broadcast(&t->job_arrived);
  else
    for (size_t i = 0; i < count; i++) pthread_cond_signal(&t->job_arrived);
  pthread_mutex_unlock(&t->sleep_lock);
}

void needletail_threads_run(needletail_threads *t, size_t count, void (*task)(void *, size_t), void *context) {
  if (count < 2 || t->count == 0) {
    for (size_t i = 0; i < count; i++) task(context, i);
    return;
  }
  job j = {.task = task, .context = context, .count = count};
  list(t, &j);
  wake(t, count - 1);
  work(&j);
  unlist(t, &j);
  wait_for_helpers(t, &j);
}

needletail_threads *needletail_threads_start(size_t count) {
  needletail_threads *t = calloc(1, sizeof *t + count * sizeof(pthread_t));
  if (!t) return NULL;
  atomic_flag_clear(&t->lock);
  pthread_mutex_init(&t->sleep_lock, NULL);
  pthread_cond_init(&t->job_arrived, NULL);
  pthread_cond_init(&t->helper_left, NULL);
  while (t->count < count && pthread_create(&t->threads[t->count], NULL, thread_main, t) == 0) t->count++;
  return t;
}

void needletail_threads_stop(needletail_threads *t) {
  pthread_mutex_lock(&t->sleep_lock);
  atomic_store(&t->stopping, true);
  pthread_cond_broadcast(&t->job_arrived);
  pthread_mutex_unlock(&t->sleep_lock);
  for (size_t i = 0; i < t->count; i++) pthread_join(t->threads[i], NULL);
  pthread_cond_destroy(&t->helper_left);
  pthread_cond_destroy(&t->job_arrived);
  pthread_mutex_destroy(&t->sleep_lock);
  free(t);
}
