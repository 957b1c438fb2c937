/*
 * Preloaded into a process, it moves that process's wall clock while it runs, by the seconds in a mapped file, and
 * leaves its monotonic clock alone, as setting the clock of the machine does. Waits on condition variables that go by
 * the wall clock follow it: the kernel wakes them when the clock, as it is by then, has reached their time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SLICE_NS 20000000L
#define SECOND_NS 1000000000L

static _Atomic int64_t none;
static _Atomic int64_t* offset_s = &none;

static int (*next_wait)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*);

__attribute__((constructor)) static void start(void) {
  next_wait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (next_wait == NULL) next_wait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  const char* path = getenv("MOVED_CLOCK");
  if (path == NULL) return;
  int file = open(path, O_RDONLY);
  if (file < 0) return;
  void* mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) offset_s = mapped;
  close(file);
}

static int read_clock(clockid_t clock, struct timespec* now) {
  return (int)syscall(SYS_clock_gettime, clock, now);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  int status = read_clock(clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += atomic_load(offset_s);
  return status;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  struct timespec exact;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) *out = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec* now, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

/* Where glibc keeps the clock of a condition variable, no header says; so those with a clock of their own are noted. */
#define MONOTONIC_MAX 65536
static _Atomic(pthread_cond_t*) monotonic[MONOTONIC_MAX];

static size_t place_of(pthread_cond_t* cond) { return ((uintptr_t)cond >> 4) % MONOTONIC_MAX; }

int pthread_cond_init(pthread_cond_t* restrict cond, const pthread_condattr_t* restrict attr) {
  static int (*next)(pthread_cond_t*, const pthread_condattr_t*);
  if (next == NULL) next = dlvsym(RTLD_NEXT, "pthread_cond_init", "GLIBC_2.3.2");
  clockid_t clock = CLOCK_REALTIME;
  if (attr != NULL) pthread_condattr_getclock(attr, &clock);
  size_t place = place_of(cond);
  for (size_t i = 0; i < MONOTONIC_MAX; i++, place = (place + 1) % MONOTONIC_MAX) {
    pthread_cond_t* there = atomic_load(&monotonic[place]);
    if (there == cond) {
      if (clock == CLOCK_REALTIME) atomic_store(&monotonic[place], (pthread_cond_t*)1);
      break;
    }
    if (there == NULL) {
      if (clock == CLOCK_REALTIME) break;
      if (atomic_compare_exchange_strong(&monotonic[place], &there, cond)) break;
    }
  }
  return next(cond, attr);
}

static int is_monotonic(pthread_cond_t* cond) {
  size_t place = place_of(cond);
  for (size_t i = 0; i < MONOTONIC_MAX; i++, place = (place + 1) % MONOTONIC_MAX) {
    pthread_cond_t* there = atomic_load(&monotonic[place]);
    if (there == cond) return 1;
    if (there == NULL) return 0;
  }
  return 0;
}

int pthread_cond_timedwait(
    pthread_cond_t* restrict cond, pthread_mutex_t* restrict mutex, const struct timespec* restrict until) {
  if (is_monotonic(cond)) return next_wait(cond, mutex, until);
  for (;;) {
    struct timespec now, slice;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec))
      return ETIMEDOUT;
    read_clock(CLOCK_REALTIME, &slice);
    slice.tv_nsec += SLICE_NS;
    if (slice.tv_nsec >= SECOND_NS) slice.tv_sec++, slice.tv_nsec -= SECOND_NS;
    int status = next_wait(cond, mutex, &slice);
    if (status != ETIMEDOUT) return status;
  }
}
