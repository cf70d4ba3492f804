// Lost writes, misdirected writes, and changes to the bytes of a trailer that no checksum covers,
// for every written block of an image. Verify must detect each, or it is on a list of changes that
// cannot be detected, with the reason.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "support/image_builder.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

enum class Kind { kLost, kMisdirected, kTypeBit, kGenerationBit };

struct Change {
  Kind kind;
  uint64_t block;
  uint64_t other = 0;  // kMisdirected: the block whose bytes land here; a bit's number otherwise
};

std::string text_of(const Change& change) {
  switch (change.kind) {
    case Kind::kLost:
      return fmt::format("block {} was never written", change.block);
    case Kind::kMisdirected:
      return fmt::format("block {} has the content of block {}", change.block, change.other);
    case Kind::kTypeBit:
      return fmt::format("bit {} of the type of block {}", change.other, change.block);
    case Kind::kGenerationBit:
      return fmt::format("bit {} of the generation of block {}", change.other, change.block);
  }
  return {};
}

void apply(ImageBuilder& image, const Change& change) {
  const size_t trailer = payload_size(image.block_size());
  const size_t bit = change.other;
  switch (change.kind) {
    case Kind::kLost:
      image.wipe(change.block);
      break;
    case Kind::kMisdirected: {
      const MutableBytes from = image.block(change.other);
      std::copy(from.begin(), from.end(), image.block(change.block).begin());
      break;
    }
    case Kind::kTypeBit:
      image.flip(change.block, trailer + bit / 8, bit % 8);
      break;
    case Kind::kGenerationBit:
      image.flip(change.block, trailer + 4 + bit / 8, bit % 8);
      break;
  }
}

std::vector<Change> all_changes(ImageBuilder& image) {
  std::vector<Change> changes;
  const std::vector<uint64_t> written = image.written_blocks();
  for (const uint64_t block : written) {
    changes.push_back({Kind::kLost, block});
    for (const uint64_t other : written) {
      const Bytes mine = image.block(block);
      const Bytes theirs = image.block(other);
      if (!std::equal(mine.begin(), mine.end(), theirs.begin()))
        changes.push_back({Kind::kMisdirected, block, other});
    }
    for (uint64_t bit = 0; bit < 32; ++bit) {
      changes.push_back({Kind::kTypeBit, block, bit});
      changes.push_back({Kind::kGenerationBit, block, bit});
    }
  }
  return changes;
}

// Why `change` cannot be detected in `image`; empty if it must be detected.
std::string why_undetectable(ImageBuilder& image, const Change& change) {
  const bool in_region = change.block >= kFirstRegionBlock;
  const bool in_data = change.block >= image.start("DATA");
  const bool holds_nothing = all_zero(image.payload(change.block));
  const auto slots = image.slots();
  const bool is_first = std::any_of(slots.begin(), slots.end(), [&](const RegionSlot& slot) {
    return !slot.is_free() && slot.start == static_cast<int64_t>(change.block);
  });
  if (change.kind == Kind::kLost && in_data)
    return "nothing refers to the data block, and blocks may be allocated before they are written";
  if (change.kind == Kind::kLost && in_region && holds_nothing && !is_first)
    return "the block was empty, and unwritten blocks after the first of a region are legal";
  if (change.kind == Kind::kMisdirected && in_data)
    return "a block does not record its place, and data blocks may have any known type";
  // All generations are 1: flipping the lowest bit makes an older one.
  if (change.kind == Kind::kGenerationBit && in_region && change.other == 0)
    return "a block older than the superblock is legal, and nothing covers the generation";
  return {};
}

void check_all_changes(uint32_t block_size) {
  ImageBuilder image({block_size, 256, kAllModules});
  // Allocated data blocks without a reference.
  image.data_block(200, 0x11).data_block(250, 0x22);
  REQUIRE_FALSE(verified(image.file()).complains());
  const std::vector<uint8_t> sound = image.bytes();
  std::map<std::string, size_t> undetected;
  size_t detected = 0;
  for (const Change& change : all_changes(image)) {
    const std::string reason = why_undetectable(image, change);
    apply(image, change);
    const Verified result = verified(image.file());
    CHECK_MESSAGE(result.complains() == reason.empty(), text_of(change), ": ", reason);
    if (reason.empty())
      ++detected;
    else
      ++undetected[reason];
    image.bytes() = sound;
  }
  MESSAGE(block_size, "-byte blocks: ", detected, " changes detected");
  for (const auto& [reason, count] : undetected) MESSAGE(count, " not: ", reason);
  CHECK(undetected.size() == 4);
}

}  // namespace

TEST_CASE("lost and misdirected writes are detected in 512-byte blocks") {
  check_all_changes(512);
}

TEST_CASE("lost and misdirected writes are detected in 4096-byte blocks") {
  check_all_changes(4096);
}
