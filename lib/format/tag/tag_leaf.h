// A leaf of the tag tree where it lies: entries read without copying them, every step checked
// against the block's end.
//
// The bytes between a leaf's last entry and the next leaf's number mean nothing to the existing
// code, which writes zeros there. vdetool keeps an index of the entries in them:
//   [fingerprint u8 x n][offset u16 x n][n u16][mark u16], right before the next leaf's number.
// A fingerprint is the top byte of tag_key_hash; an offset is where the entry begins. Where the
// mark is missing, or the room for the index is, entries are found by walking.
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
inline constexpr size_t kTagEntryFixed = 18;  // bytes of an entry but key and value
inline constexpr uint16_t kTagIndexMark = 0x1DF7;

// XXH3 of a key: fingerprints and the line filter come from it.
[[nodiscard]] uint64_t tag_key_hash(std::string_view key);
[[nodiscard]] constexpr uint8_t tag_fingerprint(uint64_t hash) {
  return static_cast<uint8_t>(hash >> 56);
}

[[nodiscard]] constexpr size_t tag_entry_size(const TagView& entry) {
  return kTagEntryFixed + entry.key.size() + entry.value.size();
}

// Bytes of the index of `count` entries.
[[nodiscard]] constexpr size_t tag_index_size(size_t count) {
  return 4 + 3 * count;
}

class TagLeaf {
 public:
  // Where the first entry begins, in bytes.
  static constexpr size_t kFirst = kTagNodeHead;

  // Nothing where `payload` is no leaf, or claims more entries than a node may have. The bytes
  // stay the caller's.
  [[nodiscard]] static std::optional<TagLeaf> open(Bytes payload);

  [[nodiscard]] uint32_t count() const { return count_; }
  [[nodiscard]] int32_t next_leaf() const;

  // The entry at byte `at`, which moves behind it; false where it runs past the block.
  [[nodiscard]] bool read(size_t& at, TagView& entry) const;

  [[nodiscard]] bool has_index() const { return fingerprints_ != nullptr; }
  void forget_index() { fingerprints_ = nullptr; }
  // With an index: byte offset of entry `i`, which is below count(). It may point anywhere.
  [[nodiscard]] size_t offset(uint32_t i) const;
  [[nodiscard]] uint8_t fingerprint(uint32_t i) const { return fingerprints_[i]; }
  // Asks the processor for the bytes at `at` and the next ones, as many as most entries have.
  void prefetch(size_t at) const {
    __builtin_prefetch(base_ + at);
    __builtin_prefetch(base_ + at + 63);
  }
  // With an index: the first entry from `i` on whose fingerprint is `fingerprint`; count() if there
  // is none.
  [[nodiscard]] uint32_t match(uint8_t fingerprint, uint32_t i) const;

  enum class Shape {
    kBroken,   // an entry runs past the block
    kNoIndex,  // whole, and what looks like an index is none
    kSound,    // whole, and so are the offsets of the index, if there is one
  };
  // Walks all entries.
  [[nodiscard]] Shape shape() const;

 private:
  const uint8_t* base_ = nullptr;
  size_t end_ = 0;  // of the room for entries, in bytes
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

// A leaf that is being changed: its entries' offsets and fingerprints out of the bytes, put back
// by store().
class TagLeafEditor {
 public:
  // kDamaged where `payload` is no leaf, or an entry runs past it. The bytes outlive the editor's
  // use of them.
  [[nodiscard]] Result<void> load(MutableBytes payload);

  [[nodiscard]] size_t count() const { return offsets_.size(); }
  [[nodiscard]] TagView entry(size_t i) const;
  [[nodiscard]] Bytes encoded(size_t i) const;
  // Bytes that all entries take.
  [[nodiscard]] size_t entry_bytes() const { return end_ - kTagNodeHead; }
  [[nodiscard]] int32_t next_leaf() const;

  // The caller has seen that there is room for it.
  void insert(size_t i, const TagView& entry);
  void erase(size_t i);
  void set_next_leaf(int32_t next);
  // Writes count and index, zeros where nothing is.
  void store();

 private:
  MutableBytes payload_;
  size_t end_ = 0;  // of the entries
  std::vector<uint16_t> offsets_;
  std::vector<uint8_t> fingerprints_;
};

// A leaf of its own, entry after entry.
class TagLeafWriter {
 public:
  TagLeafWriter() = default;
  explicit TagLeafWriter(MutableBytes payload) { restart(payload); }

  [[nodiscard]] size_t count() const { return offsets_.size(); }
  [[nodiscard]] size_t entry_bytes() const { return end_ - kTagNodeHead; }
  [[nodiscard]] MutableBytes payload() const { return payload_; }
  // The caller has seen that it fits.
  void add(const TagView& entry, uint64_t hash);
  // Drops all entries from `i` on.
  void truncate(size_t i);
  // Takes over the entries of `other` from `from` on, which lie in another payload.
  void take_tail(TagLeafWriter& other, size_t from);
  void finish(int32_t next_leaf);
  // Starts over in another payload.
  void restart(MutableBytes payload);

 private:
  MutableBytes payload_;
  size_t end_ = kTagNodeHead;
  std::vector<uint16_t> offsets_;
  std::vector<uint8_t> fingerprints_;
};

// Writes an entry to the start of `to`, which has room for it.
void encode_tag_entry(const TagView& entry, MutableBytes to);

// A leaf of this payload holds entries of so many bytes altogether: at all, and with an index.
[[nodiscard]] constexpr bool tag_leaf_holds(size_t payload, size_t entry_bytes) {
  return kTagNodeHead + entry_bytes + kTagLinkSize <= payload;
}
[[nodiscard]] constexpr bool tag_leaf_holds_indexed(size_t payload, size_t bytes, size_t count) {
  return tag_leaf_holds(payload, bytes + tag_index_size(count));
}

}  // namespace vde
