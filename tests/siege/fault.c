/* Faults at chosen calls: loaded before the C library, it counts the calls that change files below
 * a path and lets one of them be the last this process makes, or fail as a sick or full disk does.
 *
 * Linux only. siege_arm() begins, siege_calls() tells how many calls there were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { COUNT = 0, KILL = 1, IO_ERROR = 2, FULL = 3 };

static char below[PATH_MAX];
static long first = -1, span = 1;
static int what = COUNT;
static atomic_long calls;

/* Let call number `at` below `path`, and the `length - 1` after it, come to `act`. */
void siege_arm(const char *path, long at, long length, int act) {
    snprintf(below, sizeof below, "%s", path);
    first = at;
    span = length;
    what = act;
    atomic_store(&calls, 0);
}

long siege_calls(void) { return atomic_load(&calls); }

static int strikes(const char *path) {
    if (!below[0] || !path || strncmp(path, below, strlen(below)) != 0) return 0;
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (first < 1 || number < first || number >= first + span) return 0;
    if (what == KILL) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    if (what == IO_ERROR) { errno = EIO; return 1; }
    if (what == FULL) { errno = ENOSPC; return 1; }
    return 0;
}

static int strikes_open(int descriptor) {
    char link[64], path[PATH_MAX];
    int kept = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = kept;
    if (length < 0) return 0;
    path[length] = 0;
    return strikes(path);
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define ON_DESCRIPTOR(result, name, parameters, arguments) \
    result name parameters { \
        REAL(name); \
        return strikes_open(descriptor) ? -1 : real arguments; \
    }

#define ON_PATH(name, parameters, arguments) \
    int name parameters { \
        REAL(name); \
        return strikes(path) ? -1 : real arguments; \
    }

ON_DESCRIPTOR(ssize_t, write, (int descriptor, const void *data, size_t size),
              (descriptor, data, size))
ON_DESCRIPTOR(ssize_t, pwrite, (int descriptor, const void *data, size_t size, off_t at),
              (descriptor, data, size, at))
ON_DESCRIPTOR(ssize_t, pwrite64, (int descriptor, const void *data, size_t size, off64_t at),
              (descriptor, data, size, at))
ON_DESCRIPTOR(ssize_t, sendfile, (int descriptor, int from, off_t *at, size_t size),
              (descriptor, from, at, size))
ON_DESCRIPTOR(ssize_t, sendfile64, (int descriptor, int from, off64_t *at, size_t size),
              (descriptor, from, at, size))
ON_DESCRIPTOR(int, fsync, (int descriptor), (descriptor))
ON_DESCRIPTOR(int, fdatasync, (int descriptor), (descriptor))
ON_DESCRIPTOR(int, ftruncate, (int descriptor, off_t size), (descriptor, size))
ON_DESCRIPTOR(int, ftruncate64, (int descriptor, off64_t size), (descriptor, size))
ON_DESCRIPTOR(int, fallocate, (int descriptor, int mode, off_t at, off_t size),
              (descriptor, mode, at, size))
ON_PATH(rename, (const char *path, const char *to), (path, to))
ON_PATH(link, (const char *path, const char *to), (path, to))
ON_PATH(linkat, (int from, const char *path, int into, const char *to, int flags),
        (from, path, into, to, flags))
ON_PATH(unlink, (const char *path), (path))
ON_PATH(unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(rmdir, (const char *path), (path))
ON_PATH(chmod, (const char *path, mode_t mode), (path, mode))
