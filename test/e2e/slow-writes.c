/* To be preloaded: every write at an offset takes as long as SLOW_WRITE_MS says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

typedef ssize_t (*write_function)(int, const void *, size_t, off64_t);

static ssize_t write_slowly(const char *name, int file, const void *data, size_t size, off64_t at) {
  const char *text = getenv("SLOW_WRITE_MS");
  long delay_ms = text ? atol(text) : 0;
  struct timespec delay = {delay_ms / 1000, delay_ms % 1000 * 1000000};
  nanosleep(&delay, NULL);
  return ((write_function)dlsym(RTLD_NEXT, name))(file, data, size, at);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
  return write_slowly("pwrite", file, data, size, at);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
  return write_slowly("pwrite64", file, data, size, at);
}
