// Undo files by name.
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "io/new_file.h"
#include "vde/repair.h"
#include "vde/text.h"

namespace vde {
namespace {

class NewUndoFile : public UndoTarget {
 public:
  explicit NewUndoFile(NewFile file) : file_(std::move(file)) {}
  // It holds what the image holds, whose permissions may be narrow.
  Result<void> make_private() {
    const int descriptor = static_cast<PosixFile&>(file_.file()).descriptor();
    return fchmod(descriptor, S_IRUSR | S_IWUSR) == 0
               ? Result<void>{}
               : Result<void>(system_failure("cannot set the permissions of the undo file"));
  }
  BlockFile& file() override { return file_.file(); }
  Result<void> publish() override { return file_.publish(false); }

 private:
  NewFile file_;
};

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

}  // namespace

Result<std::unique_ptr<UndoTarget>> new_undo_file(const std::string& path) {
  if (is_there(path))
    return fail(ErrorCode::kExists, fmt::format("the undo file '{}' exists", escape(path)),
                "name another one with --undo FILE");
  auto file = NewFile::create(path, std::nullopt);
  if (!file) {
    file.error().message = fmt::format("undo file '{}': {}", escape(path), file.error().message);
    return propagate(file);
  }
  auto undo = std::make_unique<NewUndoFile>(std::move(*file));
  VDE_TRY(undo->make_private());
  return std::unique_ptr<UndoTarget>(std::move(undo));
}

Result<std::string> free_undo_path(const std::string& image) {
  constexpr int kMax = 1000;
  for (int i = 0; i < kMax; ++i) {
    std::string path = image + (i == 0 ? ".undo" : fmt::format(".undo.{}", i));
    if (!is_there(path)) return path;
  }
  return fail(ErrorCode::kExists, fmt::format("all undo files up to '{}.undo.999' exist", image),
              "name another one with --undo FILE, or delete old ones");
}

}  // namespace vde
