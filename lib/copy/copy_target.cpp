#include "copy/copy_target.h"

#include <fmt/format.h>

#include <filesystem>

#include "io/device_claim.h"
#include "io/posix/posix_file.h"
#include "vde/create.h"

namespace vde {

CopyTarget::CopyTarget(CopyTarget&&) noexcept = default;
CopyTarget::~CopyTarget() = default;

Result<CopyTarget> CopyTarget::open(const std::string& path, uint64_t size, uint64_t start,
                                    mode_t mode, const CopyOptions& options, Activity& activity) {
  CopyTarget target;
  std::string name;
  std::error_code status;
  if (std::filesystem::exists(path, status)) {
    name = std::filesystem::canonical(path, status);
    if (status) return fail(ErrorCode::kIo, "cannot open: " + status.message());
    VDE_TRY(target.open_existing(name, options, activity));
    if (target.existing_->is_device()) {
      VDE_TRY(target.check_room(size));
      target.device_ = std::make_unique<ClearedDevice>(*target.existing_, size, start);
      const auto cleared = target.device_->clear(activity);
      if (!cleared) return target.failure(cleared.error());
      return target;
    }
  } else {
    if (status && status != std::errc::no_such_file_or_directory)
      return fail(ErrorCode::kIo, "cannot create: " + status.message());
    VDE_TRY_ASSIGN(resolved, resolve_links(path));
    name = resolved;
  }
  NewFileOptions made{.mode = mode};
  if (auto* old = dynamic_cast<PosixFile*>(target.existing_.get()))
    made.replaced = old->descriptor();
  VDE_TRY_ASSIGN(file, NewFile::create(name, made));
  VDE_TRY(file.file().resize(size));
  target.file_.emplace(std::move(file));
  return target;
}

Result<void> CopyTarget::open_existing(const std::string& path, const CopyOptions& options,
                                       Activity& activity) {
  VDE_TRY_ASSIGN(existing, open_locked(path, OpenMode::kReadWrite, options.lock_wait, activity));
  existing_ = std::move(existing);
  if (existing_->is_device()) {
    VDE_TRY_ASSIGN(claimed, claim_device(path));
    claim_ = std::move(claimed);
  }
  if (options.force) return {};
  VDE_TRY_ASSIGN(content, describe_content(*existing_));
  if (!content) return {};
  return fail(ErrorCode::kExists, fmt::format("already contains {}", *content),
              "use --force to overwrite it");
}

Result<void> CopyTarget::check_room(uint64_t size) const {
  VDE_TRY_ASSIGN(room, existing_->size());
  if (size <= room) return {};
  return fail(ErrorCode::kUsage, fmt::format("the device has only {} of {} bytes", room, size),
              "use a larger device");
}

BlockFile& CopyTarget::file() {
  return device_ ? static_cast<BlockFile&>(*device_) : file_->file();
}

Result<void> CopyTarget::finish() {
  return device_ ? device_->finish() : file_->publish(existing_ != nullptr);
}

tl::unexpected<Error> CopyTarget::failure(Error error) const {
  if (device_) {
    if (!error.hint.empty()) error.hint += "; ";
    error.hint += "what the target device held is lost";
  }
  return tl::make_unexpected(std::move(error));
}

}  // namespace vde
