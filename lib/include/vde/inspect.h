// Looking into images, whole or damaged. Everything is first a JSON value; text is made from the
// same value, so that the two cannot tell different stories. Names are those of the command line's
// reference: fields may be added, never renamed.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "vde/activity.h"
#include "vde/storage.h"

namespace vde {

// Keeps its members in the order in which they were added.
using Json = nlohmann::ordered_json;

inline constexpr int kSchemaVersion = 1;

// Identity, geometry, regions with the state of their first block, counts. Says where the
// superblock's fields come from, and shows them even if nothing vouches for them; kUnsupported
// where there is nothing to show.
[[nodiscard]] Result<Json> image_info(BlockFile& file);
[[nodiscard]] std::string info_text(const Json& info);

// Both region tables, slot by slot.
[[nodiscard]] Result<Json> dump_regions(BlockFile& file);
[[nodiscard]] std::string regions_text(const Json& regions);

// What of an image `dump` shows as blocks.
struct BlockSelection {
  enum class Kind { kSuperblock, kBlocks, kRegion } kind = Kind::kSuperblock;
  BlockRange blocks;   // for kBlocks
  std::string region;  // for kRegion: its tag; the blocks of all regions with it that are written
};

// Calls `show` for every selected block, decoded: fields with offsets, the trailer with its
// verdict, the region that owns the block. kUsage where the selection names nothing in the image.
[[nodiscard]] Result<void> dump_blocks(BlockFile& file, const BlockSelection& selection,
                                       const Activity& activity,
                                       const std::function<Result<void>(const Json&)>& show);
[[nodiscard]] std::string block_text(const Json& block);

// The bytes of the selected blocks, one block a call.
[[nodiscard]] Result<void> dump_raw(
    BlockFile& file, const BlockSelection& selection, const Activity& activity,
    const std::function<Result<void>(uint64_t offset, Bytes)>& show);

// Explains one byte of a whole or damaged image: its block with the trailer's verdict, whether the
// checksum covers it, the owning region, and the field with its value, or the gap between fields
// that it lies in. kUsage where the file has no such byte in a whole block.
[[nodiscard]] Result<Json> dump_offset(BlockFile& file, uint64_t offset);
[[nodiscard]] std::string offset_text(const Json& explanation);

// "00000010  44 57 ..  |DW..|" lines, `offset` bytes being that of the first one.
[[nodiscard]] std::string hex_dump(uint64_t offset, Bytes bytes);

}  // namespace vde
