// Changes images, with or without updating checksums.
#pragma once

#include <string>
#include <vector>

#include "base/endian.h"
#include "format/region_content.h"

namespace vde::test {

// An image in memory with a known block size.
class EditedImage {
 public:
  EditedImage(std::vector<uint8_t> bytes, uint32_t block_size)
      : bytes_(std::move(bytes)), block_size_(block_size) {}

  [[nodiscard]] const std::vector<uint8_t>& bytes() const { return bytes_; }
  [[nodiscard]] MutableBytes block(uint64_t number) {
    return MutableBytes(bytes_).subspan(number * block_size_, block_size_);
  }

  // Stores `value` at `offset` of a block; its checksum is wrong until rehash().
  template <class T>
  void put(uint64_t block_number, size_t offset, T value) {
    store_le(block(block_number), offset, value);
  }
  // Updates the checksum of a block; type and generation stay.
  void rehash(uint64_t block_number);

  // Stores `value` at `offset` of both superblocks, and updates their checksums.
  template <class T>
  void put_superblock(size_t offset, T value) {
    for (const uint64_t number : {0u, 4u}) {
      put(number, offset, value);
      rehash(number);
    }
  }

  // Writes a slot to both pointer tables and the directory, and updates their checksums.
  void put_slot(size_t index, const RegionSlot& slot);
  // The slot according to the directory.
  [[nodiscard]] RegionSlot slot(size_t index);

 private:
  std::vector<uint8_t> bytes_;
  uint32_t block_size_;
};

// Lower-case SHA-256 of a file's bytes.
[[nodiscard]] std::string file_sha256(const std::string& path);

}  // namespace vde::test
