// Small images in memory, and precise damage to them. A test reads like a recipe:
//
//   ImageBuilder image;
//   image.patch(image.start("TAGI") + 1, 0, "ff").rehash(image.start("TAGI") + 1);
//
// Blocks are image block numbers, offsets are bytes in a block. Checksums are updated only where a
// function's comment says so.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "format/region_content.h"
#include "format/superblock.h"
#include "io/memory_file.h"

namespace vde::test {

inline constexpr std::string_view kAllModules = "tags,snapshot,compute,integrity";

struct ImageShape {
  uint32_t block_size = 4096;
  uint64_t blocks = 256;
  std::string_view modules = kAllModules;
  // With blocks of less than 4096 bytes: the journal follows the inode table directly, as in images
  // of other programs, so that it has no sectors of its own.
  bool packed = false;
};

// As plan_image lays out 256 blocks with all modules: BMAP 10, INOD 11, MWAL 12 to 75, TAGI 76,
// CODE 80, MTRK 84 and SNAP 88 with four blocks each, DATA from 92 on.
class ImageBuilder {
 public:
  explicit ImageBuilder(const ImageShape& shape = {});
  // Wraps an existing image.
  ImageBuilder(std::vector<uint8_t> bytes, uint32_t block_size)
      : file_(std::move(bytes)), block_size_(block_size) {}

  [[nodiscard]] MemoryFile& file() { return file_; }
  [[nodiscard]] std::vector<uint8_t>& bytes() { return file_.bytes(); }
  [[nodiscard]] uint32_t block_size() const { return block_size_; }
  [[nodiscard]] MutableBytes block(uint64_t number);
  [[nodiscard]] MutableBytes payload(uint64_t number);
  [[nodiscard]] Trailer trailer(uint64_t number);

  // The slots of block 1; of the first region with a type: its slot number and its first block.
  [[nodiscard]] std::vector<RegionSlot> slots();
  [[nodiscard]] size_t slot_of(std::string_view tag);
  [[nodiscard]] uint64_t start(std::string_view tag);
  // The numbers of all blocks that are not zero, ascending.
  [[nodiscard]] std::vector<uint64_t> written_blocks();

  ImageBuilder& patch(uint64_t number, size_t offset, std::string_view hex);
  ImageBuilder& flip(uint64_t number, size_t offset, unsigned bit = 0);
  // Zeroes the whole block, as if it had never been written.
  ImageBuilder& wipe(uint64_t number);
  ImageBuilder& wipe(BlockRange blocks);
  // Zeroes the payload and keeps the trailer.
  ImageBuilder& clear_payload(uint64_t number);

  // Updates the checksum; type and generation stay.
  ImageBuilder& rehash(uint64_t number);
  ImageBuilder& set_tag(uint64_t number, std::string_view tag);
  ImageBuilder& set_generation(uint64_t number, uint32_t generation);
  ImageBuilder& clear_trailer(uint64_t number);
  // Writes a valid block of generation 1 whose payload starts with `hex`.
  ImageBuilder& write(uint64_t number, std::string_view tag, std::string_view hex);

  // Changes the superblock in both groups, and updates both checksums.
  ImageBuilder& superblock(const std::function<void(Superblock&)>& change);
  // Changes the superblock of one group only, and updates its checksum; the other blocks of the
  // group stay.
  ImageBuilder& superblock_of(uint64_t group, const std::function<void(Superblock&)>& change);

  // Changes a slot in both pointer tables and in the directory, and updates counts and checksums.
  ImageBuilder& slot(size_t index, const std::function<void(RegionSlot&)>& change);
  // Changes a slot in one table only (block 1, 5 or 8), and updates its checksums.
  ImageBuilder& slot_in(uint64_t table, size_t index,
                        const std::function<void(RegionSlot&)>& change);

  // Updates the active count and checksum in the directory header for block 8, and the checksum of
  // block 9.
  ImageBuilder& fit_directory();

  // Sets or clears the bitmap's bits of blocks [begin, end), and updates checksums, but not the
  // counts of the superblock.
  ImageBuilder& bits(uint64_t begin, uint64_t end, bool value);
  // A valid, allocated DATA block with all payload bytes `fill`; updates the counts.
  ImageBuilder& data_block(uint64_t number, uint8_t fill);

 private:
  MemoryFile file_;
  uint32_t block_size_;
};

// Decodes a structure in a block, changes it and encodes it again; no checksum is updated.
template <class StructureLayout, class Change>
ImageBuilder& edit(ImageBuilder& image, uint64_t number, size_t offset,
                   const StructureLayout& layout, Change change) {
  const MutableBytes bytes = image.block(number).subspan(offset);
  auto value = layout.decode(bytes);
  change(value);
  layout.encode(value, bytes);
  return image;
}

}  // namespace vde::test
