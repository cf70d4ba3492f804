// What can be checked without a key of the evidence against tampering: the chain hash of the
// integrity anchor, over the first blocks of all regions, and the nesting depth.
#include <fmt/format.h>

#include "check/passes.h"
#include "format/extended_metadata.h"
#include "journal/metadata_chain.h"
#include "vde/text.h"

namespace vde {
namespace {

// Nothing if a block cannot be read: other passes report that.
std::optional<Opaque<32>> found_chain_hash(VerifyContext& context) {
  const Probe& probe = context.probe;
  BlockBuffer buffer = context.io.make_buffer();
  const auto heads = chain_heads(probe.slots, probe.manifest(), probe.blocks_in_file());
  const auto hash = chain_hash(heads, [&](uint64_t number) -> Result<Bytes> {
    VDE_TRY_ASSIGN(block, context.io.read(number, buffer));
    return block.bytes();
  });
  return hash ? std::optional(*hash) : std::nullopt;
}

void check_nesting(VerifyContext& context) {
  constexpr uint8_t kMaxNesting = 3;
  const Probe& probe = context.probe;
  if (probe.superblock_source != SuperblockSource::kGroup) return;
  const GroupProbe& group = probe.group();
  const Bytes payload = group.blocks[2].payload();
  if (payload.size() < kExtendedMetadataLayout.size()) return;
  const uint8_t depth = kExtendedMetadataLayout.decode(payload).fabric_namespace_root[0];
  if (depth > kMaxNesting)
    context.report.add(FindingCode::kNestingTooDeep, probe.superblock_block + 2,
                       block_types::kExtendedMetadata, fmt::format("a depth of {}", depth));
}

}  // namespace

Result<void> check_anchor(VerifyContext& context) {
  const Probe& probe = context.probe;
  const IntegrityAnchor& anchor = probe.anchor;
  check_nesting(context);
  if (all_zero(anchor.metadata_chain_hash)) return {};
  if (anchor.chain_generation <= 0)
    context.report.add(FindingCode::kChainUndated, probe.superblock_block + 3,
                       block_types::kIntegrityAnchor,
                       fmt::format("generation {}", anchor.chain_generation));
  const auto hash = found_chain_hash(context);
  if (hash && *hash != anchor.metadata_chain_hash)
    context.report.add(
        FindingCode::kChainHashStale, probe.superblock_block + 3, block_types::kIntegrityAnchor,
        fmt::format("the first blocks of the regions have the chain hash {}", to_hex(*hash)));
  return {};
}

}  // namespace vde
