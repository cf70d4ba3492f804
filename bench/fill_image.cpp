// bench_fill_image IMAGE: writes every block that a newly formatted image leaves unwritten, so that
// verify has the whole file to check: zero payloads in the regions, pseudo-random bytes in the data
// area. Then marks every block as allocated and updates the counts. Ignores the journal, so the
// image must not be in use and its journal must be empty.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/checked.h"
#include "format/region_map.h"
#include "format/superblock.h"
#include "support/random.h"
#include "vde/storage.h"

namespace vde {
namespace {

constexpr uint32_t kGeneration = 1;
constexpr uint64_t kBlocksAtOnce = 256;

struct Image {
  BlockFile& file;
  uint32_t block_size = 0;
  uint64_t total_blocks = 0;
  std::vector<RegionSlot> slots;

  [[nodiscard]] uint64_t offset(uint64_t block) const { return block * block_size; }
};

Result<std::vector<uint8_t>> read_block(const Image& image, uint64_t number) {
  std::vector<uint8_t> bytes(image.block_size);
  VDE_TRY(image.file.read(image.offset(number), bytes));
  return bytes;
}

Result<Image> load(BlockFile& file) {
  std::vector<uint8_t> head(kSuperblockLayout.size());
  VDE_TRY(file.read(0, head));
  const Superblock superblock = kSuperblockLayout.decode(head);
  VDE_TRY(check_identity(superblock));
  VDE_TRY_ASSIGN(size, file.size());

  Image image{file, static_cast<uint32_t>(superblock.block_size), 0, {}};
  image.total_blocks = size / image.block_size;
  if (superblock.total_blocks != static_cast<int64_t>(image.total_blocks))
    return fail(ErrorCode::kDamaged, "the superblock and the file have different sizes");
  VDE_TRY_ASSIGN(table, read_block(image, kDirectoryStart));
  const UncheckedBlock block(kDirectoryStart, table);
  VDE_TRY_ASSIGN(checked, block.check(block_types::kRegionMap));
  image.slots = decode_slots(checked.payload());
  return image;
}

// The blocks of `slot`, which must lie in the volume.
Result<BlockRange> range_of(const Image& image, const RegionSlot& slot) {
  const auto range = block_range(slot.start, slot.count);
  if (!range || range->end > image.total_blocks)
    return fail(ErrorCode::kDamaged,
                fmt::format("region {} is not in the volume", to_string(slot.type)));
  return *range;
}

// Bytes without a pattern.
void fill_random(MutableBytes payload, test::Random& random) {
  for (size_t at = 0; at + 8 <= payload.size(); at += 8) store_le(payload, at, random.next());
}

// Adds trailers of `type` to unwritten blocks in `range`; data blocks get random bytes first.
// Written blocks are not changed.
Result<void> fill(const Image& image, BlockRange range, BlockType tag, test::Random& random) {
  std::vector<uint8_t> buffer(kBlocksAtOnce * image.block_size);
  for (uint64_t first = range.begin; first < range.end; first += kBlocksAtOnce) {
    const uint64_t count = std::min(kBlocksAtOnce, range.end - first);
    const MutableBytes bytes = MutableBytes(buffer).first(count * image.block_size);
    VDE_TRY(image.file.read(image.offset(first), bytes));
    for (uint64_t i = 0; i < count; ++i) {
      const MutableBytes block = bytes.subspan(i * image.block_size, image.block_size);
      if (!all_zero(block)) continue;
      if (tag == block_types::kData)
        fill_random(block.first(payload_size(image.block_size)), random);
      write_trailer(block, tag, kGeneration);
    }
    VDE_TRY(image.file.write(image.offset(first), bytes));
  }
  return {};
}

// Sets the bit of each block of the volume, and none after them.
Result<void> allocate_all(const Image& image, BlockRange bitmap) {
  const uint64_t bits_a_block = uint64_t{payload_size(image.block_size)} * 8;
  std::vector<uint8_t> block(image.block_size);
  for (uint64_t i = 0; i < bitmap.count(); ++i) {
    std::fill(block.begin(), block.end(), uint8_t{0});
    const uint64_t first = i * bits_a_block;
    const uint64_t left = image.total_blocks - std::min(first, image.total_blocks);
    const uint64_t bits = std::min(left, bits_a_block);
    std::fill_n(block.begin(), bits / 8, uint8_t{0xFF});
    if (bits % 8 != 0) block[bits / 8] = static_cast<uint8_t>((1U << (bits % 8)) - 1);
    write_trailer(block, block_types::kBitmap, kGeneration);
    VDE_TRY(image.file.write(image.offset(bitmap.begin + i), block));
  }
  return {};
}

// Sets the free count of both superblocks to zero.
Result<void> count_all(const Image& image) {
  for (const uint64_t number : {kPrimaryGroup, kMirrorGroup}) {
    VDE_TRY_ASSIGN(bytes, read_block(image, number));
    const uint32_t generation = UncheckedBlock(number, bytes).unchecked_trailer().generation;
    Superblock superblock = kSuperblockLayout.decode(bytes);
    const auto total = static_cast<int64_t>(image.total_blocks);
    superblock.free_blocks = 0;
    superblock.total_allocated_blocks = total;
    kSuperblockLayout.encode(superblock, bytes);
    write_trailer(bytes, block_types::kSuperblock, generation);
    VDE_TRY(image.file.write(image.offset(number), bytes));
  }
  return {};
}

Result<void> fill_image(const std::string& path) {
  VDE_TRY_ASSIGN(file, open_file(path, OpenMode::kReadWrite));
  VDE_TRY(file->lock(LockMode::kExclusive, {}));
  VDE_TRY_ASSIGN(image, load(*file));
  test::Random random(1);
  for (const RegionSlot& slot : image.slots) {
    if (slot.is_free() || slot.start < static_cast<int64_t>(kFirstRegionBlock)) continue;
    VDE_TRY_ASSIGN(range, range_of(image, slot));
    VDE_TRY(fill(image, range, slot.type, random));
    if (slot.type == block_types::kBitmap) VDE_TRY(allocate_all(image, range));
  }
  VDE_TRY(count_all(image));
  return file->sync();
}

}  // namespace
}  // namespace vde

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_fill_image IMAGE\n");
    return 16;
  }
  const auto result = vde::fill_image(argv[1]);
  if (result) return 0;
  std::fprintf(stderr, "bench_fill_image: %s: %s\n", argv[1], result.error().message.c_str());
  return 8;
}
