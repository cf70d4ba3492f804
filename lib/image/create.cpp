#include "vde/create.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "format/superblock.h"
#include "image/write_image.h"
#include "io/device_claim.h"
#include "io/known_content.h"
#include "io/posix/posix_file.h"
#include "vde/new_file.h"
#include "vde/text.h"

namespace vde {
namespace {

// The number of bytes examined to distinguish text from data, and an unused device from one in use.
constexpr uint64_t kExamined = 0x10048;

bool looks_like_text(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != '\f';
  });
}

Result<void> refuse_content(BlockFile& file) {
  VDE_TRY_ASSIGN(content, describe_content(file));
  if (!content) return {};
  return fail(ErrorCode::kExists, fmt::format("already contains {}", *content),
              "use --force to overwrite it");
}

Result<void> create_file(const std::string& target, BlockFile* existing, const ImagePlan& plan,
                         Activity& activity) {
  std::optional<int> replaced;
  if (auto* posix = dynamic_cast<PosixFile*>(existing)) replaced = posix->descriptor();
  VDE_TRY_ASSIGN(file, NewFile::create(target, {.replaced = replaced}));
  VDE_TRY(write_image(file.file(), plan, activity));
  return file.publish(existing != nullptr);
}

Result<void> create_on_device(BlockFile& device, const ImagePlan& plan, Activity& activity) {
  VDE_TRY_ASSIGN(size, device.size());
  if (plan.options.size > size)
    return fail(ErrorCode::kUsage, fmt::format("the device has only {} bytes", size),
                "use a smaller --size");
  // Only parts of the regions are written; the rest must read as never written. The superblock
  // groups are cleared first and durably, so that a crash leaves no old superblock over new
  // regions.
  VDE_TRY(device.zero({0, kFirstRegionBlock * plan.options.block_size}));
  VDE_TRY(device.sync());
  Result<void> done = device.zero({0, plan.allocated_blocks * plan.options.block_size});
  if (done) done = write_image(device, plan, activity);
  if (done) done = device.sync();
  if (!done && done.error().hint.empty())
    done.error().hint = "the old content of the device is gone; run 'vdetool format' again";
  return done;
}

}  // namespace

Result<std::optional<std::string>> describe_content(BlockFile& file) {
  VDE_TRY_ASSIGN(size, file.size());
  std::string head(std::min(size, kExamined), '\0');
  VDE_TRY(file.read(0, MutableBytes(reinterpret_cast<uint8_t*>(head.data()), head.size())));
  if (file.is_device() && std::all_of(head.begin(), head.end(), [](char c) { return c == 0; }))
    return std::optional<std::string>{};
  if (size == 0) return std::optional<std::string>{};
  VDE_TRY_ASSIGN(known, known_content(file));
  if (known) return known;
  const std::string_view kind = looks_like_text(head) ? "text" : "data";
  return std::optional<std::string>(fmt::format("{} of {}", describe_size(size), kind));
}

Result<void> create_image(const std::string& path, const ImagePlan& plan,
                          const WriteOptions& options, Activity& activity) {
  std::error_code status;
  if (!std::filesystem::exists(path, status)) {
    if (status && status != std::errc::no_such_file_or_directory)
      return fail(ErrorCode::kIo, "cannot create: " + status.message());
    VDE_TRY_ASSIGN(target, resolve_links(path));
    return create_file(target, nullptr, plan, activity);
  }
  const std::string target = std::filesystem::canonical(path, status);
  if (status) return fail(ErrorCode::kIo, "cannot open: " + status.message());
  VDE_TRY_ASSIGN(existing, open_locked(target, OpenMode::kReadWrite, options.lock_wait, activity));
  std::optional<FileDescriptor> claim;  // held until the device is written
  if (existing->is_device()) {
    VDE_TRY_ASSIGN(claimed, claim_device(target));
    claim = std::move(claimed);
  }
  if (!options.force) VDE_TRY(refuse_content(*existing));
  return existing->is_device() ? create_on_device(*existing, plan, activity)
                               : create_file(target, existing.get(), plan, activity);
}

}  // namespace vde
