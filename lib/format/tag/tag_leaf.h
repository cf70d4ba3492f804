// A leaf of the tag tree, read in place: entries are not copied, and every step is checked against
// the end of the block.
//
// The SDK writes zeros between a leaf's last entry and the next leaf's number, and ignores these
// bytes when reading. vdetool keeps an index of the entries there:
//   [fingerprint u8 x n][offset u16 x n][n u16][mark u16], right before the next leaf's number.
// A fingerprint is the top byte of tag_key_hash; an offset is where the entry begins. If the mark
// or the room for the index is missing, entries are found by walking.
#pragma once

#include <optional>
#include <vector>

#include "format/block.h"
#include "vde/tag_types.h"

namespace vde {

inline constexpr uint8_t kTagInnerType = 0;
inline constexpr uint8_t kTagLeafType = 1;
inline constexpr size_t kTagNodeHead = 3;     // bytes: type u8, count u16
inline constexpr size_t kTagLinkSize = 4;     // bytes of a node's number
inline constexpr size_t kTagEntryFixed = 18;  // fixed bytes of an entry, without key and value
inline constexpr uint16_t kTagIndexMark = 0x1DF7;

// XXH3 of a key; used for fingerprints and the line filter.
[[nodiscard]] uint64_t tag_key_hash(std::string_view key);
[[nodiscard]] constexpr uint8_t tag_fingerprint(uint64_t hash) {
  return static_cast<uint8_t>(hash >> 56);
}

[[nodiscard]] constexpr size_t tag_entry_size(const TagView& entry) {
  return kTagEntryFixed + entry.key.size() + entry.value.size();
}

// The size of the index of `count` entries, in bytes.
[[nodiscard]] constexpr size_t tag_index_size(size_t count) {
  return 4 + 3 * count;
}

class TagLeaf {
 public:
  // The offset of the first entry.
  static constexpr size_t kFirst = kTagNodeHead;

  // Nothing if `payload` is not a leaf, or claims more entries than a node may have. Does not own
  // the bytes.
  [[nodiscard]] static std::optional<TagLeaf> open(Bytes payload);

  [[nodiscard]] uint32_t count() const { return count_; }
  [[nodiscard]] int32_t next_leaf() const;

  // Reads the entry at offset `at` and moves `at` past it. False if the entry runs past the block.
  [[nodiscard]] bool read(size_t& at, TagView& entry) const;

  [[nodiscard]] bool has_index() const { return fingerprints_ != nullptr; }
  void forget_index() { fingerprints_ = nullptr; }
  // Only with an index: the offset of entry `i`, which must be less than count(). The index is not
  // checked: any value is possible.
  [[nodiscard]] size_t offset(uint32_t i) const {
    return load_le<uint16_t>(Bytes(fingerprints_ + count_ + 2 * size_t{i}, 2), 0);
  }
  [[nodiscard]] uint8_t fingerprint(uint32_t i) const { return fingerprints_[i]; }
  // Prefetches the bytes at `at`, as many as most entries have, and the start of the next entry.
  void prefetch(size_t at) const {
    __builtin_prefetch(base_ + at);
    __builtin_prefetch(base_ + at + 63);
    __builtin_prefetch(base_ + at + 127);
  }
  // Only with an index: the first entry from `i` on with this fingerprint; count() if there is
  // none.
  [[nodiscard]] uint32_t match(uint8_t fingerprint, uint32_t i) const;

  enum class Shape {
    kBroken,   // an entry runs past the block
    kNoIndex,  // valid, but without a usable index
    kSound,    // valid, and so are the offsets of the index, if there is one
  };
  // Checks all entries.
  [[nodiscard]] Shape shape() const;

 private:
  [[nodiscard]] bool skip(size_t& at) const;
  [[nodiscard]] bool index_fits() const;

  const uint8_t* base_ = nullptr;
  size_t end_ = 0;  // end of the room for entries, in bytes
  uint32_t count_ = 0;
  const uint8_t* fingerprints_ = nullptr;
};

inline bool TagLeaf::read(size_t& at, TagView& entry) const {
  if (at >= end_) return false;
  const size_t key = base_[at];
  const size_t value_at = at + 1 + key;
  if (value_at >= end_) return false;
  const size_t value = base_[value_at];
  const size_t fixed_at = value_at + 1 + value;
  if (fixed_at + 16 > end_) return false;
  const auto* text = reinterpret_cast<const char*>(base_);
  entry.key = {text + at + 1, key};
  entry.value = {text + value_at + 1, value};
  const Bytes numbers(base_ + fixed_at, 16);
  entry.inode = load_le<int64_t>(numbers, 0);
  entry.block = load_le<int64_t>(numbers, 8);
  at = fixed_at + 16;
  return true;
}

// Moves `at` past the entry at that offset; false if the entry runs past the block.
inline bool TagLeaf::skip(size_t& at) const {
  if (at >= end_) return false;
  const size_t value_at = at + 1 + base_[at];
  if (value_at >= end_) return false;
  at = value_at + 1 + base_[value_at] + 16;
  return at <= end_;
}

// A leaf that is being changed. Offsets and fingerprints of its entries are decoded by load() and
// written by store().
class TagLeafEditor {
 public:
  // kDamaged if `payload` is not a leaf, or an entry runs past it. The bytes must outlive the
  // editor's use of them.
  [[nodiscard]] Result<void> load(MutableBytes payload);

  [[nodiscard]] size_t count() const { return offsets_.size(); }
  [[nodiscard]] TagView entry(size_t i) const;
  [[nodiscard]] Bytes encoded(size_t i) const;
  // The size of all entries, in bytes.
  [[nodiscard]] size_t entry_bytes() const { return end_ - kTagNodeHead; }
  [[nodiscard]] int32_t next_leaf() const;

  // The entry must fit.
  void insert(size_t i, const TagView& entry);
  void erase(size_t i);
  void set_next_leaf(int32_t next);
  // Writes the count and the index, and zeros to the unused bytes.
  void store();

 private:
  MutableBytes payload_;
  size_t end_ = 0;  // end of the entries
  std::vector<uint16_t> offsets_;
  std::vector<uint8_t> fingerprints_;
};

// Builds a leaf by appending entries.
class TagLeafWriter {
 public:
  TagLeafWriter() = default;
  explicit TagLeafWriter(MutableBytes payload) { restart(payload); }

  [[nodiscard]] size_t count() const { return offsets_.size(); }
  [[nodiscard]] size_t entry_bytes() const { return end_ - kTagNodeHead; }
  [[nodiscard]] MutableBytes payload() const { return payload_; }
  // The entry must fit.
  void add(const TagView& entry, uint64_t hash);
  // Removes all entries from `i` on.
  void truncate(size_t i);
  // Moves the entries of `other` from `from` on to this leaf, which has another payload.
  void take_tail(TagLeafWriter& other, size_t from);
  void finish(int32_t next_leaf);
  // Starts again with another payload.
  void restart(MutableBytes payload);

 private:
  MutableBytes payload_;
  size_t end_ = kTagNodeHead;
  std::vector<uint16_t> offsets_;
  std::vector<uint8_t> fingerprints_;
};

// Encodes an entry at the start of `to`, which must have room for it.
void encode_tag_entry(const TagView& entry, MutableBytes to);

// True if a leaf with this payload size has room for entries of this total size, and also for an
// index of them.
[[nodiscard]] constexpr bool tag_leaf_holds(size_t payload, size_t entry_bytes) {
  return kTagNodeHead + entry_bytes + kTagLinkSize <= payload;
}
[[nodiscard]] constexpr bool tag_leaf_holds_indexed(size_t payload, size_t bytes, size_t count) {
  return tag_leaf_holds(payload, bytes + tag_index_size(count));
}

}  // namespace vde
