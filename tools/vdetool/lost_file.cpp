#include "lost_file.h"

#include "context.h"
#include "entry_json.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

// Bytes of lines that are written at once.
constexpr size_t kPiece = size_t{128} << 10;

Json lost_json(const std::string& image, const LostEntry& entry) {
  Json json{{"type", "lost"},
            {"kind", lost_kind_name(entry.kind)},
            {"image_block", entry.block ? Json(*entry.block) : Json(nullptr)},
            {"count", entry.count ? Json(*entry.count) : Json(nullptr)},
            {"reason", entry.reason}};
  put_entry(json, entry.content);
  if (!entry.bytes.empty()) json["bytes_base64"] = to_base64(entry.bytes);
  return with_header("verify", image, json);
}

}  // namespace

Result<LostFile> LostFile::create(std::string image, std::string path) {
  VDE_TRY_ASSIGN(file, new_lost_file(path));
  return LostFile(std::move(image), std::move(path), std::move(file));
}

Result<void> LostFile::add(const LostEntry& entry) {
  waiting_ += one_line(lost_json(image_, entry)) + "\n";
  return waiting_.size() < kPiece ? Result<void>{} : write_out();
}

Result<void> LostFile::write_out() {
  const Bytes bytes(reinterpret_cast<const uint8_t*>(waiting_.data()), waiting_.size());
  VDE_TRY(file_->file().write(written_, bytes));
  written_ += waiting_.size();
  waiting_.clear();
  return {};
}

Result<void> LostFile::publish() {
  VDE_TRY(write_out());
  VDE_TRY(file_->file().sync());
  return file_->publish();
}

}  // namespace vde::cli
