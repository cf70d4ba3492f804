// Regions whose content follows from the superblock alone: an inode table without inodes, and
// module regions that were made and never written.
#include <fmt/format.h>

#include "check/mending.h"
#include "format/inode.h"
#include "format/tag_index.h"

namespace vde {
namespace {

// Whether every block of `blocks` is unwritten.
Result<bool> unwritten(Mending& mending, BlockRange blocks) {
  while (!blocks.empty()) {
    VDE_TRY_ASSIGN(data, mending.io().file().next_data(mending.io().bytes_of(blocks)));
    if (data.empty()) return true;
    blocks.begin = data.begin / mending.io().block_size();
    const uint64_t end = (data.end + mending.io().block_size() - 1) / mending.io().block_size();
    for (; blocks.begin < std::min(end, blocks.end); ++blocks.begin) {
      VDE_TRY_ASSIGN(block, mending.read(blocks.begin));
      if (!block.is_unwritten()) return false;
    }
  }
  return true;
}

// What verify has nothing against. A layout of another size than the superblock's is legal.
bool is_legal(Bytes payload, uint32_t manifest) {
  const auto layout = decode_inode_layout(payload);
  return layout && layout->header.inode_size != 0 && layout->header.core_end == kInodeCoreSize &&
         inode_layout_contradiction(*layout, manifest).empty();
}

Result<void> write_tag_index(Mending& mending, BlockRange blocks) {
  const uint32_t block_size = mending.io().block_size();
  VDE_TRY_ASSIGN(head, mending.replace(blocks.begin, tags::kTagIndex));
  TagIndexHeader header;
  header.bloom_bits = static_cast<int32_t>(default_bloom_bits(block_size));
  kTagIndexHeaderLayout.encode(header, head);
  VDE_TRY_ASSIGN(root, mending.replace(blocks.begin + 1, tags::kTagIndex));
  return encode_tag_node(TagNode{}, root);
}

}  // namespace

// Two against one: the manifest and the superblock's inode size give the layout, and there are no
// inodes yet that another one could have been made for.
Result<void> mend_inode_layout(Mending& mending) {
  const auto region = mending.sole_region(tags::kInodes);
  if (!region) return {};
  const InodeLayout wanted = make_inode_layout(mending.superblock().module_manifest);
  const uint64_t head = region->blocks.begin;
  VDE_TRY_ASSIGN(found, mending.read_whole(head, tags::kInodes));
  if (found && is_legal(*found, mending.superblock().module_manifest)) return {};
  if (wanted.header.inode_size != mending.superblock().inode_size) return {};
  VDE_TRY_ASSIGN(empty, unwritten(mending, {head + 1, region->blocks.end}));
  if (!empty) return {};
  mending.step("the inode layout is written anew",
               "the module manifest and the superblock's inode size; the table holds no inodes");
  VDE_TRY_ASSIGN(payload, mending.replace(head, tags::kInodes));
  encode_inode_layout(wanted, payload);
  return {};
}

Result<void> mend_empty_regions(Mending& mending) {
  for (const Tag tag : {tags::kTagIndex, tags::kCode, tags::kIntegrityTree, tags::kSnapshots}) {
    const auto region = mending.sole_region(tag);
    if (!region || region->blocks.count() < 2) continue;
    VDE_TRY_ASSIGN(empty, unwritten(mending, region->blocks));
    if (!empty) continue;
    mending.step(fmt::format("the {} region becomes an empty one that can be used", to_string(tag)),
                 "nothing in it was ever written");
    if (tag == tags::kTagIndex) {
      VDE_TRY(write_tag_index(mending, region->blocks));
      continue;
    }
    for (uint64_t block = region->blocks.begin; block < region->blocks.end; ++block)
      VDE_TRY(mending.replace(block, tag));
  }
  return {};
}

}  // namespace vde
