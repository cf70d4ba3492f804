// Blocks and their trailers: the unit of everything on disk.
//
// The last 16 bytes of a block are its trailer: [block type u32][generation u32][XXH64 u64]. The
// hash has seed 0 and covers the payload, which is all bytes before the trailer. No checksum covers
// the type and the generation, so they are trusted only if something else confirms them.
#pragma once

#include <optional>

#include "format/block_type.h"
#include "vde/error.h"

namespace vde {

inline constexpr uint32_t kMinBlockSize = 512;
inline constexpr uint32_t kMaxBlockSize = 65536;
inline constexpr uint32_t kDefaultBlockSize = 4096;
inline constexpr uint32_t kTrailerSize = 16;

// Volumes have at most 2^46 blocks, so that a block number times a block size, or a bit count,
// never overflows 64 bits; 64 TiB in 512-byte blocks are 2^37.
inline constexpr uint64_t kMaxBlocks = uint64_t{1} << 46;

[[nodiscard]] constexpr bool is_block_size(int64_t size) {
  return size >= kMinBlockSize && size <= kMaxBlockSize && (size & (size - 1)) == 0;
}

[[nodiscard]] constexpr uint32_t payload_size(uint32_t block_size) {
  return block_size - kTrailerSize;
}

struct Trailer {
  BlockType type;
  uint32_t generation = 0;
  uint64_t checksum = 0;
  bool operator==(const Trailer&) const = default;
};

inline constexpr Layout kTrailerLayout("trailer", field(0, "tag", &Trailer::type),
                                       field(4, "generation", &Trailer::generation),
                                       field(8, "checksum", &Trailer::checksum));
static_assert(kTrailerLayout.covers(kTrailerSize));

// True if `a` comes after `b`. Generations are the low 32 bits of a sequence that only grows, so
// the comparison must allow for wrapping.
[[nodiscard]] constexpr bool is_later_generation(uint32_t a, uint32_t b) {
  return a != b && a - b < uint32_t{1} << 31;
}

// XXH64 with seed 0, the format's checksum.
[[nodiscard]] uint64_t checksum(Bytes bytes);

// The state of a block, determined from its bytes alone.
enum class BlockState {
  kValid,        // the checksum matches the payload
  kUnwritten,    // every byte is zero: never written, or a hole
  kNoTrailer,    // the trailer is 16 zero bytes, the payload is not zero
  kBadChecksum,  // the checksum does not match
};
[[nodiscard]] std::string_view to_string(BlockState state);

class CheckedBlock;

// The bytes of a block as read from the disk, not to be trusted. Only check() and check_any()
// return a block whose payload may be parsed. Does not own the bytes.
class UncheckedBlock {
 public:
  // `bytes` is one whole block of a valid block size.
  UncheckedBlock(uint64_t number, Bytes bytes) : number_(number), bytes_(bytes) {}

  [[nodiscard]] uint64_t number() const { return number_; }
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  [[nodiscard]] Bytes unchecked_payload() const {
    return bytes_.first(bytes_.size() - kTrailerSize);
  }
  [[nodiscard]] Trailer unchecked_trailer() const;
  [[nodiscard]] BlockState state() const;
  // Same as state() == kUnwritten, without computing a checksum.
  [[nodiscard]] bool is_unwritten() const { return all_zero(bytes_); }

  // kDamaged, naming the block, unless the trailer is valid and the block type is `expected`.
  [[nodiscard]] Result<CheckedBlock> check(BlockType expected) const;
  // Same, for any known block type.
  [[nodiscard]] Result<CheckedBlock> check_any() const;
  // As check(), for any type at all. The checksum does not cover the type; a repair may be able to
  // tell it from the payload.
  [[nodiscard]] Result<CheckedBlock> check_payload() const;

 private:
  uint64_t number_;
  Bytes bytes_;
};

// A block with a valid trailer. Does not own the bytes.
class CheckedBlock {
 public:
  [[nodiscard]] uint64_t number() const { return number_; }
  [[nodiscard]] Bytes payload() const { return payload_; }
  [[nodiscard]] const Trailer& trailer() const { return trailer_; }

 private:
  friend class UncheckedBlock;
  CheckedBlock(uint64_t number, Bytes payload, const Trailer& trailer)
      : number_(number), payload_(payload), trailer_(trailer) {}

  uint64_t number_;
  Bytes payload_;
  Trailer trailer_;
};

// Writes a valid trailer for the payload into the last 16 bytes of `block`.
void write_trailer(MutableBytes block, BlockType type, uint32_t generation);

}  // namespace vde
