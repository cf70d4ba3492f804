#include "tag/tag_writer_pages.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "format/tag/tag_leaf.h"
#include "region/placement.h"

namespace vde {
namespace {

// With fewer bits per key in the header's filter, the larger one is needed: five hashes have one
// false positive in a hundred at ten bits per key.
constexpr uint64_t kBitsPerKey = 10;

}  // namespace

TagWriterPages::TagWriterPages(Transaction& transaction, Allocator& allocator, size_t slot)
    : transaction_(transaction),
      allocator_(allocator),
      slot_(slot),
      block_size_(transaction.journal().io().block_size()) {}

uint32_t TagWriterPages::count() const {
  return static_cast<uint32_t>(std::min<uint64_t>(region().blocks.count(), INT32_MAX));
}

uint64_t TagWriterPages::place(uint64_t number) const {
  return region().blocks.begin + number;
}

tl::unexpected<Error> TagWriterPages::damaged(uint64_t number, std::string what) const {
  return fail_at(place(number), ErrorCode::kDamaged, std::move(what), kRunRepair);
}

bool TagWriterPages::record_makes_sense(const TagExtension& record) const {
  if (record.high_water <= kTagRoot || record.high_water > count()) return false;
  if (record.free_head < 0 || record.free_head >= static_cast<int64_t>(record.high_water))
    return false;
  if (record.filter_lines == 0) return true;
  const uint64_t blocks = divide_up(record.filter_lines, tag_lines_per_block(block_size_));
  return record.filter_start > kTagRoot && record.filter_start + blocks <= record.high_water;
}

Result<void> TagWriterPages::load() {
  if (count() <= kTagRoot) return damaged(0, "the tag index has no room for a root");
  VDE_TRY_ASSIGN(payload, transaction_.read(place(0), block_types::kTagIndex));
  header_ = kTagIndexHeaderLayout.decode(payload);
  blank_ = all_zero(payload);
  if (header_.entry_count < 0 || header_.depth < 0)
    return damaged(0, fmt::format("the tag index claims {} entries at depth {}",
                                  header_.entry_count, header_.depth));
  const auto record = decode_tag_extension(payload);
  own_ = record && record_makes_sense(*record) && header_.bloom_bits > 0;
  if (blank_) return require_blank();
  if (!own_) return {};
  extension_ = *record;
  VDE_TRY_ASSIGN(generation, transaction_.committed_generation(place(0), block_types::kTagIndex));
  newest_ = generation;
  return {};
}

// An all-zero header belongs to an index that was never used, or the header is lost: the rest of
// the region decides.
Result<void> TagWriterPages::require_blank() {
  VDE_TRY_ASSIGN(end, end_of_content(kTagRoot));
  if (end == kTagRoot) return {};
  return damaged(0, "the header of the tag index is all zero, but the index is not empty");
}

Result<uint32_t> TagWriterPages::end_of_content(uint32_t number) {
  uint32_t end = number;
  const uint64_t region_end = place(count());
  for (uint64_t at = place(number); at < region_end; ++at) {
    VDE_TRY_ASSIGN(next, transaction_.journal().next_written({at, region_end}));
    at = next;
    if (at >= region_end) break;
    VDE_TRY_ASSIGN(payload, transaction_.read(at, block_types::kTagIndex));
    if (!all_zero(payload)) end = static_cast<uint32_t>(at - place(0) + 1);
  }
  return end;
}

Result<bool> TagWriterPages::is_from_the_future(uint32_t number) {
  VDE_TRY_ASSIGN(generation,
                 transaction_.committed_generation(place(number), block_types::kTagIndex));
  return is_later_generation(generation, transaction_.generation());
}

Result<Bytes> TagWriterPages::read_block(uint64_t number) {
  if (!newest_) return transaction_.read(place(number), block_types::kTagIndex);
  return transaction_.read_up_to(*newest_, place(number), block_types::kTagIndex);
}

Result<Bytes> TagWriterPages::read(uint32_t number) {
  if (number == 0 || number >= count())
    return damaged(0, fmt::format("the tag tree refers to block {} of {}", number, count()));
  return read_block(number);
}

Result<MutableBytes> TagWriterPages::edit(uint32_t number) {
  if (number == 0 || number >= count())
    return damaged(0, fmt::format("the tag tree refers to block {} of {}", number, count()));
  VDE_TRY(read_block(number));
  return transaction_.edit(place(number), block_types::kTagIndex);
}

Result<void> TagWriterPages::grow(uint64_t needed) {
  const uint64_t max = kMaxTagRegionBytes / block_size_;
  if (needed > max)
    return fail(ErrorCode::kNoSpace,
                fmt::format("a tag index must be smaller than 2^31 bytes ({} blocks)", max));
  VDE_TRY(extend_region(transaction_, allocator_, slot_, {needed, max}, newest_));
  // At a new place all blocks belong to this transaction.
  newest_.reset();
  return {};
}

Result<uint32_t> TagWriterPages::allocate() {
  if (extension_.free_head == 0) {
    VDE_TRY_ASSIGN(number, allocate_run(1));
    VDE_TRY(transaction_.replace_unused(place(number), block_types::kTagIndex));
    return number;
  }
  const auto number = static_cast<uint32_t>(extension_.free_head);
  VDE_TRY_ASSIGN(payload, read(number));
  const auto next = decode_free_tag_node(payload);
  if (!next || *next < 0 || *next >= static_cast<int64_t>(extension_.high_water) ||
      extension_.free_count == 0)
    return damaged(number, "the list of free tag nodes contains a block that is not free");
  VDE_TRY(transaction_.replace(place(number), block_types::kTagIndex));
  extension_.free_head = *next;
  --extension_.free_count;
  return number;
}

// Blocks that were never used, one after the other. They must be empty: one that is not shows that
// the header is older than it.
Result<uint32_t> TagWriterPages::allocate_run(uint64_t blocks) {
  const uint32_t first = extension_.high_water;
  if (first + blocks > count()) VDE_TRY(grow(first + blocks));
  extension_.high_water += static_cast<uint32_t>(blocks);
  return first;
}

Result<void> TagWriterPages::release(uint32_t number) {
  VDE_TRY_ASSIGN(payload, transaction_.replace(place(number), block_types::kTagIndex));
  encode_free_tag_node(extension_.free_head, payload);
  extension_.free_head = static_cast<int32_t>(number);
  ++extension_.free_count;
  return {};
}

uint64_t TagWriterPages::filter_blocks() const {
  return divide_up(extension_.filter_lines, tag_lines_per_block(block_size_));
}

// A record with a wrong filter location must not destroy nodes.
Result<void> TagWriterPages::require_filter(uint64_t number) {
  VDE_TRY_ASSIGN(payload, read_block(number));
  if (all_zero(payload.first(kTagLineSize))) return {};
  return damaged(number, "the filter of the tag index overlaps a node");
}

Result<void> TagWriterPages::drop_filter() {
  for (uint64_t i = 0; i < filter_blocks(); ++i) {
    const auto number = extension_.filter_start + static_cast<uint32_t>(i);
    VDE_TRY(require_filter(number));
    VDE_TRY(release(number));
  }
  extension_.filter_start = 0;
  extension_.filter_lines = 0;
  extension_.filter_keys = 0;
  return {};
}

Result<void> TagWriterPages::note_key(std::string_view key, bool fresh) {
  VDE_TRY_ASSIGN(head, transaction_.edit(place(0), block_types::kTagIndex));
  bloom_insert(head.subspan(kTagIndexHeaderLayout.size()),
               static_cast<uint32_t>(header_.bloom_bits), header_.bloom_hashes, key);
  if (fresh) ++extension_.filter_keys;
  if (extension_.filter_lines == 0) return {};
  const uint64_t hash = tag_key_hash(key);
  const uint64_t line = tag_line_of(hash, extension_.filter_lines);
  const uint32_t lines = tag_lines_per_block(block_size_);
  const uint64_t number = extension_.filter_start + line / lines;
  VDE_TRY(require_filter(number));
  // A lost block would read as zeros, and miss all keys but the new ones.
  VDE_TRY_ASSIGN(block, transaction_.edit_written(place(number), block_types::kTagIndex));
  tag_line_insert(block.subspan(tag_line_offset(line % lines), kTagLineSize), hash);
  return {};
}

bool TagWriterPages::needs_filter() const {
  const uint64_t threshold = static_cast<uint64_t>(header_.bloom_bits) / kBitsPerKey;
  if (extension_.filter_limit == 0) return extension_.filter_keys > threshold;
  return extension_.filter_keys > extension_.filter_limit;
}

Result<void> TagWriterPages::restart_filters(uint64_t keys, bool large) {
  VDE_TRY(drop_filter());
  VDE_TRY_ASSIGN(head, transaction_.edit(place(0), block_types::kTagIndex));
  const MutableBytes bits =
      head.subspan(kTagIndexHeaderLayout.size(),
                   head.size() - kTagIndexHeaderLayout.size() - kTagExtensionLayout.size());
  std::fill(bits.begin(), bits.end(), uint8_t{0});
  extension_.filter_keys = 0;
  extension_.filter_limit = large ? std::max<uint64_t>(2 * keys, 256) : 0;
  if (!large) return {};
  const uint64_t lines = tag_filter_lines(extension_.filter_limit);
  const uint64_t blocks = divide_up(lines, tag_lines_per_block(block_size_));
  if (lines > UINT32_MAX) return {};
  Result<uint32_t> first = allocate_run(blocks);
  if (!first && first.error().code == ErrorCode::kNoSpace) return {};
  if (!first) return propagate(first);
  extension_.filter_start = *first;
  extension_.filter_lines = static_cast<uint32_t>(lines);
  for (uint64_t i = 0; i < blocks; ++i)
    VDE_TRY(transaction_.replace_unused(place(*first + i), block_types::kTagIndex));
  return {};
}

Result<void> TagWriterPages::take_over(uint32_t high_water) {
  if (header_.bloom_bits <= 0 || header_.bloom_hashes == 0 ||
      !tag_extension_fits(block_size_, header_.bloom_bits)) {
    header_.bloom_bits = static_cast<int32_t>(default_bloom_bits(block_size_));
    header_.bloom_hashes = kDefaultBloomHashes;
  }
  extension_ = TagExtension{};
  extension_.high_water = high_water;
  VDE_TRY_ASSIGN(head, transaction_.edit(place(0), block_types::kTagIndex));
  const MutableBytes rest = head.subspan(kTagIndexHeaderLayout.size());
  std::fill(rest.begin(), rest.end(), uint8_t{0});
  own_ = true;
  blank_ = false;
  return {};
}

Result<void> TagWriterPages::flush() {
  VDE_TRY_ASSIGN(head, transaction_.edit(place(0), block_types::kTagIndex));
  kTagIndexHeaderLayout.encode(header_, head);
  encode_tag_extension(extension_, head);
  // Nothing depends on the slot's count, and each change of it adds the directory to the commit.
  constexpr int64_t kNear = 64;
  const int64_t used = int64_t{extension_.high_water} - int64_t{extension_.free_count};
  const int64_t said = region().used;
  if (said == 0 || std::abs(used - said) >= kNear)
    transaction_.regions().set_used(slot_, static_cast<uint64_t>(used));
  return {};
}

}  // namespace vde
