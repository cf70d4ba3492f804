// Where a copy is written to: a new file, or a device.
#pragma once

#include <memory>
#include <optional>

#include "copy/cleared_device.h"
#include "io/file_descriptor.h"
#include "vde/copy.h"
#include "vde/new_file.h"

namespace vde {

class CopyTarget {
 public:
  // Opens `path` for `size` bytes, of which the first `start` make an image of the others. `mode`
  // has the permissions of a new file. Reads as zeros then. Errors are those of ImageCopy::write().
  [[nodiscard]] static Result<CopyTarget> open(const std::string& path, uint64_t size,
                                               uint64_t start, mode_t mode,
                                               const CopyOptions& options, Activity& activity);
  CopyTarget(CopyTarget&&) noexcept;
  CopyTarget& operator=(CopyTarget&&) = delete;
  ~CopyTarget();

  [[nodiscard]] BlockFile& file();
  // Makes everything durable; a file gets its name.
  [[nodiscard]] Result<void> finish();
  // `error` of a copy that ends early. A device was cleared by then: the error says so.
  [[nodiscard]] tl::unexpected<Error> failure(Error error) const;

 private:
  CopyTarget() = default;
  [[nodiscard]] Result<void> open_existing(const std::string& path, const CopyOptions& options,
                                           Activity& activity);
  [[nodiscard]] Result<void> check_room(uint64_t size) const;

  std::unique_ptr<BlockFile> existing_;  // locked; null for a new file
  std::optional<FileDescriptor> claim_;  // of a device
  std::unique_ptr<ClearedDevice> device_;
  std::optional<NewFile> file_;
};

}  // namespace vde
