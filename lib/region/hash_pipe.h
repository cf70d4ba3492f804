// Computes SHA-256 in a separate thread while the caller reads and writes: together they are nearly
// as fast as hashing alone. Without a thread the caller's own does both.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "format/hash.h"

namespace vde {

// One thread calls fill() and push() alternately.
class HashPipe {
 public:
  // `buffer_size` in bytes; there are a few buffers of this size.
  explicit HashPipe(size_t buffer_size);
  HashPipe(const HashPipe&) = delete;
  HashPipe& operator=(const HashPipe&) = delete;
  ~HashPipe();

  // Returns the next buffer. Waits until its old content is hashed.
  [[nodiscard]] MutableBytes fill();
  // Queues the first `size` bytes of the buffer for hashing. They must stay unchanged until fill()
  // returns the buffer again, which is not before the second next call.
  Bytes push(size_t size);
  // The hash of everything that was pushed.
  [[nodiscard]] Opaque<32> finish();

 private:
  static constexpr uint64_t kBuffers = 4;
  struct Buffer {
    std::vector<uint8_t> bytes;
    size_t size = 0;  // number of bytes to hash
    size_t used = 0;
  };

  void work();
  bool hash_waiting();

  std::array<Buffer, kBuffers> buffers_;
  Sha256Stream hash_;
  std::mutex mutex_;  // protects all members below
  std::condition_variable changed_;
  uint64_t pushed_ = 0;
  uint64_t hashed_ = 0;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace vde
