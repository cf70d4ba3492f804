#include "check/repair/foundation_repair.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/lost/lost_lines.h"
#include "check/passes/lost_entries.h"
#include "check/repair/structure_repair.h"

namespace vde {
namespace {

bool has_valid_sequence(const Superblock& superblock) {
  return superblock.checkpoint_sequence >= 0 &&
         superblock.checkpoint_sequence < INT64_MAX - INT32_MAX;
}

}  // namespace

Result<FoundationRepair> FoundationRepair::start(const RepairTarget& target) {
  FoundationRepair repair(target);
  VDE_TRY(repair.check_again());
  return repair;
}

Result<void> FoundationRepair::write_direct(uint64_t number, Bytes block) {
  touched({number, number + 1});
  return target().file.write(number * io().block_size(), block);
}

std::vector<uint64_t> FoundationRepair::sole_in(const std::vector<BlockRange>& blocks) const {
  std::vector<uint64_t> sole;
  for (const uint64_t number : sole_)
    if (std::ranges::any_of(blocks, [&](BlockRange range) { return range.contains(number); }))
      sole.push_back(number);
  return sole;
}

Loss FoundationRepair::loss_in(const std::vector<BlockRange>& blocks) const {
  Loss loss;
  const std::vector<uint64_t> sole = sole_in(blocks);
  if (sole.empty()) return loss;
  loss.counts.others = sole.size();
  loss.what = fmt::format("what is in {}, which {} to another place",
                          list_blocks(sole, sole.size()), sole.size() == 1 ? "belongs" : "belong");
  return loss;
}

Result<void> FoundationRepair::lose_in(const std::vector<BlockRange>& blocks) {
  BlockBuffer buffer = io().make_buffer();
  for (const uint64_t number : sole_in(blocks)) {
    VDE_TRY_ASSIGN(block, io().read(number, buffer));
    VDE_TRY(lose_foreign_block(*this, block, probe().usable_blocks(),
                               "the block belongs to another place"));
    sole_.erase(number);
  }
  return {};
}

Result<bool> FoundationRepair::fixed_step(std::string what, std::string source,
                                          const std::vector<BlockRange>& blocks) {
  if (!lossy_step(std::move(what), std::move(source), loss_in(blocks))) return false;
  VDE_TRY(lose_in(blocks));
  return true;
}

bool FoundationRepair::can_commit() const {
  return probe().superblock_source == SuperblockSource::kGroup && probe().directory.whole &&
         decode_slots(probe().directory.blocks[0].payload()) == probe().slots &&
         has_valid_sequence(probe().superblock) && journal_area().has_value();
}

Result<StructureRepair> FoundationRepair::begin() && {
  StructureRepair structures(std::move(*this));
  VDE_TRY(structures.open_journal());
  return structures;
}

}  // namespace vde
