// The parts that the strict reader needs before any region: blocks and their trailers, the
// superblock group and the region directory.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "support/strict/strict_bytes.h"

namespace vde::test::strict {

// The size of a trailer: block type, generation, XXH64 of the payload.
inline constexpr size_t kTrailerSize = 16;

enum class Group : uint8_t { kPrimary, kMirror, kRejected };

// The superblock fields that the strict reader uses.
struct Superblock {
  uint32_t module_manifest = 0;
  int32_t block_size = 0;  // bytes
  int64_t total_blocks = 0;
  int64_t free_blocks = 0;
  int64_t expected_file_size = 0;  // bytes
  int64_t total_allocated_blocks = 0;
  std::array<uint8_t, 16> uuid{};  // as on disk
  uint16_t inode_size = 0;
  std::string label;  // without its padding
  int64_t created = 0;
  int64_t modified = 0;
  int64_t checkpoint_sequence = 0;
};

// A used slot of the pointer table or of the directory.
struct Slot {
  uint32_t slot = 0;
  std::string type;  // e.g. "TAGI"
  uint32_t flags = 0;
  int64_t start = 0;  // blocks
  int64_t count = 0;
  int64_t used = 0;

  bool operator==(const Slot&) const = default;
};

// One region's blocks, numbered from 0.
class Region {
 public:
  Region(Bytes bytes, size_t block_size) : bytes_(bytes), block_size_(block_size) {}

  [[nodiscard]] size_t blocks() const { return bytes_.size() / block_size_; }
  [[nodiscard]] size_t block_size() const { return block_size_; }
  [[nodiscard]] size_t payload_size() const { return block_size_ - kTrailerSize; }
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  // Throws Failure if the region has no such block.
  [[nodiscard]] Bytes payload(size_t block) const;
  // Throws Failure unless the block's trailer has the type `tag` and the payload's hash.
  void check_trailer(size_t block, std::string_view type) const;
  void check_all_trailers(std::string_view type) const;
  // The same for a trailer of any type.
  void check_checksum(size_t block) const;

 private:
  [[nodiscard]] Bytes block(size_t number) const;

  Bytes bytes_;
  size_t block_size_;
};

// The superblock group and the directory of an image. The primary group is used if its four
// trailers are valid, else the mirror if its four are; the directory is used if its trailers and
// its hash are valid. Generations are not compared.
class Image {
 public:
  explicit Image(Bytes bytes);

  // A group and the directory are valid.
  [[nodiscard]] bool validates() const { return group_ != Group::kRejected && directory_verifies_; }
  [[nodiscard]] Group group() const { return group_; }
  // Of the group in use; all zero if both are rejected.
  [[nodiscard]] const Superblock& superblock() const { return superblock_; }
  [[nodiscard]] const std::vector<Slot>& pointer_table() const { return pointer_table_; }
  // Empty if it is not valid.
  [[nodiscard]] const std::vector<Slot>& directory() const { return directory_; }

  // The first slot of the directory with the type `tag`.
  [[nodiscard]] std::optional<Slot> slot(std::string_view type) const;
  // The blocks of `slot`; nothing if they lie outside the file.
  [[nodiscard]] std::optional<Region> region(const Slot& slot) const;

 private:
  [[nodiscard]] bool accept_group(size_t block_size, Group group);
  void find_group();
  void read_directory();

  Bytes bytes_;
  size_t block_size_ = 0;  // 0: unknown
  Group group_ = Group::kRejected;
  bool directory_verifies_ = false;
  Superblock superblock_;
  std::vector<Slot> pointer_table_;
  std::vector<Slot> directory_;
};

}  // namespace vde::test::strict
