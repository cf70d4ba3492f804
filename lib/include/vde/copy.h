// Copies of an image: all of it, only its metadata, or its metadata without secrets.
//
//   vde::ImageCopy copy(*source, {}, damaged, activity);
//   VDE_TRY_ASSIGN(summary, copy.write("copy.dwvd"));
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "vde/activity.h"
#include "vde/storage.h"

namespace vde {

enum class CopyContent {
  kAll,       // every byte; each block is verified, and one that fails ends the copy
  kMetadata,  // the fixed blocks and the regions as they are, damaged or not
  kScrubbed,  // the same, but only what a list names; everything else is zero
};

struct CopyOptions {
  CopyContent content = CopyContent::kAll;
  bool force = false;                      // replace an output that is not empty
  std::chrono::milliseconds lock_wait{0};  // how long to wait for the lock of an old output
};

// A damaged block of the source.
struct DamagedBlock {
  uint64_t block = 0;
  std::string region;     // the region's type ("TAGI")
  std::string_view code;  // of the finding that `verify` reports: "BLCK-001"
  std::string reason;
};
using DamageVisitor = std::function<Result<void>(const DamagedBlock&)>;

struct CopySummary {
  uint64_t size = 0;  // of the image and of the copy, bytes
  uint32_t block_size = 0;
  uint64_t written = 0;         // bytes; the rest of the copy are holes
  uint64_t blocks_checked = 0;  // blocks whose checksum was compared with their payload
  uint64_t commits = 0;         // that waited in the journal, and are applied in the copy
  uint64_t damaged = 0;         // blocks; none of a complete copy
  // Checks that were skipped: "data blocks" if the bitmap does not show which are in use, and
  // "journal" if its commits cannot be applied.
  std::vector<std::string> not_checked = {};
};

class ImageCopy {
 public:
  // `source`, which the caller has locked, must not change, and must outlive the copy, as must
  // `activity`. `show` gets every damaged block of a copy of metadata.
  ImageCopy(BlockFile& source, const CopyOptions& options, DamageVisitor show, Activity& activity)
      : source_(source), options_(options), show_(std::move(show)), activity_(activity) {}

  // Writes the copy to `path`, durably: to a new file, which appears complete or not at all, or to
  // a device, which is not an image until everything else is written. A new file gets the
  // permissions of the source, as far as the umask allows; a file that is replaced keeps its own,
  // and its owner. Holes, and pages of zeros, stay holes.
  //
  // kDamaged, naming the block, if a complete copy meets a block that fails, or commits that cannot
  // be applied. kExists if `path` is not empty and `force` is not set. kInUse if another process
  // has locked it, or uses the device. kNotAnImage, kUnsupported, kUsage (the device is too small),
  // kNoSpace, kIo, kInterrupted; nothing is left of the copy then. A device is cleared before the
  // first block is copied: the hint of a later error says so.
  [[nodiscard]] Result<CopySummary> write(const std::string& path);

  // Whether the error of write() is one of the output, not of the source.
  [[nodiscard]] bool output_failed() const { return output_failed_; }

 private:
  BlockFile& source_;
  CopyOptions options_;
  DamageVisitor show_;
  Activity& activity_;
  bool output_failed_ = false;
};

}  // namespace vde
