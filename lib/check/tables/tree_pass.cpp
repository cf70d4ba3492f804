// Checks the integrity tree: its header, and every node against its children. The format does not
// specify the data under a leaf.
#include <fmt/format.h>

#include <algorithm>

#include "check/passes.h"
#include "format/region/integrity_tree.h"
#include "vde/text.h"

namespace vde {
namespace {

class TreeJudge {
 public:
  TreeJudge(VerifyContext& context, const PlacedRegion& region)
      : context_(context),
        region_(region),
        block_size_(context.io.block_size()),
        parents_(context.io, region),
        children_(context.io, region) {}

  Result<void> judge() {
    const auto head = parents_.payload(0);
    // The block pass reports damage, and content after zeros.
    if (!head || all_zero(*head)) return {};
    header_ = kIntegrityTreeHeaderLayout.decode(*head);
    if (header_.leaf_count == 0 && header_.capacity <= 1 && header_.capacity >= 0) {
      const BlockBuffer held(head->begin(), head->end());
      return check_empty(held);
    }
    if (!all_zero(head->subspan(kIntegrityTreeHeaderLayout.size())))
      add(FindingCode::kReservedNotZero, 0, "bytes after the header of the tree are not zero");
    check_anchor_root();
    if (!check_header()) return {};
    VDE_TRY(check_nodes());
    VDE_TRY(check_unused_leaves());
    return check_rest();
  }

 private:
  void add(FindingCode code, uint64_t block, std::string message,
           FindingSite site = FindingSite::here()) {
    context_.report.add(code, region_.blocks.begin + block, region_.type, std::move(message), {},
                        site);
  }

  Result<void> check_empty(Bytes head) {
    constexpr size_t kCounts = 8;  // bytes
    bool empty = all_zero(head.subspan(kCounts));
    for (uint64_t i = 1; empty && i < region_.blocks.count(); ++i) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(next, children_.next_written(i));
      i = next;
      if (i == region_.blocks.count()) break;
      const auto payload = children_.payload(i);
      empty = !payload || all_zero(*payload);
    }
    if (!empty)
      add(FindingCode::kTreeForeign, 0,
          "no leaves and no capacity, but the header or a later block has content");
    return {};
  }

  // The anchor is compared only if both roots are set.
  void check_anchor_root() {
    const Opaque<32>& anchored = context_.probe.anchor.merkle_root_hash;
    if (!all_zero(anchored) && !all_zero(header_.root) && anchored != header_.root)
      add(FindingCode::kTreeRootOther, 0,
          fmt::format("the anchor holds the root {}", to_hex(anchored)));
  }

  bool check_header() {
    const auto shape = check_shape(header_);
    if (!shape) {
      add(FindingCode::kTreeShape, 0, shape.error().message);
      return false;
    }
    const uint64_t needed =
        integrity_tree_blocks(static_cast<uint32_t>(header_.capacity), block_size_);
    const uint64_t there = region_.blocks.count();
    if (needed > there + 1) {
      add(FindingCode::kTreeShape, 0,
          fmt::format("the tree needs {} blocks, the region has {}", needed, there));
      return false;
    }
    if (needed > there)
      add(FindingCode::kTreeShort, 0,
          fmt::format("the tree needs {} blocks, the region has {}", needed, there));
    return true;
  }

  // Nothing if its block is damaged or outside the region.
  std::optional<Opaque<32>> node(RegionBlocks& blocks, uint64_t number) {
    const NodePlace place = node_place(number, block_size_);
    if (place.block >= region_.blocks.count()) return std::nullopt;
    const auto payload = blocks.payload(place.block);
    if (!payload) return std::nullopt;
    Opaque<32> hash;
    std::ranges::copy(payload->subspan(place.offset, kTreeNodeSize), hash.begin());
    return hash;
  }

  // Parents and children both come in the order of their blocks.
  Result<void> check_nodes() {
    uint64_t wrong = 0;
    uint64_t first = 0;
    const auto root = node(parents_, 1);
    if (root && *root != header_.root)
      add(FindingCode::kTreeHash, 0, "the root in the header is not the first node");
    for (uint64_t i = 1; i < static_cast<uint64_t>(header_.capacity); ++i) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      const auto parent = node(parents_, i);
      const auto left = node(children_, 2 * i);
      const auto right = node(children_, 2 * i + 1);
      if (!parent || !left || !right || parent_hash(*left, *right) == *parent) continue;
      if (wrong++ == 0) first = i;
    }
    if (wrong > 0)
      add(FindingCode::kTreeHash, node_place(first, block_size_).block,
          fmt::format("{} nodes are not the hash of their children, node {} first", wrong, first));
    return {};
  }

  Result<void> check_unused_leaves() {
    const auto capacity = static_cast<uint64_t>(header_.capacity);
    for (auto leaf = static_cast<uint64_t>(header_.leaf_count); leaf < capacity; ++leaf) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      const auto hash = node(children_, capacity + leaf);
      if (!hash || all_zero(*hash)) continue;
      add(FindingCode::kTreeLeaves, node_place(capacity + leaf, block_size_).block,
          fmt::format("leaf {} of {} is not zero", leaf, header_.leaf_count));
      return {};
    }
    return {};
  }

  // The bytes after the last node of each block.
  Result<void> check_rest() {
    const uint64_t nodes = 2 * static_cast<uint64_t>(header_.capacity);  // the first one is 1
    const uint64_t per_block = nodes_per_block(block_size_);
    for (uint64_t i = 1; i < region_.blocks.count(); ++i) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(next, children_.next_written(i));
      i = next;
      if (i == region_.blocks.count()) break;
      const uint64_t before = (i - 1) * per_block + 1;
      const uint64_t here = std::min(per_block, nodes - std::min(nodes, before));
      const auto payload = children_.payload(i);
      if (!payload || all_zero(payload->subspan(here * kTreeNodeSize))) continue;
      add(FindingCode::kReservedNotZero, i, "bytes after the last node are not zero");
      return {};
    }
    return {};
  }

  VerifyContext& context_;
  const PlacedRegion& region_;
  uint32_t block_size_;
  RegionBlocks parents_;
  RegionBlocks children_;
  IntegrityTreeHeader header_;
};

}  // namespace

Result<void> check_integrity_tree(VerifyContext& context) {
  const PlacedRegion* region = context.find_plain(block_types::kIntegrityTree);
  if (region == nullptr) return {};
  return TreeJudge(context, *region).judge();
}

}  // namespace vde
