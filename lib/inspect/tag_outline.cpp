// The tag tree as it is in the file, node by node, whatever its state.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/checked.h"
#include "format/tag/tag_index.h"
#include "inspect/shown_probe.h"
#include "inspect/structure.h"
#include "vde/inspect.h"
#include "vde/text.h"

namespace vde {
namespace {

struct Waiting {
  int64_t node = 0;    // in the region
  int64_t parent = 0;  // 0: it is the root
  size_t depth = 0;
  bool is_last = true;
};

class TreeWalk {
 public:
  TreeWalk(const BlockIo& io, BlockRange region)
      : io_(io), region_(region), seen_(region.count()), buffer_(io.make_buffer()) {}

  Result<void> run(const Activity& activity, const std::function<Result<void>(const Json&)>& show) {
    waiting_.push_back({kTagRoot, 0, 0, true});
    while (!waiting_.empty()) {
      if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      const Waiting next = waiting_.back();
      waiting_.pop_back();
      VDE_TRY(show(node_json(next)));
    }
    return {};
  }

 private:
  Json node_json(const Waiting& at) {
    const bool is_inside = at.node > 0 && static_cast<uint64_t>(at.node) < region_.count();
    const uint64_t number = region_.begin + static_cast<uint64_t>(is_inside ? at.node : 0);
    Json json{{"block", is_inside ? Json(number) : Json(nullptr)},
              {"node", at.node},
              {"parent", at.parent == 0 ? Json(nullptr) : Json(at.parent)},
              {"depth", at.depth},
              {"last", at.is_last},
              {"state", "outside the region"},
              {"kind", nullptr}};
    if (!is_inside) return json;
    json["state"] = "reached before";
    if (seen_[static_cast<size_t>(at.node)]) return json;
    seen_[static_cast<size_t>(at.node)] = true;
    const auto block = io_.read(number, buffer_);
    json["state"] = block ? to_string(block->state()) : "unreadable";
    if (!block || block->is_unwritten()) return json;
    const Result<TagNode> node = decode_tag_node(block->unchecked_payload());
    if (!node) {
      json["problem"] = node.error().message;
      return json;
    }
    node->leaf ? add_leaf(json, *node) : add_inner(json, *node, at);
    return json;
  }

  static void add_leaf(Json& json, const TagNode& leaf) {
    json["kind"] = "leaf";
    json["tags"] = leaf.entries.size();
    if (leaf.entries.empty()) return;
    put_text(json, "first_key", leaf.entries.front().key);
    put_text(json, "last_key", leaf.entries.back().key);
  }

  void add_inner(Json& json, const TagNode& inner, const Waiting& at) {
    json["kind"] = "inner";
    json["children"] = inner.children.size();
    if (!inner.keys.empty()) {
      put_text(json, "first_key", inner.keys.front());
      put_text(json, "last_key", inner.keys.back());
    }
    if (at.depth + 1 >= kMaxTagLevels) return;
    for (size_t i = inner.children.size(); i > 0; --i)
      waiting_.push_back(
          {inner.children[i - 1], at.node, at.depth + 1, i == inner.children.size()});
  }

  const BlockIo& io_;
  BlockRange region_;
  std::vector<bool> seen_;
  std::vector<Waiting> waiting_;
  BlockBuffer buffer_;
};

// The first region of this type, clipped to the file.
std::optional<BlockRange> region_of(const Probe& probe, BlockType type) {
  for (const RegionSlot& slot : probe.slots) {
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || slot.type != type || !range) continue;
    return BlockRange{range->begin, std::min(range->end, probe.blocks_in_file())};
  }
  return std::nullopt;
}

std::string key_text(const Json& node, const std::string& name) {
  if (node.contains(name)) return escape(node[name].get<std::string>());
  return escape(from_base64(node[name + "_base64"].get<std::string>()).value_or(""));
}

}  // namespace

Result<void> dump_tag_tree(BlockFile& file, std::optional<uint32_t> block_size,
                           const Activity& activity,
                           const std::function<Result<void>(const Json&)>& show) {
  VDE_TRY_ASSIGN(found, probe_shown(file, block_size));
  const Probe& probe = found.probe;
  const auto region = region_of(probe, block_types::kTagIndex);
  if (!region || region->begin >= region->end)
    return fail(ErrorCode::kNotFound, "there is no tag index",
                "'vdetool dump IMAGE --regions' lists the regions");
  const BlockIo io(file, probe.block_size);
  return TreeWalk(io, *region).run(activity, show);
}

std::string tag_node_text(const Json& node) {
  std::string text = node["block"].is_null()
                         ? fmt::format("node {}", node["node"].get<int64_t>())
                         : fmt::format("block {}", node["block"].get<uint64_t>());
  if (node["state"] != "ok") text += fmt::format(" ({})", node["state"].get<std::string>());
  if (node.contains("problem")) return text + ": " + escape(node["problem"].get<std::string>());
  if (node["kind"].is_null()) return text;
  const bool is_leaf = node["kind"] == "leaf";
  const uint64_t count = node[is_leaf ? "tags" : "children"].get<uint64_t>();
  const char* thing = is_leaf ? (count == 1 ? "tag" : "tags") : (count == 1 ? "child" : "children");
  text += fmt::format(": {}, {} {}", is_leaf ? "leaf" : "inner node", count, thing);
  if (!node.contains("first_key") && !node.contains("first_key_base64")) return text;
  return text + fmt::format(", {} {} to {}", is_leaf ? "keys" : "separators",
                            key_text(node, "first_key"), key_text(node, "last_key"));
}

}  // namespace vde
