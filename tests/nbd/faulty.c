/* A disk that fails, for nbdkit's cc plugin. Writes are lost when the server ends, unless a flush or
   FUA made them durable. Parameters:
     file=FILE        what is durable; every other file is untouched
     corrupt=N        one in N reads has a flipped bit
     corrupt_at=BYTE  every read that contains this byte has it changed
     die=N            the server ends in the Nth write: of the writes that are not durable, and of this
                      one, some sectors reach the file
     die_flush=N      the server ends in the Nth flush, in the same way
     flush=error      every flush fails, and makes nothing durable
     fua=none         the server does not know FUA
     seed=N */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>
#define THREAD_MODEL NBDKIT_THREAD_MODEL_SERIALIZE_ALL_REQUESTS

enum { SECTOR = 4096 };

static char *path;
static long corrupt, corrupt_at = -1, die, die_flush, writes, flushes;
static int no_fua, flush_fails, fd;
static uint64_t state = 1;
static uint8_t *now;   /* what a client sees */
static uint8_t *dirty; /* one byte per sector */
static uint64_t size;

static uint64_t draw(uint64_t below) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (state >> 33) % below;
}

static int faulty_config(const char *key, const char *value) {
  if (strcmp(key, "file") == 0) path = nbdkit_realpath(value);
  else if (strcmp(key, "corrupt") == 0) corrupt = atol(value);
  else if (strcmp(key, "corrupt_at") == 0) corrupt_at = atol(value);
  else if (strcmp(key, "die") == 0) die = atol(value);
  else if (strcmp(key, "die_flush") == 0) die_flush = atol(value);
  else if (strcmp(key, "flush") == 0) flush_fails = 1;
  else if (strcmp(key, "fua") == 0) no_fua = 1;
  else if (strcmp(key, "seed") == 0) state = (uint64_t) atol(value) * 7919 + 1;
  else return nbdkit_error("unknown parameter '%s'", key), -1;
  return 0;
}

static int faulty_get_ready(void) {
  struct stat status;
  fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) return nbdkit_error("%s: %m", path), -1;
  size = (uint64_t) status.st_size;
  now = malloc(size);
  dirty = calloc(size / SECTOR + 1, 1);
  return pread(fd, now, size, 0) == (ssize_t) size ? 0 : -1;
}

static void *faulty_open(int readonly) { (void) readonly; return &size; }
static int64_t faulty_get_size(void *h) { (void) h; return (int64_t) size; }
static int faulty_can_fua(void *h) { (void) h; return no_fua ? NBDKIT_FUA_NONE : NBDKIT_FUA_NATIVE; }
static int faulty_can_flush(void *h) { (void) h; return 1; }

static void keep(uint64_t sector) {
  const uint64_t at = sector * SECTOR;
  const size_t count = size - at < SECTOR ? size - at : SECTOR;
  if (pwrite(fd, now + at, count, (off_t) at) < 0) abort();
  dirty[sector] = 0;
}

/* Some sectors were written, the last one perhaps in part. */
static void end(void) {
  for (uint64_t sector = 0; sector * SECTOR < size; ++sector)
    if (dirty[sector] && draw(2) == 0) keep(sector);
  _exit(1);
}

static int faulty_pread(void *h, void *buf, uint32_t count, uint64_t offset, uint32_t flags) {
  (void) h, (void) flags;
  memcpy(buf, now + offset, count);
  if (corrupt > 0 && draw((uint64_t) corrupt) == 0) ((uint8_t *) buf)[draw(count)] ^= (uint8_t) (1 << draw(8));
  if (corrupt_at >= 0 && (uint64_t) corrupt_at >= offset && (uint64_t) corrupt_at < offset + count)
    ((uint8_t *) buf)[(uint64_t) corrupt_at - offset] ^= 0xff;
  return 0;
}

static int faulty_pwrite(void *h, const void *buf, uint32_t count, uint64_t offset, uint32_t flags) {
  (void) h;
  const int dies = ++writes == die;
  memcpy(now + offset, buf, count);
  for (uint64_t sector = offset / SECTOR; sector * SECTOR < offset + count; ++sector) dirty[sector] = 1;
  if (dies) end();
  if (flags & NBDKIT_FLAG_FUA)
    for (uint64_t sector = offset / SECTOR; sector * SECTOR < offset + count; ++sector) keep(sector);
  return 0;
}

static int faulty_flush(void *h, uint32_t flags) {
  (void) h, (void) flags;
  if (++flushes == die_flush) end();
  if (flush_fails) return nbdkit_set_error(EIO), nbdkit_error("the disk's cache is gone"), -1;
  for (uint64_t sector = 0; sector * SECTOR < size; ++sector)
    if (dirty[sector]) keep(sector);
  return 0;
}

static struct nbdkit_plugin plugin = {
  .name = "faulty",
  .config = faulty_config,
  .get_ready = faulty_get_ready,
  .open = faulty_open,
  .get_size = faulty_get_size,
  .can_fua = faulty_can_fua,
  .can_flush = faulty_can_flush,
  .pread = faulty_pread,
  .pwrite = faulty_pwrite,
  .flush = faulty_flush,
};
NBDKIT_REGISTER_PLUGIN(plugin)
