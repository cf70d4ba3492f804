// A file as it would be after writes that are never made: what readers see of an image whose
// journal was left behind by a crash.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "vde/block_file.h"

namespace vde {

// Reads go to `below` but where something was written. Writes stay in memory, in whole pages of the
// size that they are aligned to. Does not own `below`, and never changes it.
class OverlayFile : public BlockFile {
 public:
  // `page_size` in bytes; every write covers whole pages.
  OverlayFile(BlockFile& below, uint32_t page_size) : below_(below), page_size_(page_size) {}

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

  // The pages that were written, by offset.
  [[nodiscard]] const std::map<uint64_t, std::vector<uint8_t>>& written() const { return pages_; }

 private:
  [[nodiscard]] Result<void> read_below(uint64_t offset, MutableBytes out);
  // Where the first page that is not the file's own begins that touches `within`.
  [[nodiscard]] std::optional<uint64_t> first_changed(ByteRange within) const;

  BlockFile& below_;
  uint32_t page_size_;
  std::optional<uint64_t> size_;   // where it is not that of the file below
  uint64_t visible_ = UINT64_MAX;  // bytes of the file below that were never cut off
  std::map<uint64_t, std::vector<uint8_t>> pages_;  // by offset
  std::map<uint64_t, uint64_t> redirected_;         // offset -> source; pages_ comes first
};

}  // namespace vde
