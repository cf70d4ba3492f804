// An undo file in memory.
#pragma once

#include "io/memory_file.h"
#include "vde/repair.h"

namespace vde::test {

class MemoryUndo : public UndoTarget {
 public:
  BlockFile& file() override { return content; }
  Result<void> publish() override {
    published = true;
    return {};
  }

  MemoryFile content;
  bool published = false;
};

}  // namespace vde::test
