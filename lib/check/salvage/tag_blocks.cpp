#include "check/salvage/tag_blocks.h"

#include "format/tag/tag_index.h"
#include "format/tag/tag_inner.h"
#include "format/tag/tag_leaf.h"

namespace vde {

bool is_tag_header(const UncheckedBlock& block) {
  const TagIndexHeader header = kTagIndexHeaderLayout.decode(block.unchecked_payload());
  const auto max_bits = max_bloom_bits(static_cast<uint32_t>(block.bytes().size()));
  return header.bloom_bits >= 1 && header.bloom_hashes >= 1 &&
         header.bloom_bits <= static_cast<int64_t>(max_bits);
}

bool is_tag_leaf(Bytes payload) {
  if (payload[0] != kTagLeafType) return false;
  const auto leaf = TagLeaf::open(payload);
  return leaf && leaf->count() > 0 && leaf->shape() != TagLeaf::Shape::kBroken;
}

bool is_tag_node(Bytes payload, uint64_t blocks) {
  if (is_tag_leaf(payload)) return true;
  const Result<TagInner> inner = TagInner::decode(payload);
  if (!inner || inner->count() == 0) return false;
  for (size_t i = 0; i <= inner->count(); ++i)
    if (!is_tag_child(inner->child(i), blocks)) return false;
  return true;
}

bool is_typed_tag_node(const UncheckedBlock& block) {
  if (block.unchecked_trailer().type != block_types::kTagIndex) return false;
  const Bytes payload = block.unchecked_payload();
  const Result<TagInner> inner = TagInner::decode(payload);
  return is_tag_leaf(payload) || (inner && inner->count() > 0);
}

bool is_tag_child(int64_t number, uint64_t blocks) {
  return number > static_cast<int64_t>(kTagRoot) && number < static_cast<int64_t>(blocks);
}

std::optional<CheckedBlock> tag_node_of(const UncheckedBlock& block) {
  const auto checked = block.check_payload();
  if (!checked) return std::nullopt;
  if (checked->trailer().type == block_types::kTagIndex) return *checked;
  return is_tag_leaf(checked->payload()) ? std::optional(*checked) : std::nullopt;
}

}  // namespace vde
