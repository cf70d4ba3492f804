// The blocks of a tag index inside a transaction: what its header says, which of its blocks are
// free, its Bloom filters. Numbers of blocks are relative to the region, so that nothing changes
// when it moves.
#pragma once

#include "format/tag/tag_extension.h"
#include "format/tag/tag_filter.h"
#include "region/allocator.h"

namespace vde {

class TagWriterPages {
 public:
  // `slot` is the region's; transaction and allocator outlive the pages.
  TagWriterPages(Transaction& transaction, Allocator& allocator, size_t slot);

  // Reads the header. kDamaged where it makes no sense.
  [[nodiscard]] Result<void> load();
  // Header and record are as vdetool left them; otherwise the index must be adopted.
  [[nodiscard]] bool is_own() const { return own_; }
  // The header block is all zero: made but never used.
  [[nodiscard]] bool is_blank() const { return blank_; }

  [[nodiscard]] TagIndexHeader& header() { return header_; }
  [[nodiscard]] TagExtension& extension() { return extension_; }
  [[nodiscard]] uint32_t count() const;
  [[nodiscard]] uint32_t block_size() const { return block_size_; }
  [[nodiscard]] size_t payload_bytes() const { return payload_size(block_size_); }
  [[nodiscard]] Region region() const { return transaction_.regions().at(slot_); }
  // The image's number of a block, for messages.
  [[nodiscard]] uint64_t place(uint64_t number) const;

  // As those of Transaction. kDamaged for numbers that no node can have, and for a node that is
  // newer than the header: each change of the index writes the header, so an older one is what a
  // lost write left. What they return is not valid any more after allocate() or release().
  [[nodiscard]] Result<Bytes> read(uint32_t number);
  [[nodiscard]] Result<MutableBytes> edit(uint32_t number);

  // A node that is in no use, all zero; the region grows where there is none. kNoSpace.
  [[nodiscard]] Result<uint32_t> allocate();
  [[nodiscard]] Result<void> release(uint32_t number);

  // Puts a key into both filters; `fresh` = it was not in the index.
  [[nodiscard]] Result<void> note_key(std::string_view key, bool fresh);
  // The larger filter is missing though it should be there, or has more keys than it was made for.
  [[nodiscard]] bool needs_filter() const;
  // Starts both filters over, the larger one only if `large`: note_key() of every key follows. A
  // volume without room for the larger one goes without it.
  [[nodiscard]] Result<void> restart_filters(uint64_t keys, bool large);

  // Whether a node that another program wrote is of a generation that vdetool's next header may
  // not reach: it has to be written again when the index is taken over.
  [[nodiscard]] Result<bool> is_from_the_future(uint32_t number);
  // The first block from `number` on after which the region holds nothing but zeros.
  [[nodiscard]] Result<uint32_t> end_of_content(uint32_t number);

  // Takes a header and a record of its own, with Bloom bits that leave room for it; blocks from
  // `high_water` on hold nothing.
  [[nodiscard]] Result<void> take_over(uint32_t high_water);

  // Writes header and record, and the slot's count of used blocks where it is far off.
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
  std::optional<uint32_t> newest_;  // the header's generation; nothing where it tells nothing
  TagIndexHeader header_;
  TagExtension extension_;
};

}  // namespace vde
