#include "check/repair/proven_modules.h"

#include "region/module_blocks.h"
#include "table/module_table.h"
#include "vde/text.h"

namespace vde {
namespace {

Result<bool> is_proven(StructureRepair& repair, const ModuleEntry& entry) {
  const auto extent = module_extent(entry, repair.total_blocks(), repair.io().block_size());
  if (!extent || entry.abi > kAbiStable || !is_utf8(entry.entry_point)) return false;
  VDE_TRY_ASSIGN(matches, matches_hash(repair.io(), entry, *extent, repair.activity()));
  return matches == true;
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
    ++proven.entries;
  }
  proven.end = cursor.offset();
  return proven.entries > 0 ? std::optional(proven) : std::nullopt;
}

}  // namespace vde
