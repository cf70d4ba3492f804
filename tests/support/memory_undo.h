// An undo file in memory.
#pragma once

#include "io/memory_file.h"
#include "vde/undo.h"

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

// An UndoMaker for tests in which the undo file does not matter.
[[nodiscard]] inline Result<UndoFile> memory_undo() {
  return UndoFile{"in memory", std::make_unique<MemoryUndo>()};
}

}  // namespace vde::test
