#include "entry_json.h"

namespace vde::cli {

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

}  // namespace vde::cli
