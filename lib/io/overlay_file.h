// A file as it would be after writes that are never made: what readers see of an image whose
// journal was left behind by a crash.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "io/spilled_pages.h"
#include "vde/storage.h"

namespace vde {

// Reads go to `below` but where something was written. Writes stay in memory, in whole pages of the
// size that they are aligned to, and go to a scratch file whenever they become too many. Does not
// own `below`, and never changes it. Several threads may read at once.
class OverlayFile : public BlockFile {
 public:
  static constexpr uint64_t kMaxHeld = uint64_t{8} << 20;

  // `page_size` in bytes; every write covers whole pages, and fails with kNoSpace where the scratch
  // file's disk is full. `most_held` is how many bytes of them memory may hold.
  OverlayFile(BlockFile& below, uint32_t page_size, uint64_t most_held = kMaxHeld)
      : below_(below), page_size_(page_size), most_held_(most_held), spilled_(page_size) {}

  // From now on the page at `offset` reads as the one at `source` of the file below does, which
  // costs no memory for its bytes. Both are whole pages within the file.
  void redirect(uint64_t offset, uint64_t source) { redirected_[offset] = source; }

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override { return {}; }
  Result<uint64_t> size() override;
  [[nodiscard]] bool is_device() const override { return below_.is_device(); }
  // The view alone gets another size; what it gains reads as zero.
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange) override { return {}; }
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override;
  [[nodiscard]] std::unique_ptr<FileMapping> map(ByteRange range) override;
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override;

  // What was written, as disjoint ascending ranges that do not touch.
  [[nodiscard]] std::vector<ByteRange> written() const;

 private:
  [[nodiscard]] Result<void> read_below(uint64_t offset, MutableBytes out);
  // Of `within` the first part that is not the file's own, or the beginning of it.
  [[nodiscard]] std::optional<ByteRange> first_changed(ByteRange within) const;
  [[nodiscard]] Result<void> spill();

  BlockFile& below_;
  uint32_t page_size_;
  std::optional<uint64_t> size_;   // where it is not that of the file below
  uint64_t visible_ = UINT64_MAX;  // bytes of the file below that were never cut off
  // Who has a page: the first of these, else the file below.
  std::map<uint64_t, std::vector<uint8_t>> pages_;  // by offset
  uint64_t most_held_;                              // bytes of pages_
  SpilledPages spilled_;
  std::map<uint64_t, uint64_t> redirected_;  // offset -> source
};

}  // namespace vde
