// The original of a damaged block, found by trying: what is changed little by little until the
// checksum fits that the trailer names. Nothing here knows what the block holds or where it lies.
#pragma once

#include <bitset>
#include <span>
#include <string>

#include "check/exact/payload_trials.h"
#include "format/block.h"
#include "io/block_io.h"

namespace vde {

inline constexpr size_t kSectorBytes = 512;
inline constexpr size_t kMaxSectors = kMaxBlockSize / kSectorBytes;

// What is different between a damaged block and its original.
struct Correction {
  enum class Kind : uint8_t {
    kBit,       // of `word`
    kByte,      // of `word`
    kChecksum,  // the bits `word.mask` of the stored checksum; the payload is as it was
    kZeros,     // what lies in `sectors` was zeros, the trailer aside
  };
  Kind kind;
  WordChange word;
  std::bitset<kMaxSectors> sectors;
};

// Bits that may be wrong in a stored checksum.
inline constexpr int kMaxChecksumBits = 2;

// `block` is damaged (BlockState::kBadChecksum), here and below. Nothing where the stored checksum
// differs from the computed one by more.
[[nodiscard]] std::optional<Correction> find_checksum_bits(Bytes block);
// Sectors whose payload was zeros: each one, and all from each one on.
[[nodiscard]] std::optional<Correction> find_zero_sectors(Bytes block, Work& work);
// One bit, or one byte, of the payload. `work` has bit_steps(), or byte_steps(), at least.
[[nodiscard]] std::optional<Correction> find_bit(Bytes block, Work& work);
[[nodiscard]] std::optional<Correction> find_byte(Bytes block, Work& work);
[[nodiscard]] uint64_t bit_steps(uint32_t block_size);
[[nodiscard]] uint64_t byte_steps(uint32_t block_size);
[[nodiscard]] uint64_t zero_sector_steps(uint32_t block_size);

// The original of `block`.
[[nodiscard]] BlockBuffer original_of(const Correction& correction, Bytes block);
// What is wrong with `block`: "bit 3 of byte 1234 of the payload is flipped".
[[nodiscard]] std::string describe(const Correction& correction, Bytes block);

// What is different between `block` and `original`, the payload that its trailer names; nothing
// where that is more than a byte.
[[nodiscard]] std::optional<Correction> find_difference(Bytes block, Bytes original);

// The bytes of a damaged block from another place, where they may be damaged too.
struct BlockCopy {
  Bytes bytes;       // a whole block
  std::string name;  // "the mirror group's copy"
};

// Sectors in which two copies may differ: 2^16 checksums at most. With more copies the number of
// combinations has the same bound.
inline constexpr size_t kMaxDifferingSectors = 16;

// The original put together from sectors of `block` and of `copies`. Nothing where no combination
// has the checksum that the trailer of `block` names, there are too many of them, or `work` has
// fewer than combine_steps() left.
struct Combination {
  struct Part {
    size_t copy;                  // its place in `copies`
    std::vector<size_t> sectors;  // that are the copy's
  };
  BlockBuffer bytes;
  std::vector<Part> parts;  // by copy
};
[[nodiscard]] std::optional<Combination> combine(Bytes block, std::span<const BlockCopy> copies,
                                                 Work& work);
// Whether a sector of them is the same.
[[nodiscard]] bool shares_sector(Bytes block, Bytes copy);
// Steps that it takes at most; 0 where there are too many combinations, or none but the block.
[[nodiscard]] uint64_t combine_steps(Bytes block, std::span<const BlockCopy> copies);
// "sector 5", "sectors 5 and 7"
[[nodiscard]] std::string sector_list(const std::vector<size_t>& sectors);
// "sector 5 is wrong; it is intact in the mirror group's copy"
[[nodiscard]] std::string describe(const Combination& combination,
                                   std::span<const BlockCopy> copies);

}  // namespace vde
