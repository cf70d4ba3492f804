#include "image/healing.h"

#include <fmt/format.h>

#include "vde/text.h"

namespace vde {
namespace {

constexpr std::string_view kRepairWithUndo =
    "run 'vdetool verify IMAGE --repair --undo FILE' first";

std::string describe(const GroupDamage& damage) {
  return fmt::format("the superblock group in blocks {} to {} {}", damage.blocks.begin,
                     damage.blocks.end - 1,
                     damage.is_intact ? "is older than the other one" : "is damaged");
}

// Why the group is not put in order. The cause is the undo file, not the image.
Error not_kept(const GroupDamage& damage, Error error) {
  error.code = ErrorCode::kIo;
  error.message = fmt::format("{}, and the undo file for its old bytes cannot be written: {}",
                              describe(damage), error.message);
  if (error.hint.empty()) error.hint = kRepairWithUndo;
  error.block = damage.blocks.begin;
  return error;
}

// What an undo file says about a change whose result is `view`.
struct PlannedUndo {
  UndoHeader header;
  std::vector<ByteRange> ranges;
};

Result<PlannedUndo> planned_undo(OverlayFile& view) {
  VDE_TRY_ASSIGN(probe, probe_to_judge(view));
  VDE_TRY_ASSIGN(area, find_journal(probe));
  PlannedUndo change;
  UndoHeader& header = change.header;
  header.uuid = probe.superblock.uuid;
  header.new_size = probe.file_size;
  header.sequence = probe.superblock.checkpoint_sequence;
  header.block_size = probe.block_size;
  header.journal = area.region.begin * probe.block_size;
  header.journal_end = area.region.end * probe.block_size;
  change.ranges = undo_ranges(view.written(), probe.block_size, area.region);
  VDE_TRY_ASSIGN(hash, hash_ranges(view, change.ranges, header.new_size));
  header.new_hash = hash;
  return change;
}

}  // namespace

Result<void> check_can_keep(const GroupDamage& damage, const UndoMaker& make) {
  if (make) return {};
  return fail_at(damage.blocks.begin, ErrorCode::kUnsupported,
                 describe(damage) + ", and there is no place for an undo file",
                 std::string(kRepairWithUndo));
}

Result<KeptBlocks> KeptBlocks::keep(BlockFile& file, OverlayFile& opened, const GroupDamage& damage,
                                    const UndoMaker& make) {
  VDE_TRY_ASSIGN(change, planned_undo(opened));
  auto undo = make();
  if (!undo) return tl::make_unexpected(not_kept(damage, std::move(undo.error())));
  auto content = publish_undo(*undo->target, file, change.header, change.ranges);
  if (!content) return tl::make_unexpected(not_kept(damage, std::move(content.error())));
  return KeptBlocks(damage, std::move(*undo), std::move(*content));
}

Error KeptBlocks::with_revert(Error error) const {
  if (error.hint.empty())
    error.hint = fmt::format("to revert: vdetool undo IMAGE {}", escape(undo_.path));
  return error;
}

Result<HealedGroup> KeptBlocks::finish(BlockFile& file) {
  const UndoHeader& header = content_.header;
  VDE_TRY_ASSIGN(hash, hash_ranges(file, content_.ranges, header.new_size));
  if (hash != header.new_hash)
    return fail(ErrorCode::kIo, "reading back the superblock group returned different data",
                "the storage may be failing; copy the image");
  VDE_TRY(set_undo_state(undo_.target->file(), header, UndoState::kDone));
  return HealedGroup{damage_.blocks, !damage_.is_intact, undo_.path};
}

}  // namespace vde
