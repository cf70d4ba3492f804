#include "check/repair/proven_modules.h"

#include <fmt/format.h>

#include <algorithm>

#include "region/module_blocks.h"
#include "table/module_table.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr size_t kSectorSize = 512;  // bytes

Result<bool> is_proven(StructureRepair& repair, const ModuleEntry& entry) {
  const auto extent = module_extent(entry, repair.total_blocks(), repair.io().block_size());
  if (!extent || entry.abi > kAbiStable || !is_utf8(entry.entry_point)) return false;
  VDE_TRY_ASSIGN(matches, matches_hash(repair.io(), entry, *extent, repair.activity()));
  return matches == true;
}

// Whether the checksum of a block fits its payload, or did before bytes after its entries, which
// end at `end`, changed.
bool has_checksum_of(const UncheckedBlock& block, size_t end) {
  const Bytes payload = block.unchecked_payload();
  BlockBuffer cleared(payload.begin(), payload.end());
  std::ranges::fill(MutableBytes(cleared).subspan(end), uint8_t{0});
  const uint64_t known = block.unchecked_trailer().checksum;
  return known == checksum(payload) || known == checksum(cleared);
}

// Whether the damage to a block is in its trailer, or after its entries.
bool is_damage_elsewhere(const UncheckedBlock& block, size_t end) {
  // Where the type is lost, too, the checksum proves nothing. A lost sector takes both.
  const size_t size = block.bytes().size();
  return block.unchecked_trailer().type != block_types::kCode && size > kSectorSize &&
         end <= size - kSectorSize;
}

}  // namespace

Result<bool> is_proven_module(StructureRepair& repair, Bytes record) {
  const auto decoded = decode_module_entry(record);
  if (!decoded) return false;
  return is_proven(repair, decoded->entry);
}

Result<std::optional<ProvenModules>> find_proven_modules(StructureRepair& repair,
                                                         const UncheckedBlock& block, bool first) {
  const BlockBuffer payload(block.unchecked_payload().begin(), block.unchecked_payload().end());
  ProvenModules proven;
  PackedCursor cursor(kModuleShape, payload, first);
  while (!cursor.at_end()) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    const Result<Bytes> record = cursor.next();
    if (!record) return std::optional<ProvenModules>();
    const auto decoded = decode_module_entry(*record);
    if (!decoded) return std::optional<ProvenModules>();
    VDE_TRY_ASSIGN(is_its, is_proven(repair, decoded->entry));
    if (!is_its) return std::optional<ProvenModules>();
    proven.hashes.push_back(decoded->entry.hash);
  }
  if (proven.hashes.empty()) return std::optional<ProvenModules>();
  proven.end = cursor.offset();
  proven.generation = block.unchecked_trailer().generation;
  proven.complete = has_checksum_of(block, proven.end);
  proven.whole = proven.complete || is_damage_elsewhere(block, proven.end);
  return std::optional(std::move(proven));
}

Loss loss_in(const std::vector<ProvenModules>& blocks) {
  Loss loss;
  for (const ProvenModules& modules : blocks)
    if (!modules.whole) loss.counts.others += modules.hashes.size();
  if (loss.counts.others > 0)
    loss.what = fmt::format(
        "what no hash covers of up to {} modules: their ids, entry points and times are kept, "
        "unverified",
        loss.counts.others);
  return loss;
}

Result<void> report_unproven(StructureRepair& repair, const ProvenModules& modules,
                             uint64_t block) {
  if (modules.whole) return {};
  for (const Opaque<32>& hash : modules.hashes)
    VDE_TRY(
        repair.lose({LostKind::kOther, block,
                     fmt::format("the id, the entry point and the time of module {} are unverified",
                                 to_hex(hash))}));
  return {};
}

}  // namespace vde
