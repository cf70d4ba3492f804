// Pages of a view that need too much memory: kept in a scratch file, found by their offset in the
// view.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "io/scratch_file.h"
#include "vde/bytes.h"

namespace vde {

// A run of consecutive pages needs the memory of one entry, regardless of its length.
class SpilledPages {
 public:
  // `page_size` is in bytes. The scratch file is created with the first page, as by open_scratch().
  explicit SpilledPages(uint32_t page_size) : page_size_(page_size) {}

  // Stores a whole page for `offset`, a multiple of the page size. kNoSpace if the disk is full.
  [[nodiscard]] Result<void> put(uint64_t offset, Bytes page);

  // `out` shows the view from `offset` on: overwrites the parts of it that were stored here.
  // Several threads may call this at once.
  [[nodiscard]] Result<void> read(uint64_t offset, MutableBytes out) const;

  // Removes the pages that start at `offset` or later. Their space is not reused.
  void forget_from(uint64_t offset);

  // The first run of stored pages within `within`; nothing if there is none.
  [[nodiscard]] std::optional<ByteRange> first_in(ByteRange within) const;
  // All runs, ascending; they may touch.
  [[nodiscard]] std::vector<ByteRange> runs() const;

 private:
  struct Run {
    uint64_t end = 0;
    uint64_t at = 0;  // offset of its first byte in the scratch file
  };
  // The run that contains `offset`, else the next one.
  [[nodiscard]] std::map<uint64_t, Run>::const_iterator find(uint64_t offset) const;

  uint32_t page_size_;
  std::optional<ScratchFile> file_;
  std::map<uint64_t, Run> runs_;  // by offset in the view
};

}  // namespace vde
