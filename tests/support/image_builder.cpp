#include "support/image_builder.h"

#include <algorithm>
#include <stdexcept>

#include "format/region/bitmap.h"
#include "image/write_image.h"
#include "support/must.h"
#include "vde/text.h"

namespace vde::test {
namespace {

CreateOptions options_of(const ImageShape& shape) {
  CreateOptions options;
  options.size = shape.blocks * shape.block_size;
  options.block_size = shape.block_size;
  options.label = "damage";
  options.uuid = parse_guid("00112233-4455-6677-8899-aabbccddeeff").value();
  options.modules = must(parse_modules(shape.modules));
  options.now = from_unix_seconds(1'700'000'000);
  return options;
}

}  // namespace

namespace {

ImagePlan pack(ImagePlan plan) {
  uint64_t next = 0;
  for (PlannedRegion& region : plan.regions) {
    uint64_t count = region.blocks.count();
    if (region.type == "INOD") count = std::max<uint64_t>(1, plan.total_blocks / 256);
    if (region.type == "DATA") {
      plan.allocated_blocks = next;
      count = plan.total_blocks - next;
    }
    region.blocks = {next, next + count};
    next += count;
  }
  return plan;
}

}  // namespace

ImageBuilder::ImageBuilder(const ImageShape& shape) : block_size_(shape.block_size) {
  const Activity activity;
  ImagePlan plan = must(plan_image(options_of(shape)));
  if (shape.packed) plan = pack(std::move(plan));
  must(write_image(file_, plan, activity));
}

MutableBytes ImageBuilder::block(uint64_t number) {
  if ((number + 1) * block_size_ > bytes().size()) throw std::logic_error("no such block");
  return MutableBytes(bytes()).subspan(number * block_size_, block_size_);
}

MutableBytes ImageBuilder::payload(uint64_t number) {
  return block(number).first(payload_size(block_size_));
}

Trailer ImageBuilder::trailer(uint64_t number) {
  return kTrailerLayout.decode(block(number).last(kTrailerSize));
}

std::vector<RegionSlot> ImageBuilder::slots() {
  return decode_slots(payload(1));
}

size_t ImageBuilder::slot_of(std::string_view tag) {
  const auto all = slots();
  for (size_t i = 0; i < all.size(); ++i)
    if (!all[i].is_free() && all[i].type == make_block_type(tag)) return i;
  throw std::logic_error("no such region");
}

uint64_t ImageBuilder::start(std::string_view tag) {
  return static_cast<uint64_t>(slots()[slot_of(tag)].start);
}

std::vector<uint64_t> ImageBuilder::written_blocks() {
  std::vector<uint64_t> numbers;
  for (uint64_t number = 0; number < bytes().size() / block_size_; ++number)
    if (!all_zero(block(number))) numbers.push_back(number);
  return numbers;
}

ImageBuilder& ImageBuilder::patch(uint64_t number, size_t offset, std::string_view hex) {
  const std::vector<uint8_t> patch = from_hex(hex).value();
  const MutableBytes target = block(number).subspan(offset, patch.size());
  std::copy(patch.begin(), patch.end(), target.begin());
  return *this;
}

ImageBuilder& ImageBuilder::flip(uint64_t number, size_t offset, unsigned bit) {
  uint8_t& byte = block(number)[offset];
  byte = static_cast<uint8_t>(byte ^ 1u << bit);
  return *this;
}

ImageBuilder& ImageBuilder::wipe(uint64_t number) {
  clear_payload(number);
  return clear_trailer(number);
}

ImageBuilder& ImageBuilder::wipe(BlockRange blocks) {
  for (uint64_t block = blocks.begin; block < blocks.end; ++block) wipe(block);
  return *this;
}

ImageBuilder& ImageBuilder::clear_payload(uint64_t number) {
  const MutableBytes target = payload(number);
  std::fill(target.begin(), target.end(), uint8_t{0});
  return *this;
}

ImageBuilder& ImageBuilder::rehash(uint64_t number) {
  const Trailer old = trailer(number);
  write_trailer(block(number), old.type, old.generation);
  return *this;
}

ImageBuilder& ImageBuilder::set_tag(uint64_t number, std::string_view tag) {
  store_le(block(number).last(kTrailerSize), 0, make_block_type(tag).value);
  return *this;
}

ImageBuilder& ImageBuilder::set_generation(uint64_t number, uint32_t generation) {
  store_le(block(number).last(kTrailerSize), 4, generation);
  return *this;
}

ImageBuilder& ImageBuilder::clear_trailer(uint64_t number) {
  const MutableBytes target = block(number).last(kTrailerSize);
  std::fill(target.begin(), target.end(), uint8_t{0});
  return *this;
}

ImageBuilder& ImageBuilder::write(uint64_t number, std::string_view tag, std::string_view hex) {
  clear_payload(number).patch(number, 0, hex);
  write_trailer(block(number), make_block_type(tag), 1);
  return *this;
}

ImageBuilder& ImageBuilder::superblock(const std::function<void(Superblock&)>& change) {
  return superblock_of(kPrimaryGroup, change).superblock_of(kMirrorGroup, change);
}

ImageBuilder& ImageBuilder::superblock_of(uint64_t group,
                                          const std::function<void(Superblock&)>& change) {
  return edit(*this, group, 0, kSuperblockLayout, change).rehash(group);
}

ImageBuilder& ImageBuilder::slot(size_t index, const std::function<void(RegionSlot&)>& change) {
  for (const uint64_t table : {uint64_t{1}, uint64_t{5}, kDirectoryStart})
    slot_in(table, index, change);
  return *this;
}

ImageBuilder& ImageBuilder::slot_in(uint64_t table, size_t index,
                                    const std::function<void(RegionSlot&)>& change) {
  edit(*this, table, index * kRegionSlotLayout.size(), kRegionSlotLayout, change).rehash(table);
  if (table == kDirectoryStart) fit_directory();
  return *this;
}

ImageBuilder& ImageBuilder::fit_directory() {
  const auto slots = decode_slots(payload(kDirectoryStart));
  return edit(*this, kDirectoryStart + 1, 0, kDirectoryHeaderLayout,
              [&](DirectoryHeader& header) {
                header.active_count = static_cast<uint16_t>(std::count_if(
                    slots.begin(), slots.end(), [](const auto& slot) { return !slot.is_free(); }));
                header.slots_checksum = checksum(payload(kDirectoryStart));
              })
      .rehash(kDirectoryStart + 1);
}

ImageBuilder& ImageBuilder::bits(uint64_t begin, uint64_t end, bool value) {
  const uint64_t bits = bits_per_bitmap_block(block_size_);
  for (uint64_t n = begin; n < end; ++n) {
    const uint64_t number = start("BMAP") + n / bits;
    uint8_t& byte = payload(number)[n % bits / 8];
    const auto mask = static_cast<uint8_t>(1u << (n % 8));
    byte = static_cast<uint8_t>(value ? byte | mask : byte & ~mask);
    write_trailer(block(number), block_types::kBitmap, 1);
  }
  return *this;
}

ImageBuilder& ImageBuilder::data_block(uint64_t number, uint8_t fill) {
  const MutableBytes target = payload(number);
  std::fill(target.begin(), target.end(), fill);
  write_trailer(block(number), block_types::kData, 1);
  bits(number, number + 1, true);
  return superblock([](Superblock& superblock) {
    --superblock.free_blocks;
    ++superblock.total_allocated_blocks;
  });
}

}  // namespace vde::test
