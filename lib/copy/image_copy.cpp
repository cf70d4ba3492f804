#include "vde/copy.h"

#include <sys/stat.h>

#include "copy/copy_source.h"
#include "copy/copy_target.h"
#include "copy/metadata_copy.h"
#include "copy/verified_copy.h"
#include "io/posix/posix_file.h"

namespace vde {
namespace {

// The permissions of a copy: those of the source, if it is a file. The umask applies too.
mode_t mode_for_copy_of(BlockFile& source) {
  constexpr mode_t kOfDevice = 0666;
  auto* posix = dynamic_cast<PosixFile*>(&source);
  struct stat status {};
  if (posix == nullptr || source.is_device() || fstat(posix->descriptor(), &status) != 0)
    return kOfDevice;
  return status.st_mode & 0777;
}

}  // namespace

Result<CopySummary> ImageCopy::write(const std::string& path) {
  output_failed_ = false;
  VDE_TRY_ASSIGN(source, CopySource::open(source_, activity_));
  const bool complete = options_.content == CopyContent::kAll;
  if (complete) VDE_TRY(check_can_copy(*source));
  const uint32_t block_size = source->io().block_size();
  CopySummary summary;
  summary.size = source->size();
  summary.block_size = block_size;
  summary.commits = source->commits();
  activity_.total = activity_.done + source->size();
  activity_.phase = "copy";
  auto target = CopyTarget::open(path, summary.size, kFirstRegionBlock * block_size,
                                 mode_for_copy_of(source_), options_, activity_);
  output_failed_ = !target;
  if (!target) return propagate(target);
  auto copied =
      complete ? copy_verified(*source, target->file(), summary, output_failed_)
               : copy_metadata(*source, target->file(), options_.content == CopyContent::kScrubbed,
                               show_, summary, output_failed_);
  // What fails to verify in an image that cannot be reached is not damaged.
  if (Result<void> reachable = source_.check_reachable(); !reachable) copied = std::move(reachable);
  if (copied && activity_.stop) copied = fail(ErrorCode::kInterrupted, "interrupted");
  if (copied) {
    copied = target->finish();
    output_failed_ = !copied;
    activity_.phase = nullptr;
  }
  if (!copied) return target->failure(std::move(copied.error()));
  return summary;
}

}  // namespace vde
