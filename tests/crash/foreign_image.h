// What other programs leave of an image: habits of the SDK, and damage with valid trailers.
#pragma once

#include <functional>

#include "format/region_content.h"
#include "format/superblock.h"
#include "io/memory_file.h"

namespace vde::test {

// An image in memory as blocks, for changes without a transaction.
class ImageEditor {
 public:
  explicit ImageEditor(MemoryFile& file);

  [[nodiscard]] uint32_t block_size() const { return block_size_; }
  [[nodiscard]] BlockRange region(BlockType type) const;
  // The payload of a block, to be changed; rehash() updates its trailer.
  [[nodiscard]] MutableBytes payload(uint64_t block);
  [[nodiscard]] BlockType tag_of(uint64_t block) const;
  // Keeps the block type, or sets it to `tag`.
  void rehash(uint64_t block, uint32_t generation, std::optional<BlockType> tag = std::nullopt);

  // Changes the superblock of the group that starts at `group`, and updates the trailers of its
  // four blocks with the generation of its sequence.
  void change_group(uint64_t group, const std::function<void(Superblock&)>& change);

  // Writes the journal's header as the SDK does: zeros after its 83 bytes.
  void forget_journal(bool clean);
  // Writes records in the SDK's form over the journal, from its second block on.
  void overwrite_journal(uint64_t bytes);

 private:
  [[nodiscard]] MutableBytes block(uint64_t number) const;

  MemoryFile& file_;
  uint32_t block_size_ = 0;
  std::vector<RegionSlot> slots_;
};

}  // namespace vde::test
