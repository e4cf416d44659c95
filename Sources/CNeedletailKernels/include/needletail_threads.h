// Threads that wait for short work: they spin for some tens of microseconds after the last job, then sleep.
#ifndef NEEDLETAIL_THREADS_H
#define NEEDLETAIL_THREADS_H

#include <stddef.h>

typedef struct needletail_threads needletail_threads;

// Starts `count` threads, which may be zero; NULL when the system has no memory for them. Fewer start if the system refuses.
needletail_threads *needletail_threads_start(size_t count);

// Ends the threads. No job may be running.
void needletail_threads_stop(needletail_threads *threads);

// Calls task(context, i) once for each i in 0..<count, on the caller's thread and whichever others are free, and returns when
// all calls have returned. Any number of threads may call at the same time, and tasks may call again: a caller never waits for a
// thread to become free, only for tasks that have begun.
void needletail_threads_run(needletail_threads *threads, size_t count, void (*task)(void *context, size_t index), void *context);

#endif
