// Parts of a view that take too much memory: in a scratch file, found by their place in the view.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "io/scratch_file.h"
#include "vde/bytes.h"

namespace vde {

// Runs of pages that come one after the other take the memory of one entry, however long they are.
class SpilledPages {
 public:
  // `page_size` in bytes; the scratch file is made, as open_scratch() says, with the first page.
  explicit SpilledPages(uint32_t page_size) : page_size_(page_size) {}

  // Keeps a whole page for `offset`, a multiple of the page size. kNoSpace where the disk is full.
  [[nodiscard]] Result<void> put(uint64_t offset, Bytes page);

  // Overwrites what of `out`, which shows the view from `offset` on, was put here. May be called by
  // several threads at once.
  [[nodiscard]] Result<void> read(uint64_t offset, MutableBytes out) const;

  // Drops the pages that begin at `offset` or behind it. Their room is not used again.
  void forget_from(uint64_t offset);

  // The part of `within` that the first page here touches, and those that follow it; nothing where
  // there are none.
  [[nodiscard]] std::optional<ByteRange> first_in(ByteRange within) const;
  // All of them, ascending; runs may touch.
  [[nodiscard]] std::vector<ByteRange> runs() const;

 private:
  struct Run {
    uint64_t end = 0;
    uint64_t at = 0;  // of its first byte in the scratch file
  };
  // The run with byte `offset`, else the first one behind it.
  [[nodiscard]] std::map<uint64_t, Run>::const_iterator find(uint64_t offset) const;

  uint32_t page_size_;
  std::optional<ScratchFile> file_;
  std::map<uint64_t, Run> runs_;  // by where they begin
};

}  // namespace vde
