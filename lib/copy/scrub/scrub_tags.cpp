// The tag index: keys, inode numbers and the shape of the tree stay, values become zeros of the
// same length. Filters and leaf indexes follow from keys: what does not becomes zero.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/checked.h"
#include "check/written_blocks.h"
#include "copy/scrub/may_stay.h"
#include "copy/scrub/region_scrubber.h"
#include "format/tag/tag_extension.h"
#include "format/tag/tag_filter.h"
#include "format/tag/tag_inner.h"
#include "format/tag/tag_leaf.h"

namespace vde {
namespace {

constexpr uint64_t kMaxMask = uint64_t{32} << 20;  // bytes of the line filter

void keep_bits(Bytes from, Bytes mask, MutableBytes to) {
  for (size_t i = 0; i < to.size(); ++i) to[i] = from[i] & mask[i];
}

// Keeps the parts of a leaf's index that are right.
void keep_leaf_index(const TagLeaf& leaf, uint32_t i, size_t at, std::string_view key,
                     Bytes payload, MutableBytes to) {
  const size_t index = payload.size() - kTagLinkSize - tag_index_size(leaf.count());
  const uint8_t right = tag_fingerprint(tag_key_hash(key));
  if (leaf.fingerprint(i) == right) to[index + i] = right;
  if (leaf.offset(i) == at)
    store_le(to, index + leaf.count() + 2 * size_t{i}, static_cast<uint16_t>(at));
}

// Nothing of a leaf with a broken entry stays.
void scrub_leaf(const TagLeaf& leaf, Bytes payload, MutableBytes to) {
  if (leaf.shape() == TagLeaf::Shape::kBroken) return;
  size_t at = TagLeaf::kFirst;
  size_t end = at;
  TagView entry;
  for (uint32_t i = 0; i < leaf.count(); ++i) static_cast<void>(leaf.read(end, entry));
  const size_t index = payload.size() - kTagLinkSize - tag_index_size(leaf.count());
  const bool has_index = leaf.has_index() && end <= index;
  const std::vector<uint8_t> zeros(kMaxTagValue);
  const auto* blank = reinterpret_cast<const char*>(zeros.data());
  to[0] = kTagLeafType;
  store_le(to, 1, static_cast<uint16_t>(leaf.count()));
  store_le(to, to.size() - kTagLinkSize, leaf.next_leaf());
  for (uint32_t i = 0; i < leaf.count(); ++i) {
    const size_t begin = at;
    static_cast<void>(leaf.read(at, entry));
    entry.value = {blank, entry.value.size()};
    encode_tag_entry(entry, to.subspan(begin, at - begin));
    if (has_index) keep_leaf_index(leaf, i, begin, entry.key, payload, to);
  }
  if (!has_index) return;
  store_le(to, to.size() - kTagLinkSize - 4, static_cast<uint16_t>(leaf.count()));
  store_le(to, to.size() - kTagLinkSize - 2, kTagIndexMark);
}

class TagScrubber : public RegionScrubber {
 public:
  TagScrubber(const BlockIo& io, const PlacedRegion& region, const Activity& activity)
      : io_(io), region_(region), activity_(activity) {
    BlockBuffer buffer = io_.make_buffer();
    const auto block = io_.read_checked(region_.blocks.begin, block_types::kTagIndex, buffer);
    if (!block) return;
    const auto extension = decode_tag_extension(block->payload());
    if (!extension || extension->filter_lines == 0) return;
    lines_ = extension->filter_lines;
    per_block_ = tag_lines_per_block(io_.block_size());
    filter_ = {extension->filter_start, extension->filter_start + divide_up(lines_, per_block_)};
  }

  Result<void> scrub(uint64_t index, const CheckedBlock& block, MutableBytes to) override {
    const Bytes payload = block.payload();
    if (index == 0) return scrub_header(payload, to);
    const bool is_filter =
        filter_.contains(index) && index != kTagRoot && all_zero(payload.first(kTagLineSize));
    if (is_filter) return scrub_lines(index, payload, to);
    if (const auto leaf = TagLeaf::open(payload)) {
      scrub_leaf(*leaf, payload, to);
    } else if (const auto inner = TagInner::decode(payload)) {
      inner->encode(to);
    }
    return {};
  }

 private:
  Result<void> scrub_header(Bytes payload, MutableBytes to) {
    keep_fields(kTagIndexHeaderLayout, payload, to);
    if (decode_tag_extension(payload)) {
      const size_t at = payload.size() - kTagExtensionLayout.size();
      TagExtension extension = kTagExtensionLayout.decode(payload.subspan(at));
      extension.reserved = 0;
      encode_tag_extension(extension, to);
    }
    const TagIndexHeader header = kTagIndexHeaderLayout.decode(payload);
    const size_t begin = kTagIndexHeaderLayout.size();
    const size_t room = payload.size() - begin;
    if (header.bloom_bits <= 0 || static_cast<uint64_t>(header.bloom_bits) > room * 8) return {};
    const auto bits = static_cast<uint32_t>(header.bloom_bits);
    std::vector<uint8_t> mask((bits + 7) / 8);
    VDE_TRY(each_key(
        [&](std::string_view key) { bloom_insert(mask, bits, header.bloom_hashes, key); }));
    keep_bits(payload.subspan(begin, mask.size()), mask, to.subspan(begin, mask.size()));
    return {};
  }

  Result<void> scrub_lines(uint64_t index, Bytes payload, MutableBytes to) {
    if (masked_.empty() || index > masked_.back()) VDE_TRY(make_mask(index));
    const auto lines = mask_of(index);
    if (!lines) return {};
    const uint64_t first = (index - filter_.begin) * per_block_;
    const size_t size = std::min<uint64_t>(per_block_, lines_ - first) * kTagLineSize;
    const size_t at = tag_line_offset(0);
    keep_bits(payload.subspan(at, size), lines->first(size), to.subspan(at, size));
    return {};
  }

  // The lines of block `index` and of written blocks after it, as many as memory allows, with the
  // bits of all keys. Blocks are passed in ascending order, so each is masked once.
  Result<void> make_mask(uint64_t index) {
    VDE_TRY(find_masked(index));
    mask_.assign(masked_.size() * line_bytes(), 0);
    return each_key([&](std::string_view key) {
      const uint64_t hash = tag_key_hash(key);
      const uint64_t line = tag_line_of(hash, lines_);
      const auto lines = mask_of(filter_.begin + line / per_block_);
      if (lines)
        tag_line_insert(lines->subspan(line % per_block_ * kTagLineSize, kTagLineSize), hash);
    });
  }

  Result<void> find_masked(uint64_t index) {
    const uint64_t start = region_.blocks.begin;
    const uint64_t end = std::min(filter_.end, region_.blocks.count());
    const uint64_t most = std::max<uint64_t>(1, kMaxMask / line_bytes());
    masked_.clear();
    while (index < end && masked_.size() < most) {
      VDE_TRY_ASSIGN(data, io_.file().next_data(io_.bytes_of({start + index, start + end})));
      if (data.empty()) break;
      index = data.begin / io_.block_size() - start;
      const uint64_t stop = divide_up(data.end, io_.block_size()) - start;
      for (; index < stop && masked_.size() < most; ++index) masked_.push_back(index);
    }
    return {};
  }

  [[nodiscard]] uint64_t line_bytes() const { return uint64_t{per_block_} * kTagLineSize; }

  // Nothing for a block that was not masked.
  [[nodiscard]] std::optional<MutableBytes> mask_of(uint64_t index) {
    const auto found = std::lower_bound(masked_.begin(), masked_.end(), index);
    if (found == masked_.end() || *found != index) return std::nullopt;
    const auto place = static_cast<uint64_t>(found - masked_.begin());
    return MutableBytes(mask_).subspan(place * line_bytes(), line_bytes());
  }

  // Calls `visit` with the keys of all leaves that stay.
  template <class Visit>
  Result<void> each_key(Visit visit) {
    const BlockRange nodes{region_.blocks.begin + kTagRoot, region_.blocks.end};
    if (nodes.empty()) return {};
    return each_written_block(io_, nodes, activity_,
                              [&](const UncheckedBlock& block) -> Result<void> {
                                const auto checked = block.check(block_types::kTagIndex);
                                if (!checked) return {};
                                const auto leaf = TagLeaf::open(checked->payload());
                                if (!leaf || leaf->shape() == TagLeaf::Shape::kBroken) return {};
                                size_t at = TagLeaf::kFirst;
                                TagView entry;
                                for (uint32_t i = 0; i < leaf->count(); ++i)
                                  if (leaf->read(at, entry)) visit(entry.key);
                                return {};
                              });
  }

  BlockIo io_;
  PlacedRegion region_;
  const Activity& activity_;
  BlockRange filter_;  // blocks of the region that hold the line filter
  uint32_t lines_ = 0;
  uint32_t per_block_ = 1;
  std::vector<uint64_t> masked_;  // blocks of the filter that mask_ is for, ascending
  std::vector<uint8_t> mask_;     // the lines of each
};

}  // namespace

std::unique_ptr<RegionScrubber> make_tag_scrubber(const BlockIo& io, const PlacedRegion& region,
                                                  const Activity& activity) {
  return std::make_unique<TagScrubber>(io, region, activity);
}

}  // namespace vde
