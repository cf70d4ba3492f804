// The inode table (INOD). Its first block describes the layout of inodes. The core of an inode is
// known, but the format does not specify how inodes are packed into the following blocks.
#pragma once

#include <array>
#include <vector>

#include "format/field.h"
#include "vde/error.h"

namespace vde {

inline constexpr uint16_t kInodeCoreSize = 304;  // bytes
// inode sizes are rounded up to a multiple of it
inline constexpr uint16_t kInodeSizeMultiple = 64;
inline constexpr size_t kInodeExtents = 8;

struct InodeLayoutHeader {
  uint16_t inode_size = 0;  // bytes
  uint16_t core_end = kInodeCoreSize;
  uint8_t field_count = 0;
  uint8_t padding = 0;  // bytes between the end of the last field and the inode size
  uint16_t reserved = 0;

  bool operator==(const InodeLayoutHeader&) const = default;
};

inline constexpr Layout kInodeLayoutHeaderLayout(
    "inode layout", field(0, "inode_size", &InodeLayoutHeader::inode_size),
    field(2, "core_end", &InodeLayoutHeader::core_end),
    field(4, "field_count", &InodeLayoutHeader::field_count),
    field(5, "padding", &InodeLayoutHeader::padding),
    field(6, "reserved", &InodeLayoutHeader::reserved));
static_assert(kInodeLayoutHeaderLayout.covers(8));

enum InodeFieldFlag : uint8_t { kInodeFieldActive = 1, kInodeFieldMigrating = 2 };

// The position of a module's field in every inode.
struct InodeModuleField {
  uint8_t module = 0;   // bit number of the module in the manifest
  uint16_t offset = 0;  // bytes, relative to the inode
  uint16_t size = 0;    // bytes
  uint8_t version = 1;
  uint8_t flags = kInodeFieldActive;

  bool operator==(const InodeModuleField&) const = default;
};

inline constexpr Layout kInodeModuleFieldLayout("inode module field",
                                                field(0, "module", &InodeModuleField::module),
                                                field(1, "offset", &InodeModuleField::offset),
                                                field(3, "size", &InodeModuleField::size),
                                                field(5, "version", &InodeModuleField::version),
                                                field(6, "flags", &InodeModuleField::flags));
static_assert(kInodeModuleFieldLayout.covers(7));

struct InodeLayout {
  InodeLayoutHeader header;
  std::vector<InodeModuleField> fields;

  bool operator==(const InodeLayout&) const = default;
};

// Decodes the layout in the first block of INOD. kDamaged if the fields run past the payload. Does
// not check offsets and sizes.
[[nodiscard]] Result<InodeLayout> decode_inode_layout(Bytes payload);

// The layout that the format prescribes for a manifest: one field per named module that adds bytes
// to inodes, in bit order.
[[nodiscard]] InodeLayout make_inode_layout(uint32_t manifest);

// Encodes a layout and fills the rest of the payload with zeros. The header's field count is taken
// from `fields`. They must fit, as those of make_inode_layout() and of decode_inode_layout() for
// the same block size do.
void encode_inode_layout(const InodeLayout& layout, MutableBytes payload);

enum InodeFlag : uint8_t {
  kInodeEncrypted = 1,
  kInodeCompressed = 2,
  kInodeWorm = 4,
  kInodeInlineData = 8,
};

enum InodeExtentFlag : uint32_t {
  kExtentCompressed = 1,
  kExtentPrecompressed = 2,
  kExtentEncrypted = 4,
  kExtentHole = 8,
  kExtentShared = 16,  // copy-on-write
};

struct InodeExtent {
  int64_t start = 0;  // first block
  int32_t count = 0;  // blocks
  uint32_t flags = 0;
  int64_t logical_offset = 0;  // bytes, relative to the object

  bool operator==(const InodeExtent&) const = default;
};

inline constexpr Layout kInodeExtentLayout("inode extent", field(0, "start", &InodeExtent::start),
                                           field(8, "count", &InodeExtent::count),
                                           field(12, "flags", &InodeExtent::flags),
                                           field(16, "logical_offset",
                                                 &InodeExtent::logical_offset));
static_assert(kInodeExtentLayout.covers(24));

struct InodeCore {
  int64_t number = 0;
  uint8_t type = 0;
  uint8_t flags = 0;
  uint16_t permissions = 0;
  int32_t link_count = 0;
  Guid owner;
  int64_t size = 0;            // bytes
  int64_t allocated_size = 0;  // bytes
  Ticks created;
  Ticks modified;
  Ticks accessed;
  Ticks changed;
  int32_t extent_count = 0;
  Opaque<192> extents{};  // see inode_extents()
  int64_t indirect_block = 0;
  int64_t double_indirect_block = 0;
  int64_t attribute_block = 0;
  Opaque<4> reserved{};

  bool operator==(const InodeCore&) const = default;
};

inline constexpr Layout kInodeCoreLayout(
    "inode", field(0, "number", &InodeCore::number), field(8, "type", &InodeCore::type),
    field(9, "flags", &InodeCore::flags), field(10, "permissions", &InodeCore::permissions),
    field(12, "link_count", &InodeCore::link_count), field(16, "owner", &InodeCore::owner),
    field(32, "size", &InodeCore::size), field(40, "allocated_size", &InodeCore::allocated_size),
    field(48, "created_ticks", &InodeCore::created),
    field(56, "modified_ticks", &InodeCore::modified),
    field(64, "accessed_ticks", &InodeCore::accessed),
    field(72, "changed_ticks", &InodeCore::changed),
    field(80, "extent_count", &InodeCore::extent_count), field(84, "extents", &InodeCore::extents),
    field(276, "indirect_block", &InodeCore::indirect_block),
    field(284, "double_indirect_block", &InodeCore::double_indirect_block),
    field(292, "attribute_block", &InodeCore::attribute_block),
    field(300, "reserved", &InodeCore::reserved));
static_assert(kInodeCoreLayout.covers(kInodeCoreSize));

// All eight extents, regardless of extent_count.
[[nodiscard]] std::array<InodeExtent, kInodeExtents> inode_extents(const InodeCore& inode);
void set_inode_extents(InodeCore& inode, const std::array<InodeExtent, kInodeExtents>& extents);

}  // namespace vde
