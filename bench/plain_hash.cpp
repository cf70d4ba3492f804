// bench_plain_hash FILE: the minimum work of checking an image's trailers. Reads FILE in pieces of
// 256 KiB with one thread per core and hashes the first 4080 of each 4096 bytes with XXH64. It does
// nothing else, so no verification can be much faster.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

namespace {

constexpr uint64_t kPiece = 256 * 1024;
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

void work(Job& job) {
  std::vector<uint8_t> piece(kPiece);
  uint64_t sum = 0;
  for (;;) {
    const uint64_t offset = job.next.fetch_add(kPiece);
    if (offset >= job.size) break;
    const uint64_t length = std::min(kPiece, job.size - offset);
    if (!read_piece(job.fd, offset, piece.data(), length)) {
      job.failed = true;
      break;
    }
    for (uint64_t at = 0; at + kBlock <= length; at += kBlock)
      sum += XXH64(piece.data() + at, kPayload, 0);
  }
  job.sum += sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_plain_hash FILE\n");
    return 16;
  }
  Job job;
  job.fd = open(argv[1], O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (job.fd < 0 || fstat(job.fd, &status) != 0) {
    std::perror(argv[1]);
    return 8;
  }
  job.size = static_cast<uint64_t>(status.st_size);

  std::vector<std::thread> threads;
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < cores; ++i) threads.emplace_back([&job] { work(job); });
  for (std::thread& thread : threads) thread.join();
  close(job.fd);
  if (job.failed) {
    std::fprintf(stderr, "%s: cannot read\n", argv[1]);
    return 8;
  }
  std::printf("%016llx\n", static_cast<unsigned long long>(job.sum.load()));
  return 0;
}
