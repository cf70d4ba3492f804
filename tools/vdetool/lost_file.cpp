#include "lost_file.h"

#include "context.h"
#include "entry_json.h"
#include "module_text.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

// Bytes of lines that are written at once.
constexpr size_t kPiece = size_t{128} << 10;

Json tag_json(const TagView& tag) {
  Json json{{"inode", tag.inode}};
  put_text(json, "key", tag.key);
  put_text(json, "value", tag.value);
  json["block"] = tag.block;
  return json;
}

Json lost_json(const std::string& image, const LostEntry& entry) {
  Json json{{"type", "lost"},
            {"kind", lost_kind_name(entry.kind)},
            {"image_block", entry.block ? Json(*entry.block) : Json(nullptr)},
            {"count", entry.count ? Json(*entry.count) : Json(nullptr)},
            {"reason", entry.reason}};
  if (const auto* tag = std::get_if<TagView>(&entry.content)) json["tag"] = tag_json(*tag);
  if (const auto* snapshot = std::get_if<Snapshot>(&entry.content))
    json["snapshot"] = snapshot_json(*snapshot);
  if (const auto* module = std::get_if<Module>(&entry.content))
    json["module"] = module_json(*module);
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
