// Keeps the bytes that are overwritten when a superblock group is replaced although no crash
// damaged it.
#pragma once

#include "io/overlay_file.h"
#include "io/undo_file.h"
#include "journal/group_damage.h"
#include "vde/undo.h"

namespace vde {

// kUnsupported, with the damage, if there is no place for the undo file of a healing.
[[nodiscard]] Result<void> check_can_keep(const GroupDamage& damage, const UndoMaker& make);

// The undo file of a healing: everything that opening the journal overwrites, recovery included, so
// that an undo restores the exact bytes.
class KeptBlocks {
 public:
  // Writes and publishes the undo file that `make` returns. `opened` shows `file` as opening its
  // journal makes it. An error means that nothing of `file` may be changed.
  [[nodiscard]] static Result<KeptBlocks> keep(BlockFile& file, OverlayFile& opened,
                                               const GroupDamage& damage, const UndoMaker& make);

  // Adds how to revert to an error that occurred after keep().
  [[nodiscard]] Error with_revert(Error error) const;

  // To be called once the journal of `file` was opened, before anything else is written. kIo if the
  // bytes on disk are not those that were tried.
  [[nodiscard]] Result<HealedGroup> finish(BlockFile& file);

 private:
  KeptBlocks(const GroupDamage& damage, UndoFile undo, UndoContent content)
      : damage_(damage), undo_(std::move(undo)), content_(std::move(content)) {}

  GroupDamage damage_;
  UndoFile undo_;
  UndoContent content_;
};

}  // namespace vde
