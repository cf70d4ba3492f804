// Shows a file as it would be after writes that are never made, e.g. an image after the recovery of
// its journal.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "io/spilled_pages.h"
#include "vde/storage.h"

namespace vde {

// Reads go to `below`, except for pages that were written. Writes are kept in memory, in whole
// aligned pages, and go to a scratch file when they become too many. Does not own `below`, and
// never changes it. Several threads may read at once.
class OverlayFile : public BlockFile {
 public:
  static constexpr uint64_t kMaxHeld = uint64_t{8} << 20;

  // `page_size` is in bytes. Every write must cover whole pages; it returns kNoSpace if the disk of
  // the scratch file is full. `max_held` is the maximum number of bytes kept in memory.
  OverlayFile(BlockFile& below, uint32_t page_size, uint64_t max_held = kMaxHeld)
      : below_(below), page_size_(page_size), max_held_(max_held), spilled_(page_size) {}

  // Makes the page at `offset` read as the one at `source` of the file below, or as zeros, without
  // using memory for its bytes. Both must be whole pages within the file.
  static constexpr uint64_t kZeros = UINT64_MAX;
  void redirect(uint64_t offset, uint64_t source) { redirected_[offset] = source; }

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override { return {}; }
  Result<uint64_t> size() override;
  [[nodiscard]] bool is_device() const override { return below_.is_device(); }
  // Changes only the size of the view; new bytes read as zero.
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange) override { return {}; }
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override;
  [[nodiscard]] std::unique_ptr<FileMapping> map(ByteRange range) override;
  [[nodiscard]] std::unique_ptr<FileMapping> map_loaded(ByteRange range) override;
  [[nodiscard]] std::unique_ptr<FileMapping> cached(ByteRange range) override;
  bool announce(ByteRange range) override;
  [[nodiscard]] bool can_announce() override { return below_.can_announce(); }
  Result<void> check_reachable() override { return below_.check_reachable(); }
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override;

  // The ranges that were written, disjoint and ascending; they do not touch.
  [[nodiscard]] std::vector<ByteRange> written() const;

 private:
  [[nodiscard]] Result<void> read_below(uint64_t offset, MutableBytes out);
  // The first part of `within` that differs from the file below, or the start of that part.
  [[nodiscard]] std::optional<ByteRange> first_changed(ByteRange within) const;
  [[nodiscard]] Result<void> spill();

  BlockFile& below_;
  uint32_t page_size_;
  std::optional<uint64_t> size_;   // if it differs from the file below
  uint64_t visible_ = UINT64_MAX;  // bytes of the file below that were never cut off
  // The source of a page is the first of these that has it, else the file below.
  std::map<uint64_t, std::vector<uint8_t>> pages_;  // by offset
  uint64_t max_held_;                               // bytes of pages_
  SpilledPages spilled_;
  std::map<uint64_t, uint64_t> redirected_;  // offset -> source
};

}  // namespace vde
