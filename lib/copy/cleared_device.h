// A device that a copy is written to. Until all else is durable, no crash leaves an image on it.
#pragma once

#include <vector>

#include "io/borrowed_file.h"
#include "vde/activity.h"

namespace vde {

// What a copy writes to the first bytes is held in memory, and written by finish(). Meanwhile the
// device has zeros there.
class ClearedDevice : public BorrowedFile {
 public:
  // `device` must outlive it. A copy of `size` bytes is an image only with its first `start` bytes.
  ClearedDevice(BlockFile& device, uint64_t size, uint64_t start);

  // Makes the first `size` bytes zeros, those of the start first and durably: what was an image is
  // none any more. kInterrupted; errors of the device.
  [[nodiscard]] Result<void> clear(const Activity& activity);

  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> write_through(uint64_t offset, Bytes bytes) override;

  // Writes the start after everything else is durable, and returns when it is, too.
  [[nodiscard]] Result<void> finish();

 private:
  uint64_t size_;
  std::vector<uint8_t> start_;
};

}  // namespace vde
