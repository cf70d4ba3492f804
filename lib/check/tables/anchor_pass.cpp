// The chain hash of the integrity anchor, over the first blocks of all regions. It needs no key.
#include <fmt/format.h>

#include <algorithm>

#include "check/passes.h"
#include "format/hash.h"
#include "vde/text.h"

namespace vde {
namespace {

// Nothing if a block cannot be read: other passes report that.
std::optional<Opaque<32>> chain_hash(VerifyContext& context) {
  std::vector<uint64_t> heads;
  for (const PlacedRegion& region : context.regions)
    if (!region.is_data_area && region.type != block_types::kSuperblock)
      heads.push_back(region.blocks.begin);
  std::ranges::sort(heads);
  Opaque<32> hash{};
  BlockBuffer buffer = context.io.make_buffer();
  for (const uint64_t head : heads) {
    const auto block = context.io.read(head, buffer);
    if (!block) return std::nullopt;
    Sha256Stream stream;
    stream.add(hash);
    stream.add(block->bytes());
    hash = stream.finish();
  }
  return hash;
}

}  // namespace

Result<void> check_anchor(VerifyContext& context) {
  const Probe& probe = context.probe;
  const IntegrityAnchor& anchor = probe.anchor;
  if (all_zero(anchor.metadata_chain_hash)) return {};
  const auto hash = chain_hash(context);
  if (hash && *hash != anchor.metadata_chain_hash)
    context.report.add(
        FindingCode::kChainHashStale, probe.superblock_block + 3, block_types::kIntegrityAnchor,
        fmt::format("the first blocks of the regions have the chain hash {}", to_hex(*hash)));
  return {};
}

}  // namespace vde
