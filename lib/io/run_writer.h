// Writes blocks that are whole already, those that follow each other in one call.
#pragma once

#include "io/block_io.h"

namespace vde {

class RunWriter {
 public:
  // `io` outlives the writer.
  explicit RunWriter(const BlockIo& io) : io_(io) {}

  // Block `number` becomes `block`, a whole one with its trailer, once flush() is called or a block
  // that does not follow it is added. An error names the first block of the run.
  [[nodiscard]] Result<void> add(uint64_t number, Bytes block);
  [[nodiscard]] Result<void> flush();

 private:
  const BlockIo& io_;
  uint64_t first_ = 0;
  BlockBuffer run_;
};

}  // namespace vde
