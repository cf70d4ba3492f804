// Files in memory that share common pages: a copy costs only its changes, so that thousands of
// tests can each have their own image.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vde/storage.h"

namespace vde::test {

inline constexpr size_t kCowPage = 4096;  // bytes
using CowPage = std::array<uint8_t, kCowPage>;

// The content of a file at one time; pages of zeros take no space.
class FrozenImage {
 public:
  FrozenImage() = default;
  explicit FrozenImage(Bytes content);

  [[nodiscard]] uint64_t size() const { return size_; }  // bytes
  // Null if the page is zero or past the end.
  [[nodiscard]] const CowPage* page(uint64_t index) const {
    return index < pages_.size() ? pages_[index].get() : nullptr;
  }

 private:
  friend class CowFile;
  uint64_t size_ = 0;
  std::vector<std::shared_ptr<const CowPage>> pages_;
};

class CowFile : public BlockFile {
 public:
  explicit CowFile(std::shared_ptr<const FrozenImage> base)
      : base_(std::move(base)), size_(base_->size()) {}

  [[nodiscard]] std::unique_ptr<CowFile> clone() const;
  [[nodiscard]] std::shared_ptr<const FrozenImage> freeze() const;

  // The blocks in which this file and `other`, which has the same base, differ, ascending, up to
  // the end of the shorter file.
  [[nodiscard]] std::vector<uint64_t> differing_blocks(const CowFile& other,
                                                       uint32_t block_size) const;
  // One block, which must lie within the file.
  [[nodiscard]] std::vector<uint8_t> block(uint64_t number, uint32_t block_size) const;
  void put_block(uint64_t number, Bytes content);
  // Writes the file to the disk, with holes for what was never written.
  void save(const std::string& path) const;

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override { return {}; }
  Result<uint64_t> size() override { return size_; }
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange) override { return {}; }
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override;
  Result<void> lock(LockMode, std::chrono::milliseconds) override { return {}; }

 private:
  [[nodiscard]] const CowPage* page(uint64_t index) const;
  [[nodiscard]] CowPage& own_page(uint64_t index);
  void copy_out(uint64_t offset, MutableBytes out) const;

  std::shared_ptr<const FrozenImage> base_;
  uint64_t size_;
  // Pages that differ from the base; null: zeros. A page shared with a clone or a frozen image is
  // copied before it is changed.
  std::map<uint64_t, std::shared_ptr<CowPage>> own_;
};

}  // namespace vde::test
