#include "format/region/inode.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cursor.h"
#include "format/feature.h"

namespace vde {

Result<InodeLayout> decode_inode_layout(Bytes payload) {
  Reader reader(payload);
  const auto header = reader.take(kInodeLayoutHeaderLayout.size());
  if (!header) return fail(ErrorCode::kDamaged, "the block is too small for an inode layout");
  InodeLayout layout{kInodeLayoutHeaderLayout.decode(*header), {}};
  for (unsigned i = 0; i < layout.header.field_count; ++i) {
    const auto field = reader.take(kInodeModuleFieldLayout.size());
    if (!field)
      return fail(ErrorCode::kDamaged,
                  fmt::format("the inode layout's {} module fields run past their block",
                              layout.header.field_count));
    layout.fields.push_back(kInodeModuleFieldLayout.decode(*field));
  }
  return layout;
}

InodeLayout make_inode_layout(uint32_t manifest) {
  InodeLayout layout;
  unsigned end = kInodeCoreSize;
  for (const Feature& module : features()) {
    if ((manifest >> module.id & 1) == 0 || module.inode_bytes == 0) continue;
    InodeModuleField field;
    field.module = module.id;
    field.offset = static_cast<uint16_t>(end);
    field.size = module.inode_bytes;
    layout.fields.push_back(field);
    end += module.inode_bytes;
  }
  const unsigned size = (end + kInodeSizeMultiple - 1) / kInodeSizeMultiple * kInodeSizeMultiple;
  layout.header.inode_size = static_cast<uint16_t>(size);
  layout.header.field_count = static_cast<uint8_t>(layout.fields.size());
  layout.header.padding = static_cast<uint8_t>(size - end);
  return layout;
}

void encode_inode_layout(const InodeLayout& layout, MutableBytes payload) {
  std::fill(payload.begin(), payload.end(), uint8_t{0});
  InodeLayoutHeader header = layout.header;
  header.field_count = static_cast<uint8_t>(layout.fields.size());
  Writer writer(payload);
  kInodeLayoutHeaderLayout.encode(header, writer.skip(kInodeLayoutHeaderLayout.size()));
  for (const InodeModuleField& field : layout.fields)
    kInodeModuleFieldLayout.encode(field, writer.skip(kInodeModuleFieldLayout.size()));
}

std::array<InodeExtent, kInodeExtents> inode_extents(const InodeCore& inode) {
  std::array<InodeExtent, kInodeExtents> extents;
  const Bytes bytes = inode.extents;
  for (size_t i = 0; i < kInodeExtents; ++i)
    extents[i] = kInodeExtentLayout.decode(
        bytes.subspan(i * kInodeExtentLayout.size(), kInodeExtentLayout.size()));
  return extents;
}

void set_inode_extents(InodeCore& inode, const std::array<InodeExtent, kInodeExtents>& extents) {
  Writer writer(inode.extents);
  for (const InodeExtent& extent : extents)
    kInodeExtentLayout.encode(extent, writer.skip(kInodeExtentLayout.size()));
}

}  // namespace vde
