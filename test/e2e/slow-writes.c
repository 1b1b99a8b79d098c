/* To be preloaded: every write at an offset takes as long as SLOW_WRITE_MS says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>

static void *slow(const char *name) {
  const char *text = getenv("SLOW_WRITE_MS");
  long delay_ms = text ? atol(text) : 0;
  struct timespec delay = {delay_ms / 1000, delay_ms % 1000 * 1000000};
  nanosleep(&delay, NULL);
  return dlsym(RTLD_NEXT, name);
}

typedef ssize_t (*write_function)(int, const void *, size_t, off64_t);
typedef ssize_t (*gather_function)(int, const struct iovec *, int, off64_t);

ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
  return ((write_function)slow("pwrite"))(file, data, size, at);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
  return ((write_function)slow("pwrite64"))(file, data, size, at);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
  return ((gather_function)slow("pwritev"))(file, parts, count, at);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t at) {
  return ((gather_function)slow("pwritev64"))(file, parts, count, at);
}
