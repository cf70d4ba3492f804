#include "tag/tag_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

#include "base/checked.h"
#include "format/tag/tag_extension.h"
#include "format/tag/tag_filter.h"
#include "format/tag/tag_leaf.h"
#include "io/anonymous_memory.h"
#include "tag/tag_piece_writer.h"
#include "tag/tag_tree.h"

namespace vde {
namespace {

// The filters of the new index.
class Filters {
 public:
  Filters(uint32_t block_size, uint64_t keys)
      : bloom_(default_bloom_bits(block_size) / 8),
        large_(keys * 10 > default_bloom_bits(block_size)) {
    if (!large_) return;
    // Slightly more than requested, so that the next changes do not need another filter.
    limit_ = keys + keys / 4;
    lines_ = static_cast<uint32_t>(tag_filter_lines(keys + keys / 8));
    bits_.emplace(size_t{lines_} * kTagLineSize);
  }

  void add(std::string_view key, uint64_t hash) {
    ++keys_;
    if (!bloom_full_)
      bloom_insert(bloom_, static_cast<uint32_t>(bloom_.size() * 8), kDefaultBloomHashes, key);
    // Once every bit is set, more keys change nothing.
    if (keys_ % 1024 == 0 && !bloom_full_)
      bloom_full_ = std::all_of(bloom_.begin(), bloom_.end(), [](uint8_t b) { return b == 0xFF; });
    if (!large_) return;
    // Lines are spread over the memory, so each is prefetched some keys before it is written.
    __builtin_prefetch(line_of(hash).data(), 1);
    uint64_t& waiting = waiting_[keys_ % waiting_.size()];
    if (keys_ > waiting_.size()) insert(waiting);
    waiting = hash;
  }

  [[nodiscard]] Result<void> write(TagPieceWriter& out, uint32_t block_size,
                                   TagExtension& extension) {
    extension.filter_keys = keys_;
    if (!large_) return {};
    for (size_t i = 0; i < std::min<uint64_t>(keys_, waiting_.size()); ++i)
      insert(waiting_[(keys_ - i) % waiting_.size()]);
    extension.filter_start = out.next();
    extension.filter_lines = lines_;
    extension.filter_limit = limit_;
    const size_t a_block = size_t{tag_lines_per_block(block_size)} * kTagLineSize;
    for (size_t at = 0; at < bits_->bytes().size(); at += a_block) {
      VDE_TRY_ASSIGN(number, out.reserve());
      const Bytes bits = bits_->bytes().subspan(at);
      const Bytes part = bits.first(std::min(a_block, bits.size()));
      std::copy(part.begin(), part.end(), out.payload(number).subspan(tag_line_offset(0)).begin());
      out.done(number);
    }
    return {};
  }

  [[nodiscard]] Bytes bloom() const { return bloom_; }

 private:
  [[nodiscard]] MutableBytes line_of(uint64_t hash) {
    return bits_->bytes().subspan(tag_line_of(hash, lines_) * kTagLineSize, kTagLineSize);
  }
  void insert(uint64_t hash) { tag_line_insert(line_of(hash), hash); }

  BlockBuffer bloom_;
  bool bloom_full_ = false;
  bool large_;
  uint64_t keys_ = 0;
  uint64_t limit_ = 0;
  uint32_t lines_ = 0;
  std::optional<AnonymousMemory> bits_;  // of the larger filter
  std::array<uint64_t, 16> waiting_{};   // hashes of the last keys, not yet in `bits_`
};

// Builds the inner levels from children, left to right. The second last node of each level is held
// back, so that the last node never stays without a key.
class InnerLevels {
 public:
  InnerLevels(TagPieceWriter& out, uint32_t block_size) : out_(out), block_size_(block_size) {}

  // `separator` is the key between the previous child and this one.
  [[nodiscard]] Result<void> add(size_t level, std::string separator, uint32_t child) {
    if (level == levels_.size()) levels_.emplace_back();
    Level& at = levels_[level];
    const auto number = static_cast<int32_t>(child);
    if (!at.last) {
      at.last = begin(std::move(separator), number);
      return {};
    }
    const size_t more = encoded_key_size(separator) + kTagLinkSize;
    TagInner& node = at.last->node;
    if (node.encoded_size() + more <= payload_size(block_size_) &&
        node.count() < max_node_keys(block_size_)) {
      node.insert(node.count(), separator, number);
      return {};
    }
    std::optional<Part> full = std::exchange(at.before, std::move(at.last));
    at.last = begin(std::move(separator), number);
    return full ? emit(level, *full) : Result<void>{};
  }

  // The root's content; its children are written. Nothing if there was no child.
  [[nodiscard]] Result<std::optional<TagInner>> finish(int16_t& depth) {
    for (size_t level = 0; level < levels_.size(); ++level) {
      Part last = std::move(*levels_[level].last);
      std::optional<Part> before = std::move(levels_[level].before);
      if (!before && level + 1 == levels_.size()) {
        depth = static_cast<int16_t>(level + 1);
        return std::optional<TagInner>(std::move(last.node));
      }
      if (before && last.node.count() == 0) lend(*before, last);
      if (before) VDE_TRY(emit(level, *before));
      VDE_TRY(emit(level, last));
    }
    return std::optional<TagInner>();
  }

 private:
  struct Part {
    TagInner node;
    std::string separator;  // separator before it
  };
  struct Level {
    std::optional<Part> before;
    std::optional<Part> last;  // empty before the first child
  };

  static Part begin(std::string separator, int32_t child) {
    return {TagInner(child), std::move(separator)};
  }

  // Moves the last child of `from` to the start of `to`.
  static void lend(Part& from, Part& to) {
    const size_t last = from.node.count() - 1;
    TagInner longer(from.node.child(last + 1));
    longer.append(to.separator, to.node);
    to.node = std::move(longer);
    to.separator = from.node.key(last);
    from.node.erase(last);
  }

  [[nodiscard]] Result<void> emit(size_t level, Part& part) {
    VDE_TRY_ASSIGN(number, out_.reserve());
    part.node.encode(out_.payload(number));
    out_.done(number);
    return add(level + 1, std::move(part.separator), number);
  }

  TagPieceWriter& out_;
  uint32_t block_size_;
  std::deque<Level> levels_;  // lowest first; references stay valid when one is added
};

class Builder : public TagBuilder {
 public:
  Builder(TagSink& sink, uint64_t room, uint32_t block_size, uint64_t keys,
          TagDuplicates duplicates, TagPacking packing)
      : sink_(sink),
        room_(room),
        block_size_(block_size),
        twins_(duplicates),
        packing_(packing),
        out_(sink, room, block_size),
        filters_(block_size, keys),
        levels_(out_, block_size) {}

  [[nodiscard]] Result<void> add(const TagView& entry) override;
  [[nodiscard]] Result<TagIndexSize> finish(uint64_t spare) override;

 private:
  [[nodiscard]] bool fits(const TagView& entry, bool same_key) const;
  [[nodiscard]] Result<void> next_leaf(std::string separator, size_t keep);
  [[nodiscard]] Result<void> write_root(BlockBuffer& head);
  [[nodiscard]] Result<void> write_spare(uint64_t count);

  TagSink& sink_;
  uint64_t room_;
  uint32_t block_size_;
  TagDuplicates twins_;
  TagPacking packing_;
  TagPieceWriter out_;
  Filters filters_;
  InnerLevels levels_;
  TagLeafWriter leaf_;
  TagLeafWriter other_;
  uint32_t leaf_number_ = 0;    // 0: no leaf is open
  std::string leaf_separator_;  // separator before it
  uint64_t leaves_ = 0;
  size_t group_ = 0;          // start of the last key's run in the leaf
  std::string before_group_;  // the key before that run
  std::string last_key_;
  int64_t last_inode_ = 0;
  uint64_t entries_ = 0;
  bool has_twins_ = false;
};

// Only a new key has to leave room: another entry of a run must not move the run for that.
bool Builder::fits(const TagView& entry, bool same_key) const {
  constexpr size_t kSmallPart = 32;
  const size_t payload = payload_size(block_size_);
  const size_t size = tag_entry_size(entry);
  const bool leaves_room =
      packing_ == TagPacking::kRoomForOne && !same_key && size <= payload / kSmallPart;
  const size_t more = leaves_room ? 2 : 1;  // entries to have room for
  if (tag_leaf_holds_indexed(payload, leaf_.entry_bytes() + more * size, leaf_.count() + more))
    return true;
  const bool one_run = leaf_.count() == 0 || (same_key && group_ == 0);
  return one_run && tag_leaf_holds(payload, leaf_.entry_bytes() + size);
}

// Closes the open leaf and moves its entries from `keep` on to the next one.
Result<void> Builder::next_leaf(std::string separator, size_t keep) {
  VDE_TRY_ASSIGN(number, out_.reserve());
  other_.restart(out_.payload(number));
  if (leaf_number_ != 0) {
    other_.take_tail(leaf_, keep);
    leaf_.finish(static_cast<int32_t>(number));
    out_.done(leaf_number_);
    VDE_TRY(levels_.add(0, std::move(leaf_separator_), leaf_number_));
  }
  std::swap(leaf_, other_);
  leaf_number_ = number;
  leaf_separator_ = std::move(separator);
  group_ = 0;
  ++leaves_;
  return {};
}

Result<void> Builder::add(const TagView& entry) {
  VDE_TRY(check_tag_entry(entry, block_size_));
  const int order = entries_ == 0 ? 1 : entry.key.compare(last_key_);
  const bool duplicate = order == 0 && entry.inode == last_inode_;
  if (order < 0 || (order == 0 && entry.inode < last_inode_) ||
      (duplicate && twins_ == TagDuplicates::kRefused))
    return fail(ErrorCode::kUsage, "the tags are not in order, or contain a duplicate");
  has_twins_ |= duplicate;
  const bool same_key = order == 0;
  const uint64_t hash = tag_key_hash(entry.key);
  if (leaf_number_ == 0) VDE_TRY(next_leaf({}, 0));
  if (!fits(entry, same_key)) {
    // A run that started after other keys moves as a whole; one that fills the leaf continues in
    // the next.
    if (same_key && group_ > 0) VDE_TRY(next_leaf(tag_separator(before_group_, entry.key), group_));
    if (!fits(entry, same_key))
      VDE_TRY(next_leaf(tag_separator(last_key_, entry.key), leaf_.count()));
  }
  if (!same_key) {
    filters_.add(entry.key, hash);
    before_group_.swap(last_key_);
    last_key_.assign(entry.key);
    group_ = leaf_.count();
  }
  leaf_.add(entry, hash);
  last_inode_ = entry.inode;
  ++entries_;
  return {};
}

Result<void> Builder::write_root(BlockBuffer& head) {
  const MutableBytes root = MutableBytes(head).subspan(block_size_, payload_size(block_size_));
  TagIndexHeader header;
  if (entries_ > INT32_MAX)
    return fail(ErrorCode::kNoSpace, "a tag index can hold at most 2^31 - 1 tags");
  header.entry_count = static_cast<int32_t>(entries_);
  header.bloom_bits = static_cast<int32_t>(default_bloom_bits(block_size_));
  header.bloom_hashes = kDefaultBloomHashes;
  if (leaf_number_ == 0) {
    VDE_TRY(encode_tag_node(TagNode{}, root));
  } else {
    leaf_.finish(0);
    // The only leaf becomes the root; its own block stays as a spare one.
    if (leaves_ == 1) {
      std::copy(leaf_.payload().begin(), leaf_.payload().end(), root.begin());
      std::fill(leaf_.payload().begin(), leaf_.payload().end(), uint8_t{0});
    }
    out_.done(leaf_number_);
  }
  if (leaves_ > 1) {
    VDE_TRY(levels_.add(0, std::move(leaf_separator_), leaf_number_));
    VDE_TRY_ASSIGN(node, levels_.finish(header.depth));
    if (node) node->encode(root);
  }
  kTagIndexHeaderLayout.encode(header, head);
  return {};
}

Result<void> Builder::write_spare(uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    VDE_TRY_ASSIGN(number, out_.reserve());
    out_.done(number);
  }
  return {};
}

Result<TagIndexSize> Builder::finish(uint64_t spare) {
  BlockBuffer head(size_t{2} * block_size_);
  VDE_TRY(write_root(head));
  TagExtension extension;
  if (!has_twins_) extension.flags = kTagEqualKeysSorted;
  VDE_TRY(filters_.write(out_, block_size_, extension));
  const uint32_t used = leaves_ == 1 && out_.next() == TagPieceWriter::kFirstNode + 1
                            ? TagPieceWriter::kFirstNode
                            : out_.next();
  extension.high_water = used;
  const Bytes bloom = filters_.bloom();
  std::copy(bloom.begin(), bloom.end(), head.begin() + kTagIndexHeaderLayout.size());
  encode_tag_extension(extension, MutableBytes(head).first(payload_size(block_size_)));
  VDE_TRY(write_spare(std::min(spare, room_ - out_.next())));
  VDE_TRY(out_.flush());
  VDE_TRY(sink_.write(0, head));
  return TagIndexSize{used, out_.next()};
}

}  // namespace

std::unique_ptr<TagBuilder> TagBuilder::make(TagSink& sink, uint64_t room, uint32_t block_size,
                                             uint64_t keys, TagDuplicates duplicates,
                                             TagPacking packing) {
  return std::make_unique<Builder>(sink, room, block_size, keys, duplicates, packing);
}

}  // namespace vde
