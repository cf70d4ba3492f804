#include "inspect/decode_inodes.h"

#include <algorithm>

#include "format/region/inode.h"
#include "inspect/structure.h"

namespace vde {
namespace {

constexpr size_t kStride = 512;  // bytes

bool looks_like_inode(const InodeCore& inode) {
  constexpr uint8_t kLastType = 3;
  if (inode.number == 0 || inode.type > kLastType || inode.size < 0 || inode.extent_count < 0 ||
      inode.extent_count > static_cast<int32_t>(kInodeExtents))
    return false;
  const auto extents = inode_extents(inode);
  return std::ranges::all_of(extents, [](const InodeExtent& extent) {
    return extent.start >= 0 && extent.count >= 0 && extent.logical_offset >= 0;
  });
}

Json extents_json(const InodeCore& inode) {
  Json list = Json::array();
  const auto extents = inode_extents(inode);
  for (size_t i = 0; i < static_cast<size_t>(inode.extent_count); ++i)
    list.push_back(Json::array(
        {extents[i].start, extents[i].count, extents[i].flags, extents[i].logical_offset}));
  return list;
}

}  // namespace

Json decode_inodes(Bytes payload) {
  Json structures = Json::array();
  for (size_t at = 0; at + kInodeCoreLayout.size() <= payload.size(); at += kStride) {
    const Bytes bytes = payload.subspan(at, kInodeCoreLayout.size());
    const InodeCore inode = kInodeCoreLayout.decode(bytes);
    if (!looks_like_inode(inode)) continue;
    StructureBuilder builder("inode", static_cast<uint32_t>(at));
    for (const Field& field : kInodeCoreLayout.fields())
      if (field.name == "extents")
        builder.add(field.name, field.offset, field.width, extents_json(inode));
      else
        builder.add_fields({&field, 1}, bytes);
    structures.push_back(as_entry(std::move(builder).build()));
  }
  return structures;
}

}  // namespace vde
