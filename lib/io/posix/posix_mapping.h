// A mapping of a range of a file by mmap.
#pragma once

#include <memory>

#include "vde/storage.h"

namespace vde {

class PosixMapping : public FileMapping {
 public:
  // Maps `range` of the file, which must lie within it. Null if that is not possible.
  [[nodiscard]] static std::unique_ptr<PosixMapping> of(int fd, ByteRange range);
  ~PosixMapping() override;

  [[nodiscard]] Bytes bytes() const override {
    return Bytes(static_cast<const uint8_t*>(address_), length_).subspan(skip_);
  }
  void release_memory() const override;

  // Calls madvise() for the whole mapping; false if it failed.
  [[nodiscard]] bool advise(int advice) const;

 private:
  // `address` is the result of mmap for `length` bytes; the requested range starts at offset
  // `skip`.
  PosixMapping(void* address, size_t length, size_t skip)
      : address_(address), length_(length), skip_(skip) {}

  void* address_;
  size_t length_;
  size_t skip_;
};

}  // namespace vde
