#include "check/repair/foundation_repair.h"

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
