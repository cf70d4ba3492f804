// What other programs leave of an image: the existing tool's habits, and damage that verifies.
#pragma once

#include <functional>

#include "format/region_map.h"
#include "format/superblock.h"
#include "io/memory_file.h"

namespace vde::test {

// An image in memory as blocks, for changes that no transaction makes.
class ImageEditor {
 public:
  explicit ImageEditor(MemoryFile& file);

  [[nodiscard]] uint32_t block_size() const { return block_size_; }
  [[nodiscard]] BlockRange region(BlockType tag) const;
  // The payload of a block, to be changed; reseal() makes it verify again.
  [[nodiscard]] MutableBytes payload(uint64_t block);
  [[nodiscard]] BlockType tag_of(uint64_t block) const;
  // With the tag that it has, or `tag`.
  void reseal(uint64_t block, uint32_t generation, std::optional<BlockType> tag = std::nullopt);

  // Changes the superblock of the group that starts at `group`, and seals its four blocks with the
  // generation that its sequence asks for.
  void change_group(uint64_t group, const std::function<void(Superblock&)>& change);

  // The journal's header as the existing tool writes it: nothing behind its 83 bytes.
  void forget_journal(bool clean);
  // Records in the existing tool's form over the journal, from its second block on.
  void overwrite_journal(uint64_t bytes);

 private:
  [[nodiscard]] MutableBytes block(uint64_t number) const;

  MemoryFile& file_;
  uint32_t block_size_ = 0;
  std::vector<RegionSlot> slots_;
};

}  // namespace vde::test
