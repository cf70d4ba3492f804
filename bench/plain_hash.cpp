// bench_plain_hash read|map FILE: the minimum work of checking an image's trailers. Takes FILE in
// pieces with one thread per core and hashes the first 4080 of each 4096 bytes with XXH64. It does
// nothing else, so no verification can be much faster. `read` reads pieces of 256 KiB; `map` maps
// and unmaps windows of 16 MiB.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr uint64_t kPiece = 256 * 1024;
constexpr uint64_t kWindow = 16 * 1024 * 1024;
constexpr uint64_t kBlock = 4096;
constexpr uint64_t kPayload = kBlock - 16;

// Data shared by the threads.
struct Job {
  int fd = -1;
  uint64_t size = 0;  // bytes of the file
  std::atomic<uint64_t> next{0};
  std::atomic<uint64_t> sum{0};  // keeps the hashing from being optimised away
  std::atomic<bool> failed{false};
};

// Reads `length` bytes at `offset`; false if the file does not have them.
bool read_piece(int fd, uint64_t offset, uint8_t* out, uint64_t length) {
  while (length > 0) {
    const ssize_t count = pread(fd, out, length, static_cast<off_t>(offset));
    if (count <= 0) return false;
    out += count;
    offset += static_cast<uint64_t>(count);
    length -= static_cast<uint64_t>(count);
  }
  return true;
}

uint64_t hash_blocks(const uint8_t* bytes, uint64_t length) {
  uint64_t sum = 0;
  for (uint64_t at = 0; at + kBlock <= length; at += kBlock) sum += XXH64(bytes + at, kPayload, 0);
  return sum;
}

void read_all(Job& job) {
  std::vector<uint8_t> piece(kPiece);
  for (;;) {
    const uint64_t offset = job.next.fetch_add(kPiece);
    if (offset >= job.size) break;
    const uint64_t length = std::min(kPiece, job.size - offset);
    if (!read_piece(job.fd, offset, piece.data(), length)) {
      job.failed = true;
      break;
    }
    job.sum += hash_blocks(piece.data(), length);
  }
}

void map_all(Job& job) {
  for (;;) {
    const uint64_t offset = job.next.fetch_add(kWindow);
    if (offset >= job.size) break;
    const uint64_t length = std::min(kWindow, job.size - offset);
    void* window = mmap(nullptr, length, PROT_READ, MAP_SHARED, job.fd, static_cast<off_t>(offset));
    if (window == MAP_FAILED) {
      job.failed = true;
      break;
    }
    job.sum += hash_blocks(static_cast<const uint8_t*>(window), length);
    munmap(window, length);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view way = argc == 3 ? argv[1] : "";
  if (way != "read" && way != "map") {
    std::fprintf(stderr, "usage: bench_plain_hash read|map FILE\n");
    return 16;
  }
  Job job;
  job.fd = open(argv[2], O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (job.fd < 0 || fstat(job.fd, &status) != 0) {
    std::perror(argv[2]);
    return 8;
  }
  job.size = static_cast<uint64_t>(status.st_size);

  std::vector<std::thread> threads;
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < cores; ++i)
    threads.emplace_back([&] { way == "read" ? read_all(job) : map_all(job); });
  for (std::thread& thread : threads) thread.join();
  close(job.fd);
  if (job.failed) {
    std::fprintf(stderr, "%s: cannot read\n", argv[2]);
    return 8;
  }
  std::printf("%016llx\n", static_cast<unsigned long long>(job.sum.load()));
  return 0;
}
