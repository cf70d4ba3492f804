#include "tag/tag_read_cache.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde {
namespace {

// The cache size of a reader without a mapping, in bytes.
constexpr uint64_t kCacheBytes = uint64_t{4} << 20;

}  // namespace

TagReadCache::TagReadCache(const BlockIo& io, BlockRange region,
                           std::unique_ptr<FileMapping> mapping)
    : io_(io), region_(region), mapping_(std::move(mapping)) {
  if (mapping_ != nullptr) {
    mapped_ = mapping_->bytes().data();
    checked_.resize(region.count() / 64 + 1);
  } else {
    frames_.resize(std::min(region.count(), std::max<uint64_t>(16, kCacheBytes / block_size())));
  }
}

void TagReadCache::prefetch(uint64_t number) const {
  if (mapped_ == nullptr || number >= count()) return;
  constexpr size_t kLine = 64;
  constexpr size_t kIndexLines = 4;  // cache lines for the index of about a hundred entries
  const uint8_t* block = mapped_ + number * block_size();
  __builtin_prefetch(block);
  const uint8_t* end = block + payload_bytes() - 1;
  for (size_t line = 0; line < kIndexLines; ++line) __builtin_prefetch(end - line * kLine);
}

const uint8_t* TagReadCache::check(uint64_t number, Bytes block) {
  const UncheckedBlock unchecked(place(number), block);
  Result<CheckedBlock> checked = unchecked.check(block_types::kTagIndex);
  if (!checked) {
    error_ = std::move(checked.error());
    return nullptr;
  }
  if (newest_ && is_later_generation(checked->trailer().generation, *newest_)) {
    error_ = Error{ErrorCode::kDamaged,
                   "the block is newer than the header of the tag index, so a write was lost",
                   kRunVerify, place(number)};
    return nullptr;
  }
  return block.data();
}

const uint8_t* TagReadCache::read_frame(uint64_t number) {
  Frame& frame = frames_[number % frames_.size()];
  if (frame.number == number) return frame.bytes.data();
  frame.number = UINT64_MAX;
  frame.leaf_checked = false;
  if (frame.bytes.empty()) frame.bytes = io_.make_buffer();
  Result<UncheckedBlock> block = io_.read(place(number), frame.bytes);
  if (!block) {
    error_ = std::move(block.error());
    return nullptr;
  }
  const uint8_t* payload = check(number, frame.bytes);
  if (payload != nullptr) frame.number = number;
  return payload;
}

const uint8_t* TagReadCache::payload(uint64_t number) {
  if (mapped_ == nullptr) return read_frame(number);
  const uint8_t* block = mapped_ + number * block_size();
  if (is_checked(number)) return block;
  if (check(number, Bytes(block, block_size())) == nullptr) return nullptr;
  if (*block != kTagLeafType) set_checked(number);
  return block;
}

std::optional<TagLeaf> TagReadCache::leaf(uint64_t number) {
  const uint8_t* block = payload(number);
  if (block == nullptr) return std::nullopt;
  const Bytes payload(block, payload_bytes());
  if (mapped_ != nullptr) {
    if (is_checked(number)) {
      if (auto leaf = TagLeaf::open(payload)) return leaf;
      bool sound = false;  // false: changed in the meantime, or not a leaf
      return check_leaf(number, block, sound);
    }
    bool sound = false;
    auto leaf = check_leaf(number, block, sound);
    if (sound) set_checked(number);
    return leaf;
  }
  Frame& frame = frames_[number % frames_.size()];
  if (frame.leaf_checked) return TagLeaf::open(payload);
  return check_leaf(number, block, frame.leaf_checked);
}

std::optional<TagLeaf> TagReadCache::check_leaf(uint64_t number, const uint8_t* payload,
                                                bool& sound) {
  auto leaf = TagLeaf::open(Bytes(payload, payload_bytes()));
  if (!leaf) {
    error_ = Error{ErrorCode::kDamaged,
                   fmt::format("block {} is not a leaf of the tag tree", place(number)), kRunVerify,
                   place(number)};
    return std::nullopt;
  }
  const TagLeaf::Shape shape = leaf->shape();
  if (shape == TagLeaf::Shape::kBroken) {
    error_ = Error{
        ErrorCode::kDamaged,
        fmt::format("an entry of the tag leaf in block {} runs past the block", place(number)),
        kRunVerify, place(number)};
    return std::nullopt;
  }
  sound = shape == TagLeaf::Shape::kSound;
  if (!sound) leaf->forget_index();
  return leaf;
}

}  // namespace vde
