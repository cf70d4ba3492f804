// An image that is open for changes.
#pragma once

#include "io/held_file.h"
#include "journal/recovery.h"
#include "region/allocator.h"
#include "vde/keys/secret_key.h"
#include "vde/ticks.h"
#include "vde/undo.h"

namespace vde {

// Returns the result of a change. For damage that prevented the change, replaces the hint by
// "repair first"; readers keep the hint to examine the damage.
template <class T>
[[nodiscard]] Result<T> refused(Result<T> result) {
  if (!result && result.error().code == ErrorCode::kDamaged && result.error().hint == kRunVerify)
    result.error().hint = kRunRepair;
  return result;
}

// The rule for what may be changed, applied to the probe of an image as of its last commit:
// check_can_write() (kUnsupported), and the counts, file size and region locations that later
// arithmetic depends on (kDamaged).
[[nodiscard]] Result<void> check_writable(const Probe& probe, bool unseal);

struct VolumeOptions {
  bool unseal = false;  // the first commit removes the seal
  Clock clock = current_ticks;
  UndoMaker undo = {};                                  // as in OpenOptions; null: refused
  std::function<void(const HealedGroup&)> healed = {};  // called when it was done; may be null
  SharedKey seal_key = {};                              // renews the seal with each commit
};

class Volume {
 public:
  // Opens the image in `file`, whose exclusive lock the caller must hold, and recovers its journal.
  // `probe` and `plan` must describe the current file, and check_writable() must have passed. Bytes
  // after the end of the volume are neither read nor changed. If a superblock group has damage that
  // nothing explains, the volume is recovered in memory, until something is written.
  [[nodiscard]] static Result<std::unique_ptr<Volume>> open(BlockFile& file, const Probe& probe,
                                                            const RecoveryPlan& plan,
                                                            VolumeOptions options);

  // Whether the file still is as it was found, with a superblock group out of order.
  [[nodiscard]] bool is_held() const { return file_->holds(); }
  // Puts that group in order now, with an undo file.
  [[nodiscard]] Result<void> release() { return file_->release(); }

  // The file, as the journal sees it.
  [[nodiscard]] BlockFile& file() { return *file_; }
  [[nodiscard]] Journal& journal() { return *journal_; }
  [[nodiscard]] Allocator& allocator() { return allocator_; }

  // Begins a transaction. The first one completes the bitmap if the image's creator marked only
  // part of it.
  [[nodiscard]] Result<Transaction> begin();
  // Makes it durable, with the current time.
  [[nodiscard]] Result<void> commit(Transaction& transaction);
  // Writes committed blocks to their home locations. Without it nothing is lost, but programs that
  // do not know the journal see the old state.
  [[nodiscard]] Result<void> close() { return journal_->checkpoint(); }

 private:
  Volume(std::unique_ptr<HeldFile> file, std::unique_ptr<Journal> journal, Allocator allocator,
         VolumeOptions options)
      : file_(std::move(file)),
        journal_(std::move(journal)),
        allocator_(std::move(allocator)),
        options_(std::move(options)) {}

  std::unique_ptr<HeldFile> file_;
  std::unique_ptr<Journal> journal_;
  Allocator allocator_;
  VolumeOptions options_;
  bool bitmap_complete_ = false;
};

}  // namespace vde
