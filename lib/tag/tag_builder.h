// Builds a whole tag index from sorted tags: leaves, inner levels, root, header and both filters.
// The sink decides where the blocks go.
#pragma once

#include <memory>

#include "format/block.h"
#include "vde/tag_types.h"

namespace vde {

// Whether tags with equal key and inode are allowed: other programs may write them, vdetool does
// not.
enum class TagDuplicates { kRefused, kKept };

// How full leaves become. kRoomForOne keeps room for one more entry where entries are small: at
// most a 32nd of a leaf. A full leaf splits at its first insertion, which changes three nodes, not
// one.
enum class TagPacking { kFull, kRoomForOne };

// Receives the blocks of an index: whole blocks, from block `first` of the region on, without
// trailers. Each block comes once, the first two last.
class TagSink {
 public:
  TagSink() = default;
  TagSink(const TagSink&) = delete;
  TagSink& operator=(const TagSink&) = delete;
  virtual ~TagSink() = default;
  [[nodiscard]] virtual Result<void> write(uint32_t first, MutableBytes blocks) = 0;
};

// The size of a built index, in blocks.
struct TagIndexSize {
  uint32_t used = 0;    // blocks in use are below this number
  uint32_t blocks = 0;  // number of blocks written
};

class TagBuilder {
 public:
  // Builds an index of at most `room` blocks, 2 or more; for `keys` see TagRebuildSize. The sink
  // must outlive it.
  [[nodiscard]] static std::unique_ptr<TagBuilder> make(TagSink& sink, uint64_t room,
                                                        uint32_t block_size, uint64_t keys,
                                                        TagDuplicates duplicates,
                                                        TagPacking packing);
  virtual ~TagBuilder() = default;

  // Tags must come in order of key and inode. kUsage if they do not, for a duplicate if they are
  // refused, and for a tag that does not fit blocks of this size. kNoSpace if there is no more
  // room.
  [[nodiscard]] virtual Result<void> add(const TagView& entry) = 0;

  // Writes the rest, and up to `spare` blocks of zeros after it.
  [[nodiscard]] virtual Result<TagIndexSize> finish(uint64_t spare) = 0;
};

// kUsage, naming the limit, for a tag that does not fit an index in blocks of `block_size` bytes.
[[nodiscard]] Result<void> check_tag_entry(const TagView& entry, uint32_t block_size);

}  // namespace vde
