// Fields of the encryption header, the policy vault and the integrity tree that follow from key
// slots, policies and leaves.
#include <fmt/format.h>

#include <algorithm>

#include "check/fields/region_draft.h"
#include "format/region/encryption_header.h"
#include "format/region/integrity_tree.h"
#include "format/region/policy.h"

namespace vde {
namespace {

// Nodes that are held in memory, at most.
constexpr uint64_t kMaxNodes = uint64_t{1} << 19;

Payloads with_header(const EncryptionHeader& header, BlockBuffer first) {
  kEncryptionHeaderLayout.encode(header, first);
  return {{0, std::move(first)}};
}

class TreeDraft {
 public:
  explicit TreeDraft(RegionDraft& draft)
      : draft_(draft), block_size_(draft.repair().io().block_size()) {}

  // False if the tree has no valid shape, is too large, or a block of it is damaged.
  Result<bool> read() {
    VDE_TRY_ASSIGN(head, draft_.payload(0));
    if (!head) return false;
    header_ = kIntegrityTreeHeaderLayout.decode(*head);
    const uint64_t needed =
        header_.capacity < 0
            ? UINT64_MAX
            : integrity_tree_blocks(static_cast<uint32_t>(header_.capacity), block_size_);
    if (!check_shape(header_) || header_.leaf_count == 0 ||
        needed > draft_.region().blocks.count() || node_count() > kMaxNodes)
      return false;
    blocks_.emplace(0, std::move(*head));
    for (uint64_t i = 1; i < needed; ++i) {
      if (draft_.repair().interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(payload, draft_.payload(i));
      if (!payload) return false;
      blocks_.emplace(i, std::move(*payload));
    }
    return true;
  }

  // Computes all nodes from the leaves.
  void derive() {
    const auto capacity = static_cast<uint64_t>(header_.capacity);
    nodes_.assign(node_count(), {});
    for (uint64_t i = 0; i < static_cast<uint64_t>(header_.leaf_count); ++i)
      nodes_[capacity + i] = stored(capacity + i);
    for (uint64_t i = capacity - 1; i > 0; --i)
      nodes_[i] = parent_hash(nodes_[2 * i], nodes_[2 * i + 1]);
  }

  [[nodiscard]] const Opaque<32>& root() const { return header_.root; }
  [[nodiscard]] const Opaque<32>& derived_root() const { return nodes_[1]; }
  [[nodiscard]] bool is_sound() const {
    for (uint64_t i = 1; i < nodes_.size(); ++i)
      if (nodes_[i] != stored(i)) return false;
    return true;
  }

  [[nodiscard]] Payloads with_derived_nodes() const {
    Payloads changed;
    for (uint64_t i = 1; i < nodes_.size(); ++i) {
      if (nodes_[i] == stored(i)) continue;
      const NodePlace place = node_place(i, block_size_);
      auto& payload = changed.try_emplace(place.block, blocks_.at(place.block)).first->second;
      std::ranges::copy(nodes_[i], payload.begin() + place.offset);
    }
    return changed;
  }

  [[nodiscard]] Payloads with_derived_root() const {
    IntegrityTreeHeader header = header_;
    header.root = derived_root();
    BlockBuffer head = blocks_.at(0);
    kIntegrityTreeHeaderLayout.encode(header, head);
    return {{0, std::move(head)}};
  }

 private:
  [[nodiscard]] uint64_t node_count() const { return 2 * static_cast<uint64_t>(header_.capacity); }
  [[nodiscard]] Opaque<32> stored(uint64_t node) const {
    const NodePlace place = node_place(node, block_size_);
    Opaque<32> hash;
    std::copy_n(blocks_.at(place.block).begin() + place.offset, kTreeNodeSize, hash.begin());
    return hash;
  }

  RegionDraft& draft_;
  uint32_t block_size_;
  IntegrityTreeHeader header_;
  std::map<uint64_t, BlockBuffer> blocks_;
  std::vector<Opaque<32>> nodes_;
};

}  // namespace

Result<void> repair_key_fields(RegionDraft& draft) {
  if (draft.region().blocks.count() < 2) return {};
  VDE_TRY_ASSIGN(first, draft.payload(0));
  VDE_TRY_ASSIGN(second, draft.payload(1));
  if (!first || !second) return {};
  const auto table = decode_encryption(*first, *second);
  if (!table) return {};
  EncryptionHeader header = table->header;
  const auto active = std::ranges::count(table->slots, uint8_t{kKeySlotActive}, &KeySlot::status);
  if (header.active_slots != active) {
    header.active_slots = static_cast<uint8_t>(active);
    VDE_TRY(draft.propose({fmt::format("set the number of active key slots to {}", active),
                           "the states of the key slots", "", with_header(header, *first)}));
  }
  const auto chosen = std::ranges::find(table->slots, uint8_t{kKeySlotActive}, &KeySlot::status);
  const auto place = chosen - table->slots.begin();
  if (active != 1 || header.active_slot == kNoKeySlot || header.active_slot == place) return {};
  header.active_slot = static_cast<uint8_t>(place);
  return draft.propose({fmt::format("set the key slot in use to {}", place),
                        "the only slot that is active", "", with_header(header, *first)});
}

// Counts the policies up to the first one that is zero. All bytes after it must be zero, too.
Result<void> repair_policy_fields(RegionDraft& draft) {
  VDE_TRY_ASSIGN(payload, draft.payload(0));
  if (!payload) return {};
  const int32_t counted = kPolicyVaultHeaderLayout.decode(*payload).count;
  Bytes left = Bytes(*payload).subspan(kPolicyVaultHeaderLayout.size());
  int32_t found = 0;
  while (left.size() >= kPolicyEntryLayout.size()) {
    const PolicyEntry policy = kPolicyEntryLayout.decode(left);
    const size_t room = left.size() - kPolicyEntryLayout.size();
    if (policy.id == Guid{} || policy.data_length < 0 ||
        static_cast<size_t>(policy.data_length) > room)
      break;
    left = left.subspan(kPolicyEntryLayout.size() + static_cast<size_t>(policy.data_length));
    ++found;
  }
  if (!all_zero(left) || found == counted) return {};
  std::string loses;
  if (counted > found)
    loses = fmt::format("up to {} policies, which the header counts and the table does not hold",
                        counted - found);
  kPolicyVaultHeaderLayout.encode({found}, *payload);
  return draft.propose({fmt::format("set the count of the policy vault to {}", found),
                        "its policies, all of which can be read",
                        std::move(loses),
                        {{0, *payload}}});
}

// The leaves are proven if the root that follows from them is the stored one. Then other nodes that
// differ are wrong. If all nodes agree with the leaves, the copy of the root in the header is
// wrong.
Result<void> repair_tree_fields(RegionDraft& draft) {
  TreeDraft tree(draft);
  VDE_TRY_ASSIGN(readable, tree.read());
  if (!readable) return {};
  tree.derive();
  if (tree.derived_root() == tree.root())
    return draft.propose({"compute the inner nodes of the integrity tree from its leaves",
                          "the leaves, which are proven by the root in the header", "",
                          tree.with_derived_nodes()});
  if (!tree.is_sound()) return {};
  return draft.propose({"set the root in the header of the integrity tree",
                        "the first node, which follows from all leaves", "",
                        tree.with_derived_root()});
}

}  // namespace vde
