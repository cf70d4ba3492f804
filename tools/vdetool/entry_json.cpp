#include "entry_json.h"

#include "module_text.h"

namespace vde::cli {
namespace {

Json tag_json(const TagView& tag) {
  Json json{{"inode", tag.inode}};
  put_text(json, "key", tag.key);
  put_text(json, "value", tag.value);
  json["block"] = tag.block;
  return json;
}

}  // namespace

Json snapshot_json(const Snapshot& snapshot) {
  Json json{
      {"id", to_string(snapshot.id)},
      {"parent", snapshot.parent.is_zero() ? Json(nullptr) : Json(to_string(snapshot.parent))}};
  put_time(json, "created", snapshot.created);
  json["inode_table_start"] = snapshot.inode_table_start;
  json["inode_table_blocks"] = snapshot.inode_table_blocks;
  json["data_blocks"] = snapshot.data_blocks;
  json["flags"] = snapshot.flags;
  json["flag_names"] = snapshot_flag_names(snapshot.flags);
  put_text(json, "label", snapshot.label);
  return json;
}

void put_entry(Json& json, const decltype(LostEntry::content)& entry) {
  if (const auto* tag = std::get_if<TagView>(&entry)) json["tag"] = tag_json(*tag);
  if (const auto* snapshot = std::get_if<Snapshot>(&entry))
    json["snapshot"] = snapshot_json(*snapshot);
  if (const auto* module = std::get_if<Module>(&entry)) json["module"] = module_json(*module);
}

}  // namespace vde::cli
