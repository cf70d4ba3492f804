// An image that is open for changes.
#pragma once

#include "journal/recovery.h"
#include "region/allocator.h"
#include "vde/ticks.h"

namespace vde {

// What a change came to; of damage that kept it from being made it says what to do first. Readers
// say of the same damage how to look at it.
template <class T>
[[nodiscard]] Result<T> refused(Result<T> result) {
  if (!result && result.error().code == ErrorCode::kDamaged && result.error().hint == kRunVerify)
    result.error().hint = kRunRepair;
  return result;
}

// The one rule for what may be changed, asked of the probe of an image as its last commit left it:
// check_can_write() (kUnsupported), and counts, file size and places of regions that later
// arithmetic builds on (kDamaged).
[[nodiscard]] Result<void> check_writable(const Probe& probe, bool unseal);

struct VolumeOptions {
  bool unseal = false;  // the first commit clears the seal
  Clock clock = current_ticks;
};

class Volume {
 public:
  // Takes over the image in `file`, whose exclusive lock the caller holds, and recovers its
  // journal: `probe` and `plan` are those of the file as it is, and check_writable() passed. What
  // lies after the end of the volume is neither looked at nor changed.
  [[nodiscard]] static Result<std::unique_ptr<Volume>> open(BlockFile& file, const Probe& probe,
                                                            const RecoveryPlan& plan,
                                                            VolumeOptions options);

  [[nodiscard]] Journal& journal() { return *journal_; }
  [[nodiscard]] Allocator& allocator() { return allocator_; }

  // A transaction. The first one completes the bitmap of an image whose creator did not.
  [[nodiscard]] Result<Transaction> begin();
  // Makes it durable, with the time of now.
  [[nodiscard]] Result<void> commit(Transaction& transaction);
  // Writes everything to its place. Without it nothing is lost, but other readers see the old
  // state.
  [[nodiscard]] Result<void> close() { return journal_->checkpoint(); }

 private:
  Volume(std::unique_ptr<Journal> journal, Allocator allocator, VolumeOptions options)
      : journal_(std::move(journal)),
        allocator_(std::move(allocator)),
        options_(std::move(options)) {}

  std::unique_ptr<Journal> journal_;
  Allocator allocator_;
  VolumeOptions options_;
  bool bitmap_complete_ = false;
};

}  // namespace vde
