/* Records what a process does to the files below a folder, in order, so that the state of the disk after a loss of power
   can be made from the record: what was not synchronised may be there or not.

   cc -shared -fPIC -O2 -o powercut.so powercut.c
   POWERCUT_ROOT=/folder POWERCUT_JOURNAL=/elsewhere/journal LD_PRELOAD=./powercut.so program

   A record: kind (1 byte), length of the path (4), path, offset (8), length of the data (4), data; numbers little-endian.
   Kinds: C create, W write, T truncate, S synchronise a file or folder, R rename (data: the new path), U unlink, D make a
   folder, X remove a folder. Memory that is mapped and written to is not seen. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_length;
static int journal = -1;

__attribute__((constructor)) static void start(void) {
  root = getenv("POWERCUT_ROOT");
  const char *path = getenv("POWERCUT_JOURNAL");
  if (!root || !path) return;
  root_length = strlen(root);
  journal = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  unsetenv("LD_PRELOAD");
}

static int ours(const char *path) { return journal >= 0 && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]); }

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  return ours(path) && !strstr(path, " (deleted)");
}

/* An absolute path of a call that names a path, possibly relative to a folder. */
static int path_at(int folder, const char *name, char *path) {
  if (journal < 0) return 0;
  if (name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
  } else if (folder == AT_FDCWD) {
    if (!getcwd(path, PATH_MAX)) return 0;
    snprintf(path + strlen(path), PATH_MAX - strlen(path), "/%s", name);
  } else {
    if (!path_of(folder, path)) return 0;
    snprintf(path + strlen(path), PATH_MAX - strlen(path), "/%s", name);
  }
  return ours(path);
}

static void put(char kind, const char *path, uint64_t offset, const void *data, uint32_t length) {
  uint32_t path_length = (uint32_t)strlen(path);
  struct iovec parts[] = {{&kind, 1}, {&path_length, 4}, {(void *)path, path_length}, {&offset, 8}, {&length, 4}, {(void *)data, length}};
  syscall(SYS_writev, journal, parts, length ? 6 : 5);
}


static int opened(int folder, const char *name, int flags, mode_t mode) {
  char path[PATH_MAX];
  if (!(flags & O_CREAT) && !(flags & O_TRUNC)) return (int)syscall(SYS_openat, folder, name, flags, mode);
  if (!path_at(folder, name, path)) return (int)syscall(SYS_openat, folder, name, flags, mode);
  pthread_mutex_lock(&lock);
  struct stat info;
  int existed = !stat(path, &info);
  int fd = (int)syscall(SYS_openat, folder, name, flags, mode);
  int error = errno;
  if (fd >= 0 && !existed) put('C', path, 0, 0, 0);
  if (fd >= 0 && existed && (flags & O_TRUNC)) put('T', path, 0, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return fd;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }
int open(const char *name, int flags, ...) { MODE return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE return opened(AT_FDCWD, name, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE return opened(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE return opened(folder, name, flags | O_LARGEFILE, mode); }
int creat(const char *name, mode_t mode) { return opened(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static ssize_t written(int fd, const void *data, size_t length, off_t offset, int is_positioned) {
  char path[PATH_MAX];
  if (journal < 0 || fd <= 2 || !path_of(fd, path))
    return is_positioned ? syscall(SYS_pwrite64, fd, data, length, offset) : syscall(SYS_write, fd, data, length);
  pthread_mutex_lock(&lock);
  if (!is_positioned) offset = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
  ssize_t n = is_positioned ? syscall(SYS_pwrite64, fd, data, length, offset) : syscall(SYS_write, fd, data, length);
  int error = errno;
  if (n > 0) put('W', path, (uint64_t)offset, data, (uint32_t)n);
  pthread_mutex_unlock(&lock);
  errno = error;
  return n;
}

ssize_t write(int fd, const void *data, size_t length) { return written(fd, data, length, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return written(fd, data, length, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) { return written(fd, data, length, offset, 1); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  char path[PATH_MAX];
  if (journal < 0 || fd <= 2 || !path_of(fd, path)) return syscall(SYS_writev, fd, parts, count);
  ssize_t sum = 0;
  for (int i = 0; i < count; i++) {
    ssize_t n = written(fd, parts[i].iov_base, parts[i].iov_len, 0, 0);
    if (n < 0) return sum ? sum : n;
    sum += n;
    if ((size_t)n < parts[i].iov_len) break;
  }
  return sum;
}

int ftruncate(int fd, off_t size) {
  char path[PATH_MAX];
  if (journal < 0 || !path_of(fd, path)) return (int)syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&lock);
  int result = (int)syscall(SYS_ftruncate, fd, size);
  if (!result) put('T', path, (uint64_t)size, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

static int synchronised(int fd, long call) {
  char path[PATH_MAX];
  if (journal < 0 || !path_of(fd, path)) return (int)syscall(call, fd);
  /* Recorded when it returns: what is written meanwhile by others counts as synchronised, too, which only they could miss. */
  pthread_mutex_lock(&lock);
  put('S', path, 0, 0, 0);
  pthread_mutex_unlock(&lock);
  return 0;
}
int fsync(int fd) { return synchronised(fd, SYS_fsync); }
int fdatasync(int fd) { return synchronised(fd, SYS_fdatasync); }

static int named(char kind, int folder, const char *name, int new_folder, const char *new_name, int (*act)(void *), void *arguments) {
  char path[PATH_MAX], new_path[PATH_MAX] = "";
  int is_ours = path_at(folder, name, path);
  if (new_name && is_ours) path_at(new_folder, new_name, new_path);
  if (!is_ours) return act(arguments);
  pthread_mutex_lock(&lock);
  int result = act(arguments);
  int error = errno;
  if (!result) put(kind, path, 0, new_path, (uint32_t)strlen(new_path));
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

struct call { int folder; const char *name; int new_folder; const char *new_name; unsigned flags; };
static int do_rename(void *p) { struct call *c = p; return (int)syscall(SYS_renameat2, c->folder, c->name, c->new_folder, c->new_name, c->flags); }
static int do_unlink(void *p) { struct call *c = p; return (int)syscall(SYS_unlinkat, c->folder, c->name, c->flags); }
static int do_mkdir(void *p) { struct call *c = p; return (int)syscall(SYS_mkdirat, c->folder, c->name, c->flags); }

int renameat2(int a, const char *x, int b, const char *y, unsigned flags) { struct call c = {a, x, b, y, flags}; return named('R', a, x, b, y, do_rename, &c); }
int renameat(int a, const char *x, int b, const char *y) { return renameat2(a, x, b, y, 0); }
int rename(const char *x, const char *y) { return renameat2(AT_FDCWD, x, AT_FDCWD, y, 0); }
int unlinkat(int a, const char *x, int flags) { struct call c = {a, x, 0, 0, (unsigned)flags}; return named(flags & AT_REMOVEDIR ? 'X' : 'U', a, x, 0, 0, do_unlink, &c); }
int unlink(const char *x) { return unlinkat(AT_FDCWD, x, 0); }
int rmdir(const char *x) { return unlinkat(AT_FDCWD, x, AT_REMOVEDIR); }
int mkdirat(int a, const char *x, mode_t mode) { struct call c = {a, x, 0, 0, mode}; return named('D', a, x, 0, 0, do_mkdir, &c); }
int mkdir(const char *x, mode_t mode) { return mkdirat(AT_FDCWD, x, mode); }
