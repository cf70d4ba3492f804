// Checks both superblock groups: each block, each group, their agreement, and single fields.
#include <fmt/format.h>

#include "check/exact/cause.h"
#include "check/passes.h"
#include "vde/text.h"

namespace vde {
namespace {

std::string group_name(uint64_t start) {
  return start == kPrimaryGroup ? "primary group" : "mirror group";
}

void check_group_blocks(VerifyContext& context, const GroupProbe& group, uint64_t start) {
  for (uint64_t i = 0; i < kGroupBlocks; ++i) {
    const FixedBlock& block = group.blocks[i];
    const BlockType type = group_block_type(i);
    if (block.readable) ++context.report.summary().blocks_checked;
    const bool no_superblock = i == 0 && !group.superblock;
    if (block.is(type) && !no_superblock) continue;
    std::string why;
    if (block.is(type))
      why = fmt::format("valid trailer, but not a superblock for blocks of {} bytes",
                        context.probe.block_size);
    else if (!block.readable)
      why = block.read_error;
    else if (block.state != BlockState::kValid)
      why = std::string(to_string(block.state)) +
            fixed_block_cause(context.search, context.probe, block);
    else
      why = fmt::format("type {}", to_string(block.trailer.type));
    context.report.add(FindingCode::kGroupBlockDamaged, block.number, type,
                       fmt::format("{} of the {}: {}", describe(type), group_name(start), why));
  }
}

void check_group_generation(VerifyContext& context, const GroupProbe& group, uint64_t start) {
  if (!group.superblock) return;
  const int64_t sequence = group.superblock->checkpoint_sequence;
  if (group.whole) {
    if (!has_own_generation(group))
      context.report.add(
          FindingCode::kGroupGenerationOdd, start, block_types::kSuperblock,
          fmt::format("generation {} in all blocks of the {} with checkpoint sequence {}",
                      group.blocks[0].trailer.generation, group_name(start), sequence));
    return;
  }
  const auto expected = static_cast<uint32_t>(sequence);
  for (uint64_t i = 0; i < kGroupBlocks; ++i) {
    const FixedBlock& block = group.blocks[i];
    if (!block.is(group_block_type(i)) || block.trailer.generation == expected) continue;
    context.report.add(FindingCode::kGroupGenerationWrong, block.number, group_block_type(i),
                       fmt::format("generation {} in the {} with checkpoint sequence {}",
                                   block.trailer.generation, group_name(start), sequence));
  }
}

void compare_groups(VerifyContext& context) {
  const GroupProbe& primary = context.probe.primary;
  const GroupProbe& mirror = context.probe.mirror;
  if (!primary.whole || !mirror.whole) return;
  const int64_t one = primary.superblock->checkpoint_sequence;
  const int64_t two = mirror.superblock->checkpoint_sequence;
  if (one != two) {
    const uint64_t older = one < two ? kPrimaryGroup : kMirrorGroup;
    context.report.add(FindingCode::kGroupOlder, older, block_types::kSuperblock,
                       fmt::format("{}: checkpoint sequence {}, the other: {}", group_name(older),
                                   std::min(one, two), std::max(one, two)));
    return;
  }
  for (uint64_t i = 0; i < kGroupBlocks; ++i)
    if (primary.blocks[i].bytes != mirror.blocks[i].bytes)
      context.report.add(FindingCode::kGroupsDiffer, kMirrorGroup + i, group_block_type(i),
                         fmt::format("block {} differs from block {}", kMirrorGroup + i, i));
}

// Compares the pointer table of a group that is not intact with the directory.
void compare_with_directory(VerifyContext& context) {
  if (!context.probe.directory.whole) return;
  const auto slots = decode_slots(context.probe.directory.blocks[0].payload());
  for (const GroupProbe* group : {&context.probe.primary, &context.probe.mirror}) {
    const FixedBlock& table = group->blocks[1];
    if (group->whole || !table.is(group_block_type(1)) || decode_slots(table.payload()) == slots)
      continue;
    context.report.add(
        FindingCode::kTablesDisagree, table.number, block_types::kRegionMap,
        fmt::format("the pointer table in block {} is older, or damaged", table.number));
  }
}

// Unknown compatible features may be ignored, but they may also be damage.
void check_features_of_later_revisions(VerifyContext& context) {
  const Superblock& superblock = context.probe.superblock;
  struct Word {
    std::string_view name;
    uint32_t bits;
    std::string_view (*name_of)(uint32_t);
  };
  const Word words[] = {{"read-only-compatible", superblock.readonly_compatible_features,
                         readonly_compatible_feature_name},
                        {"compatible", superblock.compatible_features, compatible_feature_name}};
  for (const Word& word : words) {
    uint32_t unknown = 0;
    for (uint32_t bit = 0; bit < 32; ++bit)
      if (word.name_of(bit).empty()) unknown |= word.bits & uint32_t{1} << bit;
    if (unknown != 0)
      context.report.add(FindingCode::kUnknownFeatures, context.probe.superblock_block,
                         block_types::kSuperblock,
                         fmt::format("{} word: {:#x}", word.name, unknown));
  }
}

void check_fields(VerifyContext& context) {
  const Probe& probe = context.probe;
  const uint64_t at = probe.superblock_block;
  const Bytes payload = probe.group().blocks[0].payload();
  const uint32_t end = kSuperblockLayout.size();
  const uint32_t seal_at = header_seal_offset(probe.block_size);
  if (!all_zero(payload.subspan(end, seal_at - end)) || probe.superblock.padding != 0)
    context.report.add(FindingCode::kReservedNotZero, at, block_types::kSuperblock,
                       "reserved bytes of the superblock");
  if (!all_zero(Bytes(probe.superblock.label.bytes).subspan(probe.superblock.label.view().size())))
    context.report.add(FindingCode::kReservedNotZero, at, block_types::kSuperblock,
                       "bytes after the end of the label");
  if (!is_utf8(probe.superblock.label.view()))
    context.report.add(FindingCode::kLabelNotText, at, block_types::kSuperblock,
                       fmt::format("'{}'", escape(probe.superblock.label.view())));
  // With a key, check_keyed() judges the seal.
  if (probe.seal.is_set() && context.options.keys.empty())
    context.report.add(FindingCode::kSealedImage, at, block_types::kSuperblock,
                       "checking the seal needs its key");
  check_features_of_later_revisions(context);
  const Opaque<32>& fingerprint = probe.anchor.format_fingerprint;
  if (!all_zero(fingerprint) && fingerprint != format_fingerprint())
    context.report.add(FindingCode::kFingerprintOther, at + 3, block_types::kIntegrityAnchor,
                       fmt::format("the fingerprint is {}", to_hex(fingerprint)));
  // The chain hash is checked by check_anchor().
  IntegrityAnchor unchecked = probe.anchor;
  unchecked.format_fingerprint = {};
  unchecked.metadata_chain_hash = {};
  unchecked.chain_generation = 0;
  unchecked.chain = {};
  if (unchecked != IntegrityAnchor{})
    context.report.add(FindingCode::kAnchorSet, at + 3, block_types::kIntegrityAnchor,
                       "they were not checked");
}

}  // namespace

Result<void> check_superblocks(VerifyContext& context) {
  const Probe& probe = context.probe;
  check_group_blocks(context, probe.primary, kPrimaryGroup);
  check_group_generation(context, probe.primary, kPrimaryGroup);
  check_group_blocks(context, probe.mirror, kMirrorGroup);
  check_group_generation(context, probe.mirror, kMirrorGroup);
  compare_groups(context);
  compare_with_directory(context);
  if (probe.superblock_verified())
    check_fields(context);
  else
    context.report.add(FindingCode::kNoSuperblock, std::nullopt, block_types::kSuperblock,
                       fmt::format("the block size is taken from {}",
                                   probe.directory.whole ? "the region directory"
                                                         : "the trailers of other blocks"));
  return {};
}

}  // namespace vde
