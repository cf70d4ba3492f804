// Sorted entries become the blocks of a whole tag index: leaves, inner levels, root, header and
// both filters, wherever the blocks go.
#pragma once

#include <memory>

#include "format/block.h"
#include "vde/tag_types.h"

namespace vde {

// Whether entries may be equal in key and inode: other writers' may, what vdetool sets never is.
enum class TagDuplicates { kRefused, kKept };

// Takes an index as it is made: whole blocks, from block `first` of the region on, whose trailers
// are not set. Each block comes once, the first two last.
class TagSink {
 public:
  TagSink() = default;
  TagSink(const TagSink&) = delete;
  TagSink& operator=(const TagSink&) = delete;
  virtual ~TagSink() = default;
  [[nodiscard]] virtual Result<void> write(uint32_t first, MutableBytes blocks) = 0;
};

// What became of an index, in blocks.
struct TagIndexSize {
  uint32_t used = 0;    // those that hold something lie before
  uint32_t blocks = 0;  // that were written
};

class TagBuilder {
 public:
  // Makes an index of at most `room` blocks, 2 or more; `keys` as in TagRebuildSize. The sink
  // outlives it.
  [[nodiscard]] static std::unique_ptr<TagBuilder> make(TagSink& sink, uint64_t room,
                                                        uint32_t block_size, uint64_t keys,
                                                        TagDuplicates duplicates);
  virtual ~TagBuilder() = default;

  // Entries come in the order of key and inode: kUsage otherwise, for one that comes twice if that
  // is refused, and for an entry that blocks of this size cannot hold. kNoSpace where there is no
  // more room.
  [[nodiscard]] virtual Result<void> add(const TagView& entry) = 0;

  // Writes what is left, and up to `spare` blocks of zeros behind it.
  [[nodiscard]] virtual Result<TagIndexSize> finish(uint64_t spare) = 0;
};

// kUsage, naming the limit, for an entry that an index in blocks of `block_size` bytes cannot hold.
[[nodiscard]] Result<void> check_tag_entry(const TagView& entry, uint32_t block_size);

}  // namespace vde
