// The verified blocks of a tag index: either cached copies, or a mapping with one bit per block for
// "verified".
#pragma once

#include <memory>
#include <vector>

#include "format/tag/tag_leaf.h"
#include "io/block_io.h"

namespace vde {

class TagReadCache {
 public:
  // `region` must lie within the file. `mapping` shows its bytes, or is null.
  TagReadCache(const BlockIo& io, BlockRange region, std::unique_ptr<FileMapping> mapping);

  // The number of blocks in the region. `number` below is relative to the region and must be less.
  [[nodiscard]] uint64_t count() const { return region_.count(); }
  [[nodiscard]] uint32_t block_size() const { return io_.block_size(); }
  // The block number in the image, for messages.
  [[nodiscard]] uint64_t place(uint64_t number) const { return region_.begin + number; }

  // From now on a block with a generation after `newest` is invalid: every change rewrites the
  // header, which has that generation.
  void allow_up_to(uint32_t newest) { newest_ = newest; }

  // The payload of a block; null if it is invalid, with the reason in error(). Valid until the next
  // call. Mapped bytes may change at any time.
  [[nodiscard]] const uint8_t* payload(uint64_t number);
  [[nodiscard]] size_t payload_bytes() const { return payload_size(io_.block_size()); }

  // As payload(), for a leaf: all entries lie within the block, and the index, if there is one, is
  // valid. Nothing if there is no such leaf, or the block is an inner node, with the reason in
  // error().
  [[nodiscard]] std::optional<TagLeaf> leaf(uint64_t number);

  // Prefetches the bytes of a leaf that a lookup needs first. Otherwise each access to a mapping
  // would wait in turn.
  void prefetch(uint64_t number) const;
  // Same, for the bytes at `offset`.
  void prefetch(uint64_t number, size_t offset) const {
    if (mapped_ != nullptr) __builtin_prefetch(mapped_ + number * block_size() + offset);
  }

  // With a mapping: what was read so far no longer takes memory of the process.
  void release_memory() const {
    if (mapping_ != nullptr) mapping_->release_memory();
  }

  // The reason of the last failure.
  [[nodiscard]] Error error() const { return error_; }
  [[nodiscard]] tl::unexpected<Error> failure() const { return tl::make_unexpected(error_); }

 private:
  // A cached block.
  struct Frame {
    uint64_t number = UINT64_MAX;
    bool leaf_checked = false;
    BlockBuffer bytes;
  };

  [[nodiscard]] std::optional<TagLeaf> check_leaf(uint64_t number, const uint8_t* payload,
                                                  bool& sound);
  [[nodiscard]] const uint8_t* check(uint64_t number, Bytes block);
  [[nodiscard]] const uint8_t* read_frame(uint64_t number);
  [[nodiscard]] bool is_checked(uint64_t number) const {
    return (checked_[number / 64] >> (number % 64) & 1) != 0;
  }
  void set_checked(uint64_t number) { checked_[number / 64] |= uint64_t{1} << (number % 64); }

  BlockIo io_;
  BlockRange region_;
  std::optional<uint32_t> newest_;
  std::unique_ptr<FileMapping> mapping_;
  const uint8_t* mapped_ = nullptr;
  // For a mapping: the trailer is valid, and the block is either not a leaf or a valid one.
  std::vector<uint64_t> checked_;
  std::vector<Frame> frames_;  // block n is in frame n % size, or not cached
  Error error_;
};

}  // namespace vde
