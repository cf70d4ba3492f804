// Writes complete blocks, consecutive ones in one call.
#pragma once

#include "io/block_io.h"

namespace vde {

class RunWriter {
 public:
  // `io` must outlive the writer.
  explicit RunWriter(const BlockIo& io) : io_(io) {}

  // Writes `block`, which is complete with its trailer, as block `number`. The write happens in
  // flush(), or when a block that is not the next one is added. An error names the first block of
  // the run.
  [[nodiscard]] Result<void> add(uint64_t number, Bytes block);
  [[nodiscard]] Result<void> flush();

 private:
  const BlockIo& io_;
  uint64_t first_ = 0;
  BlockBuffer run_;
};

}  // namespace vde
