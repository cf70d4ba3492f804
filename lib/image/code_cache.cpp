#include "image/code_cache.h"

#include <fmt/format.h>

#include "base/checked.h"
#include "image/readable_slot.h"
#include "journal/survey.h"

namespace vde {

Result<size_t> code_slot(const std::vector<RegionSlot>& slots) {
  return find_readable_slot(slots, {tags::kCode, "the code cache",
                                    "the image has no code cache: the compute module is missing",
                                    "make one with 'vdetool format --modules compute'"});
}

Module public_module(const ModuleEntry& entry) {
  return {entry.hash, entry.id,  entry.first_block, entry.block_count,
          entry.size, entry.abi, entry.registered,  entry.entry_point};
}

ModuleEntry entry_of(const Module& module) {
  ModuleEntry entry;
  entry.hash = module.hash;
  entry.id = module.id;
  entry.first_block = module.first_block;
  entry.block_count = module.block_count;
  entry.size = module.size;
  entry.abi = module.abi;
  entry.registered = module.registered;
  entry.entry_point = module.entry_point;
  return entry;
}

Result<CodeCache> CodeCache::open(BlockFile& image) {
  VDE_TRY_ASSIGN(view, committed_view(image));
  VDE_TRY_ASSIGN(survey, survey_to_use(*view));
  VDE_TRY_ASSIGN(slot, code_slot(survey.slots));
  const auto range = block_range(survey.slots[slot].start, survey.slots[slot].count);
  if (!range || range->empty() || range->end > survey.blocks_in_file())
    return fail(ErrorCode::kDamaged, "the code cache lies outside of the file", kRunVerify);
  CodeCache cache(std::move(view), survey.block_size);
  cache.region_ = *range;
  const auto total = std::max<int64_t>(survey.superblock.total_blocks, 0);
  cache.total_blocks_ = std::min(static_cast<uint64_t>(total), survey.blocks_in_file());
  return cache;
}

Result<void> CodeCache::walk(const PackedVisitor& visit) const {
  FileSource source(io_, region_, tags::kCode);
  return walk_packed(source, kModuleTable, visit);
}

Result<BlockRange> CodeCache::extent(const Module& module) const {
  Result<BlockRange> range = module_extent(entry_of(module), total_blocks_, io_.block_size());
  if (!range) range.error().hint = kRunVerify;
  return range;
}

}  // namespace vde
