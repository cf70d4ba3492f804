#include "entry_json.h"

#include "vde/text.h"

namespace vde::cli {

void add_bytes(Json& object, const std::string& name, std::string_view bytes) {
  if (is_utf8(bytes))
    object[name] = bytes;
  else
    object[name + "_base64"] =
        to_base64({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

Json snapshot_json(const Snapshot& snapshot) {
  Json json{
      {"id", to_string(snapshot.id)},
      {"parent", snapshot.parent.is_zero() ? Json(nullptr) : Json(to_string(snapshot.parent))},
      {"created", to_string(snapshot.created)},
      {"created_ticks", snapshot.created.value},
      {"inode_table_start", snapshot.inode_table_start},
      {"inode_table_blocks", snapshot.inode_table_blocks},
      {"data_blocks", snapshot.data_blocks},
      {"flags", snapshot.flags},
      {"flag_names", snapshot_flag_names(snapshot.flags)}};
  add_bytes(json, "label", snapshot.label);
  return json;
}

}  // namespace vde::cli
