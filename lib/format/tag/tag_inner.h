// An inner node of the tag tree, decoded once so that searches in it are fast.
#pragma once

#include <vector>

#include "format/tag/tag_index.h"
#include "format/tag/tag_leaf.h"

namespace vde {

class TagInner {
 public:
  // A node of one child, without keys.
  explicit TagInner(int32_t child) : ends_{0}, children_{child} {}
  // kDamaged if `payload` is not an inner node, or anything in it runs past the block. Does not
  // check children. Does not keep references to `payload`.
  [[nodiscard]] static Result<TagInner> decode(Bytes payload);

  // The number of keys; there is one more child.
  [[nodiscard]] size_t count() const { return heads_.size(); }
  [[nodiscard]] std::string_view key(size_t i) const {
    return {keys_.data() + ends_[i] + 1, ends_[i + 1] - ends_[i] - 1};
  }
  [[nodiscard]] int32_t child(size_t i) const { return children_[i]; }

  // The first key that is not less than `key`, and the first that is greater; count() if there is
  // none. The child with that number is the first, or the last, that may hold entries of `key`.
  [[nodiscard]] size_t lower(std::string_view key) const { return search(key, false); }
  [[nodiscard]] size_t upper(std::string_view key) const { return search(key, true); }

  // The encoded size of the node, in bytes.
  [[nodiscard]] size_t encoded_size() const {
    return kTagNodeHead + keys_.size() + children_.size() * kTagLinkSize;
  }
  // Encodes the node, followed by zeros. It must fit.
  void encode(MutableBytes payload) const;

  // In the following the text of `key` must not be that of a key of this node.

  // Inserts `key` as key i, and `child` after it, as child i + 1.
  void insert(size_t i, std::string_view key, int32_t child);
  // Removes key i and the child after it.
  void erase(size_t i);
  void set_key(size_t i, std::string_view key);
  // Appends `key` and all of `right`.
  void append(std::string_view key, const TagInner& right);
  // A node of keys [begin, end) and their children, one more.
  [[nodiscard]] TagInner part(size_t begin, size_t end) const;

  // The node in the form of the generic codec.
  [[nodiscard]] TagNode node() const;

 private:
  TagInner() = default;

  // Sixteen bytes as a big-endian number; in most nodes they distinguish all keys.
  __extension__ using Head = unsigned __int128;

  [[nodiscard]] static Head head_of(std::string_view text);
  [[nodiscard]] std::string_view common() const { return {keys_.data() + 1, common_}; }
  [[nodiscard]] size_t first_not_less(Head wanted) const;
  [[nodiscard]] size_t search(std::string_view key, bool above) const;
  void find_heads();

  std::string keys_;            // as in the block: each after its length
  std::vector<uint32_t> ends_;  // where the length of key i is; one more element than keys
  std::vector<int32_t> children_;
  size_t common_ = 0;        // length of the common prefix of all keys, in bytes
  std::vector<Head> heads_;  // of each key, after the common prefix
};

// The first eight bytes of `text`, padded with zeros, as a big-endian number.
[[nodiscard]] uint64_t tag_key_head(std::string_view text);

}  // namespace vde
