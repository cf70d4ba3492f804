// Reverts a repair.
#include <algorithm>

#include "io/undo_file.h"
#include "journal/committed_view.h"
#include "probe/probe.h"
#include "vde/repair.h"

namespace vde {
namespace {

enum class Kind { kOther, kMirror, kPrimary, kJournal };

Kind kind_of_range(uint64_t at, const UndoHeader& header) {
  if (at >= header.journal && at < header.journal_end) return Kind::kJournal;
  if (at < kMirrorGroup * header.block_size) return Kind::kPrimary;
  if (at < kDirectoryStart * header.block_size) return Kind::kMirror;
  return Kind::kOther;
}

tl::unexpected<Error> changed_since() {
  return fail(ErrorCode::kChangedSince, "refusing to undo: the image was modified after the repair",
              "undoing it would destroy the later changes");
}

// Whether the image has a later commit than the repair, written back or waiting in the journal.
bool has_later_commit(BlockFile& file, const Probe& probe, int64_t sequence) {
  return probe.superblock_verified() && last_sequence(file, probe) > sequence;
}

// A later commit may depend on what would be restored, though it waits in the journal and changed
// none of it. After an interrupted repair or undo, the image may be in any state between old and
// new: then only this and the identity of the image are checked.
Result<void> check_image(BlockFile& file, const UndoContent& content, uint64_t size,
                         uint64_t hash) {
  const UndoHeader& header = content.header;
  const auto probe = probe_to_judge(file);
  if (probe && probe->superblock_verified() && probe->superblock.uuid != header.uuid)
    return fail(ErrorCode::kMalformed, "the undo file belongs to another image",
                "use the undo file that the repair of this image wrote");
  if (probe && has_later_commit(file, *probe, header.sequence)) return changed_since();
  if (content.state == UndoState::kDone)
    return size == header.new_size && hash == header.new_hash ? Result<void>{} : changed_since();
  const auto [min, max] = std::minmax(header.old_size, header.new_size);
  if (size < min || size > max + header.block_size) return changed_since();
  return {};
}

Result<UndoContent> write_redo(BlockFile& file, const UndoContent& content, UndoTarget& redo) {
  UndoHeader header = content.header;
  header.new_size = content.header.old_size;
  header.new_hash = content.header.old_hash;
  return publish_undo(redo, file, header, content.ranges);
}

// Restores other blocks, then the mirror, then the primary group. The journal is last, so that its
// commits become valid again only after everything else is restored.
Result<void> restore(BlockFile& file, BlockFile& undo, const UndoContent& content) {
  const UndoHeader& header = content.header;
  VDE_TRY_ASSIGN(size, file.size());
  if (size < header.old_size) VDE_TRY(file.resize(header.old_size));
  for (const Kind kind : {Kind::kOther, Kind::kMirror, Kind::kPrimary, Kind::kJournal}) {
    VDE_TRY(each_old_piece(undo, content, [&](uint64_t at, Bytes bytes) -> Result<void> {
      return kind_of_range(at, header) == kind ? file.write(at, bytes) : Result<void>{};
    }));
    VDE_TRY(file.sync());
  }
  if (size <= header.old_size) return {};
  VDE_TRY(file.resize(header.old_size));
  return file.sync();
}

// The content of the undo file, if it may be restored.
Result<UndoContent> revertible(BlockFile& file, BlockFile& undo) {
  VDE_TRY(refuse_preamble(file));
  VDE_TRY_ASSIGN(content, read_undo(undo));
  const UndoHeader& header = content.header;
  VDE_TRY_ASSIGN(size, file.size());
  VDE_TRY_ASSIGN(hash, hash_ranges(file, content.ranges, size));
  if (size == header.old_size && hash == header.old_hash)
    return fail(ErrorCode::kUnchanged, "already undone");
  VDE_TRY(check_image(file, content, size, hash));
  return content;
}

UndoSummary summary_of(const UndoContent& content, bool redo_written) {
  const UndoHeader& header = content.header;
  UndoSummary summary{header.uuid, 0, header.old_size, header.new_size, redo_written};
  for (const ByteRange& range : content.ranges)
    summary.bytes += clipped(range, header.old_size).length();
  return summary;
}

}  // namespace

Result<UndoSummary> check_undo(BlockFile& file, BlockFile& undo) {
  VDE_TRY_ASSIGN(content, revertible(file, undo));
  return summary_of(content, false);
}

Result<UndoSummary> undo_repair(BlockFile& file, BlockFile& undo, UndoTarget* redo) {
  VDE_TRY_ASSIGN(content, revertible(file, undo));
  const UndoHeader& header = content.header;
  UndoContent written;
  if (content.state == UndoState::kReverting) redo = nullptr;  // the first attempt wrote it
  if (redo != nullptr) {
    VDE_TRY_ASSIGN(redone, write_redo(file, content, *redo));
    written = std::move(redone);
  }
  VDE_TRY(set_undo_state(undo, header, UndoState::kReverting));
  VDE_TRY(restore(file, undo, content));
  VDE_TRY_ASSIGN(outcome, hash_ranges(file, content.ranges, header.old_size));
  if (outcome != header.old_hash)
    return fail(ErrorCode::kIo, "reading back the restored bytes returned different data",
                "the storage may be failing: run 'vdetool undo' again");
  if (redo != nullptr) VDE_TRY(set_undo_state(redo->file(), written.header, UndoState::kDone));
  VDE_TRY(set_undo_state(undo, header, UndoState::kDone));
  return summary_of(content, redo != nullptr);
}

}  // namespace vde
