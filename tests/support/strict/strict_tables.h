// The strict reader's other regions: snapshots (SNAP), modules (CODE), the integrity tree (MTRK)
// and the encryption header (ENCR). Each reader throws Failure where the SDK would fail.
#pragma once

#include "support/strict/strict_image.h"

namespace vde::test::strict {

struct Snapshot {
  std::array<uint8_t, 16> id{};  // as on disk, like all identifiers here
  std::array<uint8_t, 16> parent{};
  int64_t created = 0;  // ticks
  int64_t inode_table_start = 0;
  int64_t inode_table_blocks = 0;
  int64_t data_blocks = 0;
  uint16_t flags = 0;
  std::string label;

  bool operator==(const Snapshot&) const = default;
};

struct Module {
  std::array<uint8_t, 32> hash{};
  std::array<uint8_t, 16> id{};
  int64_t first_block = 0;
  int32_t block_count = 0;
  int32_t size = 0;  // bytes
  uint16_t abi = 0;
  int64_t registered = 0;  // ticks
  std::string entry_point;

  bool operator==(const Module&) const = default;
};

struct IntegrityTree {
  int32_t leaf_count = 0;
  int32_t capacity = 0;
  std::array<uint8_t, 32> root{};
  // 2 x capacity of them; number 0 is not on disk and is always zero.
  std::vector<std::array<uint8_t, 32>> nodes;
};

struct KeySlot {
  uint8_t index = 0;
  uint8_t status = 0;
  uint16_t algorithm = 0;
  std::array<uint8_t, 64> wrapped_key{};
  std::array<uint8_t, 32> salt{};
  uint32_t kdf_iterations = 0;
  uint16_t kdf = 0;
  int64_t created = 0;  // ticks
  int64_t retired = 0;
};

struct Rotation {
  int64_t ticks = 0;
  uint8_t old_slot = 0;
  uint8_t new_slot = 0;
  uint16_t reason = 0;
};

struct EncryptionHeader {
  uint8_t active_slot = 0;
  uint8_t active_slots = 0;
  std::vector<KeySlot> slots;  // 63, or as many as fit into two blocks; includes empty ones
  std::vector<Rotation> rotations;
};

// Every entry that the SDK reads from the table. It reads as many entries as the header counts, and
// reads a record wherever a block has at least the fixed size left: padding is read as entries of
// zeros, and as many real ones are missing at the end.
[[nodiscard]] std::vector<Snapshot> read_snapshots(const Region& region);
[[nodiscard]] std::vector<Module> read_modules(const Region& region);

// Nothing if the header is zero: an uninitialized tree, regardless of the blocks after it.
[[nodiscard]] std::optional<IntegrityTree> read_integrity_tree(const Region& region);

// Nothing if the region is zero, including trailers.
[[nodiscard]] std::optional<EncryptionHeader> read_encryption_header(const Region& region);

}  // namespace vde::test::strict
