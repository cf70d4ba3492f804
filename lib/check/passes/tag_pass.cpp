// Checks the tag tree: each node is reached once, in order, within its separators, chained,
// counted, and no filter misses a key. There are two passes. The first one checks parts of the tree
// on all threads without reporting. If it finds no problem, the nodes need no further check, not
// even by the block pass. Otherwise the second pass walks the tree from left to right, so that the
// findings and their order do not depend on the number of threads. Memory: one bit per block, the
// path to a node, and the line filter or a bounded batch of keys.
#include <fmt/format.h>

#include <algorithm>

#include "check/passes.h"
#include "check/passes/tag_verifier.h"
#include "check/passes/workers.h"

namespace vde {
namespace {

class TagCheck {
 public:
  TagCheck(VerifyContext& context, const PlacedRegion& region)
      : context_(context),
        region_(region.blocks),
        reached_(is_known_sound(region) ? context.sound_tags
                                        : std::make_shared<TagsReached>(region.blocks.count())) {
    facts_.region = region.blocks;
    facts_.type = region.type;
    known_sound_ = is_known_sound(region);
  }

  // Sets `sound_tags` of the context if there is nothing to report about the tree.
  Result<void> find_sound() {
    if (region_.count() <= kTagRoot || !read_head() || !is_header_sound()) return {};
    VDE_TRY_ASSIGN(sound, is_sound_in_parts());
    if (sound) context_.sound_tags = reached_;
    return {};
  }

  Result<void> run() {
    if (!check_room() || !read_head() || !check_header()) return {};
    if (!known_sound_) VDE_TRY(walk());
    if (facts_.extension) check_free_list();
    if (whole_) return find_unreached();
    return {};
  }

 private:
  // Whether an earlier pass found no errors in this index.
  [[nodiscard]] bool is_known_sound(const PlacedRegion& region) const {
    return region.type == block_types::kTagIndex && context_.sound_tags != nullptr;
  }

  // The block pass reports a damaged header, and a header of zeros.
  bool read_head() {
    BlockBuffer buffer = context_.io.make_buffer();
    const auto head = context_.io.read_checked(region_.begin, block_types::kTagIndex, buffer);
    if (!head || all_zero(head->payload())) return false;
    facts_.header = kTagIndexHeaderLayout.decode(head->payload());
    facts_.extension = decode_tag_extension(head->payload());
    if (facts_.extension) facts_.newest = head->trailer().generation;
    const Bytes bloom = head->payload().subspan(kTagIndexHeaderLayout.size());
    facts_.bloom.assign(bloom.begin(), bloom.end());
    facts_.bloom_full = is_header_sound() && is_bloom_full();
    if (facts_.extension) filter_.emplace(context_.io, region_, *facts_.extension);
    return true;
  }

  void add(FindingCode code, uint64_t number, std::string message,
           FindingSite site = FindingSite::here()) {
    context_.report.add(code, region_.begin + number, facts_.type, std::move(message), {}, site);
  }

  [[nodiscard]] bool is_header_sound() const {
    const uint32_t max = max_bloom_bits(context_.io.block_size());
    const TagIndexHeader& header = facts_.header;
    return header.entry_count >= 0 && header.depth >= 0 && header.bloom_bits >= 1 &&
           header.bloom_bits <= static_cast<int64_t>(max) && header.bloom_hashes >= 1;
  }

  bool check_header() {
    if (!is_header_sound()) {
      add(FindingCode::kTagHeaderBroken, 0,
          fmt::format("{} entries, depth {}, Bloom filter of {} bits and {} hashes",
                      facts_.header.entry_count, facts_.header.depth, facts_.header.bloom_bits,
                      facts_.header.bloom_hashes));
      return false;
    }
    if (facts_.header.reserved != Opaque<5>{})
      add(FindingCode::kReservedNotZero, 0, "reserved bytes of the tag index header");
    return true;
  }

  // Also required of an index that was never used.
  bool check_room() {
    if (region_.count() > kTagRoot) return true;
    add(FindingCode::kTagHeaderBroken, 0, "the region has no room for a root");
    return false;
  }

  // If every bit is set, as in an index with many keys, no key needs to be checked.
  [[nodiscard]] bool is_bloom_full() const {
    const auto bytes = static_cast<size_t>(facts_.header.bloom_bits) / 8;
    const Bytes bits = Bytes(facts_.bloom).first(bytes);
    return facts_.header.bloom_bits % 8 == 0 &&
           std::all_of(bits.begin(), bits.end(), [](uint8_t byte) { return byte == 0xFF; });
  }

  Result<void> walk() {
    if (filter_) filter_->load();
    BlockWindow window(context_.io, region_);
    TagVerifier walker(context_, facts_, *reached_, window, filter_ ? &*filter_ : nullptr, false);
    VDE_TRY(walker.walk({kTagRoot, 0, std::nullopt, std::nullopt}));
    walker.finish_filter();
    whole_ = walker.is_whole();
    if (whole_) check_totals(walker.stretch());
    return {};
  }

  // Checks the whole tree on several threads; false if there is a problem for a walk to report.
  Result<bool> is_sound_in_parts() {
    if (filter_) filter_->load();
    const std::vector<TagVisit> parts = cut_into_parts();
    std::vector<TagStretch> stretches(parts.size());
    std::atomic<size_t> next{0};
    std::atomic<bool> sound{true};
    run_on_threads(threads_of(context_.options), [&] {
      if (!check_parts(parts, next, sound, stretches)) sound = false;
    });
    if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    return sound && form_one_tree(stretches);
  }

  // The work of one thread: takes parts until one has a problem.
  bool check_parts(const std::vector<TagVisit>& parts, std::atomic<size_t>& next,
                   const std::atomic<bool>& sound, std::vector<TagStretch>& stretches) {
    BlockWindow window(context_.io, region_);
    std::optional<TagFilterCheck> filter = filter_;
    for (size_t i = next++; i < parts.size() && sound; i = next++) {
      TagVerifier walker(context_, facts_, *reached_, window, filter ? &*filter : nullptr, true);
      if (!walker.walk(parts[i]) || !walker.is_clean() || !walker.is_whole()) return false;
      stretches[i] = walker.stretch();
    }
    TagVerifier last(context_, facts_, *reached_, window, filter ? &*filter : nullptr, true);
    last.finish_filter();
    return last.is_clean();
  }

  // Subtrees, left to right, enough to keep all threads busy. Empty if there is something to
  // report.
  std::vector<TagVisit> cut_into_parts() {
    constexpr size_t kEnough = 32;
    BlockWindow window(context_.io, region_);
    TagVerifier walker(context_, facts_, *reached_, window, nullptr, true);
    std::vector<TagVisit> parts{{kTagRoot, 0, std::nullopt, std::nullopt}};
    while (parts.size() < kEnough) {
      std::vector<TagVisit> below;
      for (const TagVisit& part : parts) {
        auto children = walker.children(part);
        // Leaves cannot be divided.
        if (!children) return below.empty() ? parts : std::vector<TagVisit>{};
        std::move(children->begin(), children->end(), std::back_inserter(below));
      }
      parts = std::move(below);
    }
    return parts;
  }

  // Whether the stretches form one tree: in order, chained, of equal depth, with the right count.
  bool form_one_tree(const std::vector<TagStretch>& stretches) const {
    if (stretches.empty()) return false;
    uint64_t entries = 0;
    for (size_t i = 0; i < stretches.size(); ++i) {
      const TagStretch& part = stretches[i];
      entries += part.entries;
      if (!part.first.is_set || part.has_empty_leaf ||
          part.depth != static_cast<size_t>(facts_.header.depth))
        return false;
      if (i == 0) continue;
      const TagStretch& before = stretches[i - 1];
      const int order = before.last.key.compare(part.first.key);
      if (order > 0 || (order == 0 && before.last.inode >= part.first.inode)) return false;
      if (before.next != static_cast<int64_t>(*part.first_leaf)) return false;
    }
    return stretches.back().next == 0 &&
           entries == static_cast<uint64_t>(facts_.header.entry_count);
  }

  void check_totals(const TagStretch& leaves) {
    if (leaves.next.value_or(0) != 0)
      add(FindingCode::kTagChainBroken, 0,
          fmt::format("the last leaf names block {} of the region as the next one", *leaves.next));
    if (leaves.depth && *leaves.depth != static_cast<size_t>(facts_.header.depth))
      add(FindingCode::kTagDepthWrong, 0,
          fmt::format("header {}, leaves {}", facts_.header.depth, *leaves.depth));
    if (leaves.entries != static_cast<uint64_t>(facts_.header.entry_count))
      add(FindingCode::kTagCountWrong, 0,
          fmt::format("header {}, leaves {}", facts_.header.entry_count, leaves.entries));
    if (leaves.has_empty_leaf && facts_.are_equal_keys_sorted())
      add(FindingCode::kTagsNotSorted, 0, "a leaf is empty");
  }

  // Marks free nodes as reached: each must be on the list once and not be used otherwise.
  void check_free_list() {
    if (facts_.extension->high_water <= kTagRoot || facts_.extension->high_water > region_.count())
      return add(FindingCode::kTagFreeListBroken, 0,
                 fmt::format("first unused block {}; the region has {} blocks",
                             facts_.extension->high_water, region_.count()));
    BlockBuffer buffer = context_.io.make_buffer();
    int64_t at = facts_.extension->free_head;
    for (uint32_t left = facts_.extension->free_count; at != 0 || left > 0; --left) {
      if (left == 0 || at <= static_cast<int64_t>(kTagRoot) ||
          at >= static_cast<int64_t>(facts_.extension->high_water))
        return add(FindingCode::kTagFreeListBroken, 0,
                   fmt::format("block {} of the region, with {} of {} free nodes left", at, left,
                               facts_.extension->free_count));
      const auto number = static_cast<uint64_t>(at);
      const auto block =
          context_.io.read_checked(region_.begin + number, block_types::kTagIndex, buffer);
      const auto next = block ? decode_free_tag_node(block->payload()) : std::nullopt;
      if (!next || (filter_ && filter_->covers(number)) || !reached_->reach(number))
        return add(FindingCode::kTagFreeListBroken, number,
                   "it contains this block, which is not free");
      at = *next;
    }
  }

  Result<void> report_used(uint64_t number) {
    add(FindingCode::kTagFreeListBroken, number,
        fmt::format("this block is not empty, but blocks from {} of the region are marked unused",
                    facts_.extension->high_water));
    return {};
  }

  void report_unreached(uint64_t number, const UncheckedBlock& block) {
    const std::string generation =
        fmt::format("generation {}", block.unchecked_trailer().generation);
    if (decode_tag_node(block.unchecked_payload()))
      add(FindingCode::kTagNodeUnreached, number, generation);
    else
      add(FindingCode::kTagBlockNoNode, number, generation);
  }

  // Reports unreachable content. The SDK leaves such nodes.
  Result<void> find_unreached() {
    BlockWindow window(context_.io, region_);
    for (uint64_t number = kTagRoot + 1; number < region_.count(); ++number) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      const bool unused = facts_.extension && number >= facts_.extension->high_water;
      const bool known = reached_->is_reached(number) || (filter_ && filter_->covers(number));
      if (known && !unused) continue;
      const auto block = window.read(region_.begin + number);
      if (!block || all_zero(block->unchecked_payload()) || !block->check(block_types::kTagIndex))
        continue;
      if (unused) return report_used(number);
      report_unreached(number, *block);
    }
    return {};
  }

  VerifyContext& context_;
  BlockRange region_;
  TagFacts facts_;
  std::shared_ptr<TagsReached> reached_;
  std::optional<TagFilterCheck> filter_;
  bool whole_ = true;         // every node could be read
  bool known_sound_ = false;  // find_sound() walked the whole index
};

}  // namespace

namespace {

Result<void> check_index(VerifyContext& context, BlockType type,
                         Result<void> (TagCheck::*check)()) {
  const PlacedRegion* region = context.find_plain(type);
  if (region == nullptr) return {};
  TagCheck index(context, *region);
  return (index.*check)();
}

}  // namespace

Result<void> find_sound_tags(VerifyContext& context) {
  return check_index(context, block_types::kTagIndex, &TagCheck::find_sound);
}

Result<void> check_tags(VerifyContext& context) {
  VDE_TRY(check_index(context, block_types::kTagIndex, &TagCheck::run));
  // The query index is a tag index, too.
  return check_index(context, block_types::kQueryIndex, &TagCheck::run);
}

}  // namespace vde
