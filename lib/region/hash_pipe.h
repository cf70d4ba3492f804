// SHA-256 on a thread of its own, beside the one that reads and writes: together they are nearly as
// fast as hashing alone.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "format/hash.h"

namespace vde {

// One thread fills the buffers that fill() hands out and passes them to push(), in turn.
class HashPipe {
 public:
  // `buffer_size` in bytes, of each of a few buffers.
  explicit HashPipe(size_t buffer_size);
  HashPipe(const HashPipe&) = delete;
  HashPipe& operator=(const HashPipe&) = delete;
  ~HashPipe();

  // The next buffer, once its old content is hashed.
  [[nodiscard]] MutableBytes fill();
  // Its first `size` bytes are to be hashed. They stay as they are until fill() hands the buffer
  // out again: not before the next call but one.
  Bytes push(size_t size);
  // Of all that was pushed.
  [[nodiscard]] Opaque<32> finish();

 private:
  static constexpr uint64_t kBuffers = 4;
  struct Buffer {
    std::vector<uint8_t> bytes;
    size_t size = 0;  // that it is to have
    size_t used = 0;
  };

  void work();

  std::array<Buffer, kBuffers> buffers_;
  Sha256Stream hash_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  uint64_t pushed_ = 0;
  uint64_t hashed_ = 0;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace vde
