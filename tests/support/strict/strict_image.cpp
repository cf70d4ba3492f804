#include "support/strict/strict_image.h"

#include <xxhash.h>

#include <algorithm>

namespace vde::test::strict {

namespace {

constexpr size_t kSmallestBlock = 512;
constexpr size_t kLargestBlock = 65536;
constexpr size_t kSlotSize = 32;
constexpr size_t kMaxSlots = 127;
constexpr std::array<std::string_view, 4> kGroupTags{"SUPB", "RMAP", "EXMD", "IANT"};

// Block types are numbers whose big-endian spelling is the text, stored little-endian.
std::string tag_at(Bytes bytes) {
  std::string text(bytes.begin(), bytes.begin() + 4);
  std::reverse(text.begin(), text.end());
  return text;
}

Superblock decode_superblock(Bytes payload) {
  const auto at = [&](size_t offset) { return Cursor(payload, offset); };
  Superblock superblock;
  superblock.module_manifest = at(0x20).number<uint32_t>();
  superblock.block_size = at(0x34).number<int32_t>();
  superblock.total_blocks = at(0x38).number<int64_t>();
  superblock.free_blocks = at(0x40).number<int64_t>();
  superblock.expected_file_size = at(0x48).number<int64_t>();
  superblock.total_allocated_blocks = at(0x50).number<int64_t>();
  superblock.uuid = at(0x58).array<16>();
  superblock.inode_size = at(0x7C).number<uint16_t>();
  superblock.label = at(0x98).text(64);
  superblock.label.resize(std::min(superblock.label.find('\0'), superblock.label.size()));
  superblock.created = at(0xD8).number<int64_t>();
  superblock.modified = at(0xE0).number<int64_t>();
  superblock.checkpoint_sequence = at(0xF0).number<int64_t>();
  return superblock;
}

bool is_dwvd_2(Bytes payload) {
  Cursor cursor(payload);
  return cursor.text(4) == "DWVD" && cursor.number<uint8_t>() == 2;
}

std::vector<Slot> decode_slots(Bytes payload) {
  std::vector<Slot> slots;
  const size_t count = std::min(kMaxSlots, payload.size() / kSlotSize);
  for (size_t i = 0; i < count; ++i) {
    Cursor cursor(payload, i * kSlotSize);
    Slot slot{.slot = static_cast<uint32_t>(i), .type = tag_at(cursor.take(4))};
    slot.flags = cursor.number<uint32_t>();
    slot.start = cursor.number<int64_t>();
    slot.count = cursor.number<int64_t>();
    slot.used = cursor.number<int64_t>();
    const bool in_use = slot.flags != 0 || slot.type != std::string(4, '\0');
    if (in_use) slots.push_back(slot);
  }
  return slots;
}

}  // namespace

Bytes Region::block(size_t number) const {
  if (number >= blocks()) throw Failure("the region has no block " + std::to_string(number));
  return bytes_.subspan(number * block_size_, block_size_);
}

Bytes Region::payload(size_t number) const {
  return block(number).first(payload_size());
}

void Region::check_trailer(size_t number, std::string_view type) const {
  Cursor trailer(block(number), payload_size());
  const std::string found = tag_at(trailer.take(4));
  trailer.take(4);
  const Bytes covered = payload(number);
  const bool verifies =
      found == type && trailer.number<uint64_t>() == XXH64(covered.data(), covered.size(), 0);
  if (!verifies) throw Failure("the trailer of block " + std::to_string(number) + " is wrong");
}

void Region::check_checksum(size_t number) const {
  Cursor trailer(block(number), payload_size());
  const Bytes type = trailer.take(4);
  trailer.take(4);
  const Bytes covered = payload(number);
  if (all_zero(type) || trailer.number<uint64_t>() != XXH64(covered.data(), covered.size(), 0))
    throw Failure("the trailer of block " + std::to_string(number) + " is wrong");
}

void Region::check_all_trailers(std::string_view type) const {
  for (size_t i = 0; i < blocks(); ++i) check_trailer(i, type);
}

Image::Image(Bytes bytes) : bytes_(bytes) {
  find_group();
  if (block_size_ != 0) read_directory();
}

// A valid group determines the block size, because trailers are found only at the right size. If
// both groups are rejected, the size in block 0 still leads to the directory and the regions.
void Image::find_group() {
  for (const Group group : {Group::kPrimary, Group::kMirror})
    for (size_t size = kSmallestBlock; size <= kLargestBlock; size *= 2)
      if (accept_group(size, group)) return;
  if (bytes_.size() < kSmallestBlock) return;
  const auto stated = Cursor(bytes_, 0x34).number<uint32_t>();
  const bool possible =
      stated >= kSmallestBlock && stated <= kLargestBlock && (stated & (stated - 1)) == 0;
  if (possible) block_size_ = stated;
}

bool Image::accept_group(size_t block_size, Group group) {
  const size_t first = group == Group::kPrimary ? 0 : 4;
  if (bytes_.size() < (first + 4) * block_size) return false;
  const Region blocks(bytes_.subspan(first * block_size, 4 * block_size), block_size);
  try {
    for (size_t i = 0; i < kGroupTags.size(); ++i) blocks.check_trailer(i, kGroupTags[i]);
  } catch (const Failure&) {
    return false;
  }
  const Superblock superblock = decode_superblock(blocks.payload(0));
  if (!is_dwvd_2(blocks.payload(0)) || superblock.block_size != static_cast<int32_t>(block_size))
    return false;
  block_size_ = block_size;
  group_ = group;
  superblock_ = superblock;
  pointer_table_ = decode_slots(blocks.payload(1));
  return true;
}

void Image::read_directory() {
  if (bytes_.size() < 10 * block_size_) return;
  const Region blocks(bytes_.subspan(8 * block_size_, 2 * block_size_), block_size_);
  try {
    blocks.check_all_trailers("RMAP");
  } catch (const Failure&) {
    return;
  }
  const Bytes payload = blocks.payload(0);
  std::vector<Slot> slots = decode_slots(payload);
  Cursor header(blocks.payload(1));
  const auto version = header.number<uint16_t>();
  header.take(2);
  const auto active = header.number<uint16_t>();
  header.take(2);
  const auto hash = header.number<uint64_t>();
  directory_verifies_ =
      version == 1 && active == slots.size() && hash == XXH64(payload.data(), payload.size(), 0);
  if (directory_verifies_) directory_ = std::move(slots);
}

std::optional<Slot> Image::slot(std::string_view type) const {
  const auto found = std::find_if(directory_.begin(), directory_.end(),
                                  [&](const Slot& slot) { return slot.type == type; });
  return found == directory_.end() ? std::nullopt : std::optional(*found);
}

std::optional<Region> Image::region(const Slot& slot) const {
  if (slot.start < 0 || slot.count < 0) return std::nullopt;
  const uint64_t blocks = bytes_.size() / block_size_;
  const auto start = static_cast<uint64_t>(slot.start);
  const auto count = static_cast<uint64_t>(slot.count);
  if (start > blocks || count > blocks - start) return std::nullopt;
  return Region(bytes_.subspan(start * block_size_, count * block_size_), block_size_);
}

}  // namespace vde::test::strict
