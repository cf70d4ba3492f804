// The blocks of a tag index, verified: through a cache of their bytes, or in a mapping, where one
// bit a block tells that it was looked at before.
#pragma once

#include <memory>
#include <vector>

#include "format/tag/tag_leaf.h"
#include "io/block_io.h"

namespace vde {

class TagReadCache {
 public:
  // `region` lies within the file. `mapping` shows its bytes, or is null.
  TagReadCache(const BlockIo& io, BlockRange region, std::unique_ptr<FileMapping> mapping);

  // Blocks of the region; `number` below is less. Numbers are relative to it.
  [[nodiscard]] uint64_t count() const { return region_.count(); }
  [[nodiscard]] uint32_t block_size() const { return io_.block_size(); }
  // The image's number of a block, for messages.
  [[nodiscard]] uint64_t place(uint64_t number) const { return region_.begin + number; }

  // From now on a block of a generation after `newest` does not verify: the header, which changes
  // with every change, is of that one.
  void allow_up_to(uint32_t newest) { newest_ = newest; }

  // The payload of a block; null, with the reason in error(), where it does not verify. Valid until
  // the next call; a mapped byte may change at any time.
  [[nodiscard]] const uint8_t* payload(uint64_t number);
  [[nodiscard]] size_t payload_bytes() const { return payload_size(io_.block_size()); }

  // As payload(), of a leaf: entries lie within the block, and its index is sound if it has one.
  // Nothing, with the reason in error(), where there is none; also where the block is an inner
  // node.
  [[nodiscard]] std::optional<TagLeaf> leaf(uint64_t number);

  // Asks the processor for the bytes of a leaf that a lookup will need first: where they are
  // mapped, each would be waited for in turn.
  void prefetch(uint64_t number) const;
  // As much, of the bytes at `offset`.
  void prefetch(uint64_t number, size_t offset) const {
    if (mapped_ != nullptr) __builtin_prefetch(mapped_ + number * block_size() + offset);
  }

  // Why the last call failed.
  [[nodiscard]] Error error() const { return error_; }
  [[nodiscard]] tl::unexpected<Error> failure() const { return tl::make_unexpected(error_); }

 private:
  // A block's bytes, and what is known of them.
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
  // Of a mapping: the trailer verified, and it is no leaf or a sound one.
  std::vector<uint64_t> checked_;
  std::vector<Frame> frames_;  // block n is in frame n % size, or nowhere
  Error error_;
};

}  // namespace vde
