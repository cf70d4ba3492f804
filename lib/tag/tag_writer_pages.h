// The blocks of a tag index in a transaction: its header, its free blocks and its Bloom filters.
// Block numbers are relative to the region, so nothing changes when the region moves.
#pragma once

#include "format/tag/tag_extension.h"
#include "format/tag/tag_filter.h"
#include "region/allocator.h"

namespace vde {

class TagWriterPages {
 public:
  // `slot` is the region's; transaction and allocator must outlive the pages.
  TagWriterPages(Transaction& transaction, Allocator& allocator, size_t slot);

  // Reads the header. kDamaged if it is invalid.
  [[nodiscard]] Result<void> load();
  // True if vdetool wrote header and record last; otherwise the index must be adopted.
  [[nodiscard]] bool is_own() const { return own_; }
  // True if the header block is all zero: allocated but uninitialized.
  [[nodiscard]] bool is_blank() const { return blank_; }

  [[nodiscard]] TagIndexHeader& header() { return header_; }
  [[nodiscard]] TagExtension& extension() { return extension_; }
  [[nodiscard]] uint32_t count() const;
  [[nodiscard]] uint32_t block_size() const { return block_size_; }
  [[nodiscard]] size_t payload_bytes() const { return payload_size(block_size_); }
  [[nodiscard]] Region region() const { return transaction_.regions().at(slot_); }
  // The block number in the image, for messages.
  [[nodiscard]] uint64_t place(uint64_t number) const;

  // As in Transaction. kDamaged for invalid node numbers, and for a node that is newer than the
  // header: every change of the index rewrites the header, so an older header shows a lost write.
  // Results are invalid after allocate() or release().
  [[nodiscard]] Result<Bytes> read(uint32_t number);
  [[nodiscard]] Result<MutableBytes> edit(uint32_t number);

  // Allocates an unused node, all zero; the region grows if there is none. kNoSpace.
  [[nodiscard]] Result<uint32_t> allocate();
  [[nodiscard]] Result<void> release(uint32_t number);

  // Adds a key to both filters; `fresh` = it was not in the index.
  [[nodiscard]] Result<void> note_key(std::string_view key, bool fresh);
  // True if the larger filter is missing although needed, or has more keys than it was sized for.
  [[nodiscard]] bool needs_filter() const;
  // Clears both filters, the larger one only if `large`; the caller must then call note_key() for
  // every key. If the volume has no space for the larger filter, it is omitted.
  [[nodiscard]] Result<void> restart_filters(uint64_t keys, bool large);

  // True if a node of another program has a generation that vdetool's next header may not reach.
  // Such a node must be rewritten when the index is adopted.
  [[nodiscard]] Result<bool> is_from_the_future(uint32_t number);
  // The number of the first block, `number` or later, after which the region contains only zeros.
  [[nodiscard]] Result<uint32_t> end_of_content(uint32_t number);

  // Writes a new header and record, with a number of Bloom bits that leaves room for the record.
  // Blocks from `high_water` on are unused.
  [[nodiscard]] Result<void> take_over(uint32_t high_water);

  // Writes header and record, and the slot's count of used blocks if it is far off.
  [[nodiscard]] Result<void> flush();

 private:
  [[nodiscard]] bool record_makes_sense(const TagExtension& record) const;
  [[nodiscard]] Result<void> grow(uint64_t needed);
  [[nodiscard]] Result<uint32_t> allocate_run(uint64_t blocks);
  [[nodiscard]] Result<Bytes> read_block(uint64_t number);
  [[nodiscard]] Result<void> require_blank();
  [[nodiscard]] uint64_t filter_blocks() const;
  [[nodiscard]] Result<void> require_filter(uint64_t number);
  [[nodiscard]] Result<void> drop_filter();
  [[nodiscard]] tl::unexpected<Error> damaged(uint64_t number, std::string what) const;

  Transaction& transaction_;
  Allocator& allocator_;
  size_t slot_;
  uint32_t block_size_;
  bool own_ = false;
  bool blank_ = false;
  std::optional<uint32_t> newest_;  // the header's generation; nothing if unknown
  TagIndexHeader header_;
  TagExtension extension_;
};

}  // namespace vde
