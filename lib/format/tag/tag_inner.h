// An inner node of the tag tree, taken apart once so that searches in it are short.
#pragma once

#include <vector>

#include "format/tag/tag_index.h"
#include "format/tag/tag_leaf.h"

namespace vde {

class TagInner {
 public:
  // A node of one child, without keys.
  explicit TagInner(int32_t child) : ends_{0}, children_{child} {}
  // kDamaged where `payload` is no inner node, or anything in it runs past the block. Children are
  // for the caller to judge. Nothing of `payload` is referred to afterwards.
  [[nodiscard]] static Result<TagInner> decode(Bytes payload);

  // Keys; there is one child more.
  [[nodiscard]] size_t count() const { return heads_.size(); }
  [[nodiscard]] std::string_view key(size_t i) const {
    return {keys_.data() + ends_[i], ends_[i + 1] - ends_[i]};
  }
  [[nodiscard]] int32_t child(size_t i) const { return children_[i]; }

  // The first key that is not less than `key`, or that is greater; count() if there is none. The
  // child of that number is the first, or the last, that may hold entries of `key`.
  [[nodiscard]] size_t lower(std::string_view key) const { return search(key, false); }
  [[nodiscard]] size_t upper(std::string_view key) const { return search(key, true); }

  // Bytes of the node in its block.
  [[nodiscard]] size_t encoded_size() const {
    return kTagNodeHead + count() + keys_.size() + children_.size() * kTagLinkSize;
  }
  // Writes the node, zeros behind it; the caller has seen that it fits.
  void encode(MutableBytes payload) const;
  // Puts `key` in as key i, and `child` behind it, as child i + 1.
  void insert(size_t i, std::string_view key, int32_t child);
  // Takes out key i and the child behind it.
  void erase(size_t i);
  void set_key(size_t i, std::string_view key);
  // `key` and all of `right` go behind what is there.
  void append(std::string_view key, const TagInner& right);
  // A node of the keys [begin, end) and their children, one more.
  [[nodiscard]] TagInner part(size_t begin, size_t end) const;

  // The node as the codec for whole nodes has it.
  [[nodiscard]] TagNode node() const;

 private:
  TagInner() = default;

  // Sixteen bytes as a big-endian number: in most nodes they tell keys apart.
  __extension__ using Head = unsigned __int128;

  [[nodiscard]] static Head head_of(std::string_view text);
  [[nodiscard]] size_t first_not_less(Head wanted) const;
  [[nodiscard]] size_t search(std::string_view key, bool above) const;
  void find_heads();

  std::string keys_;            // one after the other
  std::vector<uint32_t> ends_;  // where key i begins; one more than keys
  std::vector<int32_t> children_;
  size_t common_ = 0;        // bytes that all keys begin with
  std::vector<Head> heads_;  // of each key after those
};

// The first eight bytes of `text`, zeros where it is shorter, as a big-endian number.
[[nodiscard]] uint64_t tag_key_head(std::string_view text);

}  // namespace vde
