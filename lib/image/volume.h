// An image that is open for changes.
#pragma once

#include "region/allocator.h"
#include "vde/edit.h"

namespace vde {

// What a change came to; of damage that kept it from being made it says what to do first. Readers
// say of the same damage how to look at it.
template <class T>
[[nodiscard]] Result<T> refused(Result<T> result) {
  if (!result && result.error().code == ErrorCode::kDamaged && result.error().hint == kRunVerify)
    result.error().hint = kRunRepair;
  return result;
}

class Volume {
 public:
  // Takes over the image in `file`, whose exclusive lock the caller holds: recovers its journal,
  // and refuses what must not be written (kUnsupported: unknown features, a later writer's version,
  // encrypted, WORM, read-only or migrating regions, a seal without `unseal`). What lies after the
  // end of the volume is neither looked at nor changed.
  [[nodiscard]] static Result<std::unique_ptr<Volume>> open(BlockFile& file,
                                                            const EditOptions& options);

  [[nodiscard]] Journal& journal() { return *journal_; }
  [[nodiscard]] Allocator& allocator() { return allocator_; }

  // A transaction. The first one completes the bitmap of an image whose creator did not.
  [[nodiscard]] Result<Transaction> begin();
  // Makes it durable, with the time and writer of this session.
  [[nodiscard]] Result<void> commit(Transaction& transaction);
  // Takes everything home. Without it nothing is lost, but other readers see the old state.
  [[nodiscard]] Result<void> close() { return journal_->checkpoint(); }

 private:
  Volume(std::unique_ptr<Journal> journal, Allocator allocator, const EditOptions& options)
      : journal_(std::move(journal)), allocator_(std::move(allocator)), options_(options) {}

  std::unique_ptr<Journal> journal_;
  Allocator allocator_;
  EditOptions options_;
  bool bitmap_complete_ = false;
};

}  // namespace vde
