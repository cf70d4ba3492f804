// Changes to images that leave every checksum right, or that leave it wrong.
#pragma once

#include <string>
#include <vector>

#include "base/endian.h"
#include "format/region_map.h"

namespace vde::test {

// An image in memory, of a block size that the test knows.
class EditedImage {
 public:
  EditedImage(std::vector<uint8_t> bytes, uint32_t block_size)
      : bytes_(std::move(bytes)), block_size_(block_size) {}

  [[nodiscard]] const std::vector<uint8_t>& bytes() const { return bytes_; }
  [[nodiscard]] MutableBytes block(uint64_t number) {
    return MutableBytes(bytes_).subspan(number * block_size_, block_size_);
  }

  // Stores `value` at `offset` of a block; its checksum is wrong until reseal().
  template <class T>
  void put(uint64_t block_number, size_t offset, T value) {
    store_le(block(block_number), offset, value);
  }
  // Makes the checksum of a block right; tag and generation stay.
  void reseal(uint64_t block_number);

  // Stores `value` at `offset` of both superblocks, sealed.
  template <class T>
  void put_superblock(size_t offset, T value) {
    for (const uint64_t number : {0u, 4u}) {
      put(number, offset, value);
      reseal(number);
    }
  }

  // Puts a slot into both pointer tables and the directory, all sealed.
  void put_slot(size_t index, const RegionSlot& slot);
  // The slot as the directory has it.
  [[nodiscard]] RegionSlot slot(size_t index);

 private:
  std::vector<uint8_t> bytes_;
  uint32_t block_size_;
};

// Lower-case SHA-256 of a file's bytes.
[[nodiscard]] std::string file_sha256(const std::string& path);

}  // namespace vde::test
